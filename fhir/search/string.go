package search

import (
	"strings"
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
	if folded := fold(text, false); folded != "" {
		return folded
	}
	return fold(text, true)
}

// foldASCII is fold for the texts that most are.
func foldASCII(text string, punctuation bool) string {
	out := make([]byte, 0, len(text))
	space := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c <= ' ' || c == 0x7f:
			space = true
			continue
		case punctuation:
		case c == '\'' || c == '`':
			continue
		case unicode.IsPunct(rune(c)):
			space = true
			continue
		}
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space = false
		out = append(out, c)
	}
	return string(out)
}

func fold(text string, punctuation bool) string {
	if ascii(text) {
		return foldASCII(text, punctuation)
	}
	text = norm.NFKD.String(text)
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
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
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
