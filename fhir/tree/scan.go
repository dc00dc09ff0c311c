package tree

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// scanner reads a document in one pass, several times as fast as a tokenizer.
// It knows what is right and nothing else: what it does not understand is left
// to the parser, which tells what is wrong with it, or takes it.
type scanner struct {
	doc         *Doc
	src         []byte
	at          int
	depth       int
	opaque      string
	opaqueDepth int
}

// maxScanned is how many members of an object the scanner compares with each
// other.
const maxScanned = 64

// scan says whether it understood the document, and all of it.
func (s *scanner) scan() bool {
	return s.value(None, 0, 0) && s.next() == 0 && s.at == len(s.src)
}

// next is the next byte that is no white space, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.src); s.at++ {
		if c := s.src[s.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// value reads one value and appends its subtree.
func (s *scanner) value(parent Node, key uint32, keyLen uint16) bool {
	d := s.doc
	n := Node(len(d.nodes))
	c := s.next()
	start := s.at
	x := node{key: key, keyLen: keyLen, parent: parent, start: uint32(start), skip: n + 1}
	ok := false
	switch c {
	case '"':
		x.kind = String
		x.escaped, ok = s.text()
	case '{', '[':
		x.kind = Array
		if c == '{' {
			x.kind = Object
		}
		whole := c == '{' && s.opaqueDepth > 0 && s.depth == s.opaqueDepth && string(s.src[key:key+uint32(keyLen)]) == s.opaque
		d.nodes = append(d.nodes, x)
		if s.depth++; s.depth > MaxDepth {
			return false
		}
		s.at++
		if c == '{' {
			ok = s.members(n)
		} else {
			ok = s.items(n)
		}
		if !ok {
			return false
		}
		s.depth--
		if whole {
			d.nodes = d.nodes[:n+1]
		}
		d.nodes[n].end, d.nodes[n].skip = uint32(s.at), Node(len(d.nodes))
		return true
	case 't':
		x.kind, ok = Bool, s.literal("true")
	case 'f':
		x.kind, ok = Bool, s.literal("false")
	case 'n':
		x.kind, ok = Null, s.literal("null")
	default:
		x.kind, ok = Number, s.number()
	}
	x.end = uint32(s.at)
	d.nodes = append(d.nodes, x)
	return ok
}

// items reads the rest of an array.
func (s *scanner) items(n Node) bool {
	if s.next() == ']' {
		s.at++
		return true
	}
	for {
		if !s.value(n, 0, 0) {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return true
		default:
			return false
		}
	}
}

// members reads the rest of an object.
func (s *scanner) members(n Node) bool {
	if s.next() == '}' {
		s.at++
		return true
	}
	for count := 0; count < maxScanned; count++ {
		if s.next() != '"' {
			return false
		}
		start := s.at
		if escaped, ok := s.text(); escaped || !ok || s.at-start > 256 {
			return false
		}
		name := s.src[start+1 : s.at-1]
		for c := n + 1; int(c) < len(s.doc.nodes); c = s.doc.nodes[c].skip {
			if bytes.Equal(s.doc.key(c), name) {
				return false
			}
		}
		if s.next() != ':' {
			return false
		}
		s.at++
		if !s.value(n, uint32(start+1), uint16(len(name))) {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return true
		default:
			return false
		}
	}
	return false
}

func (s *scanner) literal(word string) bool {
	if len(s.src)-s.at < len(word) || string(s.src[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

// number reads what RFC 8259 calls one.
func (s *scanner) number() bool {
	s.one("-")
	if !s.one("0") && s.digits() == 0 {
		return false
	}
	if s.one(".") && s.digits() == 0 {
		return false
	}
	if s.one("eE") {
		s.one("+-")
		return s.digits() > 0
	}
	return true
}

// one takes a byte if it is one of these.
func (s *scanner) one(of string) bool {
	if s.at < len(s.src) && strings.IndexByte(of, s.src[s.at]) >= 0 {
		s.at++
		return true
	}
	return false
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.src) && s.src[s.at] >= '0' && s.src[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// plain are the characters that stand for themselves and are one byte.
var plain = func() (table [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// text reads a string, quotes included.
func (s *scanner) text() (escaped, ok bool) {
	src, i := s.src, s.at+1
	for i < len(src) {
		c := src[i]
		switch {
		case plain[c]:
			i++
		case c == '"':
			s.at = i + 1
			return escaped, true
		case c == '\\':
			size := escape(src[i:])
			if size == 0 {
				return false, false
			}
			escaped, i = true, i+size
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && size == 1 {
				return false, false
			}
			i += size
		default:
			return false, false
		}
	}
	return false, false
}

// escape is the length of the escape sequence at the beginning, 0 if it is none
// that stands for a character that is allowed. Two surrogates are one sequence.
func escape(src []byte) int {
	if len(src) < 2 {
		return 0
	}
	if src[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, src[1]) < 0 {
			return 0
		}
		return 2
	}
	switch r := hex(src); {
	case r <= 0, r >= 0xdc00 && r <= 0xdfff:
		return 0
	case r >= 0xd800 && r <= 0xdbff:
		if low := hex(src[6:]); low < 0xdc00 || low > 0xdfff {
			return 0
		}
		return 12
	}
	return 6
}

// hex is the number of a sequence \uXXXX, -1 if there is none.
func hex(src []byte) (r int) {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return -1
	}
	for _, c := range src[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | int(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | int(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | int(c-'A'+10)
		default:
			return -1
		}
	}
	return r
}
