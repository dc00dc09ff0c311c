package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#string

func readString(x *extraction, e *emit, n tree.Node) {
	if x.scalar(n) {
		x.string(e.param, x.doc.Text(n))
	}
}

// stringFields are the string fields of the types that have several.
var stringFields = map[string][]string{
	"HumanName": {"family", "given", "prefix", "suffix", "text"},
	"Address":   {"line", "city", "district", "state", "postalCode", "country", "text"},
}

func (x *extraction) string(p *Param, text string) {
	if text != "" {
		x.present.add(p)
		x.values.Strings = append(x.values.Strings, String{Param: p.Code, Text: text})
	}
}

// parseString reads the text of a string parameter. A text that folds to
// nothing would be found in everything.
func parseString(modifier, value string) (Operand, error) {
	text := unescape(value)
	if modifier != "exact" && Fold(text) == "" {
		return Operand{}, fhir.Errorf(fhir.Value, "there is nothing to search for")
	}
	return Operand{String: text}, nil
}

// Fold is the form in which strings are compared unless :exact is asked for
// (search.html#string): without case, accents and combining characters,
// without apostrophes, with any other punctuation and white space as single
// spaces. "  O'Neil-Núñez" becomes "oneil nunez". A text of nothing but
// punctuation keeps it, so that it can still be found.
//
// The folding works rune by rune, so that a prefix of a text folds to a prefix
// of the folded text: that is what makes a default string search an index
// range.
func Fold(text string) string {
	if text == "" {
		return ""
	}
	return string(appendFold(make([]byte, 0, len(text)), text))
}

// appendFold appends the folded form of a text.
func appendFold(dst []byte, text string) []byte {
	before := len(dst)
	if dst = fold(dst, text, false); len(dst) > before {
		return dst
	}
	return fold(dst, text, true)
}

// The ways to fold an ASCII character.
const (
	foldKeep = iota
	foldLower
	foldSpace
	foldDrop
	foldMark // kept if the text has nothing but punctuation, else a space
)

var foldTable = func() (table [utf8.RuneSelf]uint8) {
	for c := range table {
		switch {
		case c >= 'A' && c <= 'Z':
			table[c] = foldLower
		case c <= ' ' || c == 0x7f:
			table[c] = foldSpace
		case c == '\'' || c == '`':
			table[c] = foldDrop
		case unicode.IsPunct(rune(c)):
			table[c] = foldMark
		}
	}
	return table
}()

// foldASCII is fold for the texts that most are.
func foldASCII(dst []byte, text string, punctuation bool) []byte {
	before, space := len(dst), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch how := foldTable[c]; {
		case how == foldKeep:
		case how == foldLower:
			c += 'a' - 'A'
		case how == foldSpace || how == foldMark && !punctuation:
			space = true
			continue
		case how == foldDrop && !punctuation:
			continue
		}
		if space && len(dst) > before {
			dst = append(dst, ' ')
		}
		space = false
		dst = append(dst, c)
	}
	return dst
}

func fold(dst []byte, text string, punctuation bool) []byte {
	if ascii(text) {
		return foldASCII(dst, text, punctuation)
	}
	before, space := len(dst), false
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
		case r < utf8.RuneSelf && r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case unicode.Is(unicode.M, r):
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case punctuation:
		case r == '\'' || r == '’' || r == '‘' || r == 'ʼ' || r == '`':
			continue
		case unicode.IsPunct(r):
			space = true
			continue
		default:
			r = unicode.ToLower(r)
		}
		if space && len(dst) > before {
			dst = append(dst, ' ')
		}
		space = false
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
