package search

import (
	"strings"
	"unicode"

	"github.com/webdoctor/webdoctor/fhir"
)

// Bounds of a text query: how many words and phrases it may have, and how deep
// its parentheses may stand within each other.
const (
	maxTextWords = 32
	maxTextDepth = 8
)

// parseWords reads a text query. R4 leaves the language to the server and
// shows "(bone OR liver) and metastases" (search.html#content): words and
// "phrases", all of which must occur; OR, or a comma as in any parameter,
// between alternatives; - or NOT before what must not occur; parentheses. OR
// binds less than what stands side by side. A resource matches if the words
// are anywhere in it, a phrase if it is within one text.
func parseWords(leaf Filter, text string) (Filter, error) {
	w := wording{leaf: leaf, lexemes: lexemes(text)}
	f, some := w.either()
	switch {
	case w.words > maxTextWords:
		return Filter{}, fhir.Errorf(fhir.Value, "more than %d words", maxTextWords)
	case w.deep:
		return Filter{}, fhir.Errorf(fhir.Value, "the parentheses are nested too deep")
	case !some:
		return Filter{}, fhir.Errorf(fhir.Value, "there is no word to search for")
	}
	return f, nil
}

// lexeme is a word or phrase of a text query, or one of ( ) , OR AND NOT -.
type lexeme struct {
	text string
	sign bool
}

// lexemes cuts a text query. A quotation that is not closed goes to the end.
// What a backslash stands before is text.
func lexemes(s string) (list []lexeme) {
	for s != "" {
		switch c := s[0]; {
		case strings.IndexByte("(),", c) >= 0, c == '-' && len(s) > 1 && !unicode.IsSpace(rune(s[1])):
			list, s = append(list, lexeme{string(c), true}), s[1:]
		case c == '"':
			var phrase string
			phrase, s, _ = strings.Cut(s[1:], `"`)
			list = append(list, lexeme{unescape(phrase), false})
		default:
			end := wordEnd(s)
			if word := unescape(s[:end]); operator[word] != "" {
				list = append(list, lexeme{operator[word], true})
			} else {
				list = append(list, lexeme{word, false})
			}
			s = strings.TrimLeftFunc(s[end:], unicode.IsSpace)
		}
	}
	return list
}

// operator are the words that join others. "not" in small letters is a word
// of what people write: not found.
var operator = map[string]string{"OR": "OR", "or": "OR", "AND": "AND", "and": "AND", "NOT": "-"}

// wordEnd is where the word at the beginning of s ends. It is not empty, so
// that reading goes on.
func wordEnd(s string) int {
	escaped := false
	for i, r := range s {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case unicode.IsSpace(r) || strings.ContainsRune(`(),"`, r):
			return i
		}
	}
	return len(s)
}

// wording is a text query being read.
type wording struct {
	leaf    Filter
	lexemes []lexeme
	words   int
	depth   int
	deep    bool // the query is nested too deep
}

func (w *wording) take(sign string) bool {
	if len(w.lexemes) == 0 || w.lexemes[0] != (lexeme{sign, true}) {
		return false
	}
	w.lexemes = w.lexemes[1:]
	return true
}

// either reads alternatives, up to the parenthesis that closes them. There is
// nothing to search for in words of punctuation alone, nor on a side of OR
// where nothing stands; those are passed over.
func (w *wording) either() (Filter, bool) {
	var list []Filter
	for {
		if f, some := w.every(); some {
			last := len(list) - 1
			if last >= 0 && f.Op == Leaf && list[last].Op == Leaf {
				list[last].Values = append(list[last].Values, f.Values...)
			} else {
				list = append(list, f)
			}
		}
		if w.take(",") || w.take("OR") {
			continue
		}
		return under(Or, list)
	}
}

// every reads what must all be true.
func (w *wording) every() (Filter, bool) {
	var list []Filter
	for len(w.lexemes) > 0 && !w.deep {
		switch next := w.lexemes[0]; {
		case next.sign && (next.text == ")" && w.depth > 0 || next.text == "," || next.text == "OR"):
			return under(And, list)
		case w.take("AND"), w.take(")"): // which closes nothing
		default:
			if f, some := w.one(); some {
				list = append(list, f)
			}
		}
	}
	return under(And, list)
}

// one reads a word, a phrase, or what stands in parentheses, perhaps negated.
func (w *wording) one() (f Filter, some bool) {
	not := false
	for w.take("-") {
		not = !not
	}
	switch {
	case w.take("("):
		if w.depth++; w.depth > maxTextDepth {
			w.deep = true
			return Filter{}, false
		}
		f, some = w.either()
		w.depth--
		w.take(")")
	case len(w.lexemes) > 0 && !w.lexemes[0].sign:
		f, some = w.word(w.lexemes[0].text)
		w.lexemes = w.lexemes[1:]
	}
	if some && not {
		return Filter{Op: Not, Filters: []Filter{f}}, true
	}
	return f, some
}

// word is the condition that a word or phrase occurs.
func (w *wording) word(text string) (Filter, bool) {
	folded := Fold(text)
	if !strings.ContainsFunc(folded, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return Filter{}, false
	}
	w.words++
	f := w.leaf
	f.Values = []Operand{{String: folded}}
	return f, true
}

// under are the filters under an operator.
func under(op Op, list []Filter) (Filter, bool) {
	if len(list) == 0 {
		return Filter{}, false
	}
	return combine(op, list), true
}
