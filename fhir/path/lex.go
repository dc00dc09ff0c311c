package path

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
)

type tokenKind uint8

const (
	tokEnd      tokenKind = iota
	tokName               // identifier or keyword, as written
	tokQuoted             // delimited identifier, unescaped
	tokString             // unescaped
	tokNumber             // as written
	tokTemporal           // after the @
	tokSymbol             // operator or bracket
	tokVariable           // $this $index $total
)

type token struct {
	kind tokenKind
	text string
	pos  int
}

// lexer reads tokens; it skips blanks and comments.
type lexer struct {
	src string
	at  int
}

// mistake is the error for an expression that cannot be read. It names the
// position and never quotes the expression, which may hold clinical content.
func mistake(pos int, format string, args ...any) *fhir.Error {
	return fhir.Errorf(fhir.Invalid, "FHIRPath at character %d: %s", pos+1, fmt.Sprintf(format, args...))
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func (l *lexer) next() (token, error) {
	if err := l.blank(); err != nil {
		return token{}, err
	}
	pos := l.at
	if pos == len(l.src) {
		return token{kind: tokEnd, pos: pos}, nil
	}
	switch c := l.src[pos]; {
	case isLetter(c):
		for l.at < len(l.src) && (isLetter(l.src[l.at]) || isDigit(l.src[l.at])) {
			l.at++
		}
		return token{tokName, l.src[pos:l.at], pos}, nil
	case isDigit(c):
		l.digits()
		if l.at+1 < len(l.src) && l.src[l.at] == '.' && isDigit(l.src[l.at+1]) {
			l.at++
			l.digits()
		}
		return token{tokNumber, l.src[pos:l.at], pos}, nil
	case c == '\'':
		return l.quoted(tokString, '\'', "string")
	case c == '`':
		return l.quoted(tokQuoted, '`', "delimited identifier")
	case c == '"': // the delimiter of FHIRPath before N1, which ANTLR grammars still allow
		return l.quoted(tokQuoted, '"', "delimited identifier")
	case c == '@':
		return l.temporal()
	case c == '$':
		for _, v := range [...]string{"$this", "$index", "$total"} {
			if rest := l.src[pos:]; strings.HasPrefix(rest, v) && (len(rest) == len(v) || !isLetter(rest[len(v)]) && !isDigit(rest[len(v)])) {
				l.at += len(v)
				return token{tokVariable, v, pos}, nil
			}
		}
		return token{}, mistake(pos, "$ must be followed by this, index or total")
	}
	for _, s := range [...]string{"<=", ">=", "!=", "!~"} {
		if strings.HasPrefix(l.src[pos:], s) {
			l.at += 2
			return token{tokSymbol, s, pos}, nil
		}
	}
	if strings.IndexByte(".[](){},+-*/&|<>=~%", l.src[pos]) >= 0 {
		l.at++
		return token{tokSymbol, l.src[pos:l.at], pos}, nil
	}
	return token{}, mistake(pos, "unexpected character")
}

// blank skips white space and both kinds of comments.
func (l *lexer) blank() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r':
			l.at++
		case strings.HasPrefix(rest, "//"):
			if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.src)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return mistake(l.at, "the comment is not closed")
			}
			l.at += i + 4
		case strings.HasPrefix(rest, "\u00a0"):
			l.at += 2
		case strings.HasPrefix(rest, "\ufeff"):
			l.at += 3
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) digits() {
	for l.at < len(l.src) && isDigit(l.src[l.at]) {
		l.at++
	}
}

func (l *lexer) quoted(kind tokenKind, quote byte, what string) (token, error) {
	pos := l.at
	for l.at++; l.at < len(l.src); l.at++ {
		switch l.src[l.at] {
		case '\\':
			l.at++
		case quote:
			l.at++
			raw := l.src[pos+1 : l.at-1]
			if !utf8.ValidString(raw) {
				return token{}, mistake(pos, "the %s is not UTF-8", what)
			}
			text, ok := unescape(raw)
			if !ok {
				return token{}, mistake(pos, "unknown escape sequence in a %s", what)
			}
			return token{kind, text, pos}, nil
		}
	}
	return token{}, mistake(pos, "the %s is not closed", what)
}

// temporal reads the longest text after an @ that can be a date, dateTime or
// time. Whether it is one is for parseTemporal to say.
func (l *lexer) temporal() (token, error) {
	pos := l.at
	l.at++
	l.digits()
	for n := 0; n < 2 && l.follows('-'); n++ {
		l.at++
		l.digits()
	}
	if l.at < len(l.src) && l.src[l.at] == 'T' {
		l.at++
		if start := l.at; start < len(l.src) && isDigit(l.src[start]) {
			l.digits()
			for n := 0; n < 2 && l.follows(':'); n++ {
				l.at++
				l.digits()
				if n == 1 && l.follows('.') {
					l.at++
					l.digits()
				}
			}
			l.zone()
		}
	}
	return token{tokTemporal, l.src[pos+1 : l.at], pos}, nil
}

// follows says whether c and a digit come next.
func (l *lexer) follows(c byte) bool {
	return l.at+1 < len(l.src) && l.src[l.at] == c && isDigit(l.src[l.at+1])
}

// zone takes Z, or an offset written with its colon: "-05:00" is a zone where
// "-5" is a subtraction.
func (l *lexer) zone() {
	rest := l.src[l.at:]
	if rest == "" {
		return
	}
	if rest[0] == 'Z' {
		l.at++
	} else if (rest[0] == '+' || rest[0] == '-') && len(rest) >= 6 && isDigit(rest[1]) && isDigit(rest[2]) && rest[3] == ':' && isDigit(rest[4]) && isDigit(rest[5]) {
		l.at += 6
	}
}
