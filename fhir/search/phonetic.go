package search

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// R4 leaves it to the server how a parameter of the usage "phonetic" compares
// (valueset-search-xpath-usage.html). Here words are equal whose Soundex is:
// it is defined for every text, known to registrars, and finds rather too
// much than too little. Every word that is asked for must sound like one of
// the resource.

// addPhonetic compiles a parameter that compares sounds.
func (c *compiler) addPhonetic(p *Param, expression string) bool {
	e, err := path.Parse(expression)
	if err != nil {
		return false
	}
	places, ok := c.allPlaces(e)
	if !ok {
		return false
	}
	p.special = phonetic
	some := false
	places = c.parts(places)
	for i := range places {
		if reads("string", &places[i]) == nil {
			continue
		}
		some = true
		s := c.step(&places[i])
		s.emits = append(s.emits, emit{param: p, read: readSounds})
	}
	return some
}

// readSounds has a token for each word: sounds are compared whole.
func readSounds(x *extraction, e *emit, n tree.Node) {
	if !x.scalar(n) {
		return
	}
	for _, word := range spokenWords(x.doc.Text(n)) {
		x.token(e.param, "", Sound(word))
	}
}

// spokenWords are the words of a text, folded.
func spokenWords(text string) []string { return strings.Fields(Fold(text)) }

// sounds reads the words that must all sound like some of the resource.
func (p *parsing) sounds(f Filter, value string) (Filter, error) {
	var either []Filter
	for _, text := range splitEscaped(value, ',') {
		var all []Filter
		for _, word := range spokenWords(unescape(text)) {
			all = append(all, Filter{Params: f.sounding(), Values: []Operand{{AnySystem: true, Token: Token{Code: Sound(word)}}}})
			all[len(all)-1].Param = all[len(all)-1].Params[0]
		}
		if len(all) == 0 {
			return Filter{}, fhir.Errorf(fhir.Value, "there is nothing to search for")
		}
		if len(all) > maxSpoken {
			return Filter{}, fhir.Errorf(fhir.Value, "more than %d words", maxSpoken)
		}
		either = append(either, combine(And, all))
	}
	return combine(Or, either), nil
}

const maxSpoken = 16

// sounding are the parameters as what they are in the index: tokens.
func (f Filter) sounding() []*Param {
	list := make([]*Param, len(f.Params))
	for i, p := range f.Params {
		token := *p
		token.Type = "token"
		list[i] = &token
	}
	return list
}

// Sound is the Soundex of a folded word: its first letter, and three digits
// for the consonants that follow. Letters of the same digit count once, also
// with an h or w between them. A word that is not all Latin letters stands
// for itself.
func Sound(word string) string {
	const digits = "01230120022455012623010202" // of a to z; 0 for vowels, h, w and y
	if word == "" {
		return ""
	}
	code := make([]byte, 0, 4)
	var last byte
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c < 'a' || c > 'z' {
			return word
		}
		digit := digits[c-'a']
		switch {
		case i == 0:
			code = append(code, c)
		case digit != '0' && digit != last && len(code) < 4:
			code = append(code, digit)
		}
		if c != 'h' && c != 'w' {
			last = digit
		}
	}
	for len(code) < 4 {
		code = append(code, '0')
	}
	return string(code)
}
