package search

import (
	"strings"
	"unicode"

	"github.com/webdoctor/webdoctor/fhir"
)

// maxTextWords is how many words and phrases a text query may have.
const maxTextWords = 32

// parseWords reads a text query: words and "phrases", all of which must occur,
// with OR between alternatives, and - or NOT before what must not occur. R4
// leaves the language to the server (search.html#content); commas have no
// meaning in it.
func parseWords(leaf Filter, text string) (Filter, error) {
	w := wording{leaf: leaf}
	rest := unescape(text)
	for rest != "" {
		var token string
		var phrase bool
		token, phrase, rest = cutWord(rest)
		switch {
		case token == "" && !phrase:
		case !phrase && token == "OR":
			w.either = len(w.all) > 0
		case !phrase && token == "AND":
		case !phrase && token == "NOT":
			w.not = true
		default:
			if !phrase && len(token) > 1 && token[0] == '-' {
				token, w.not = token[1:], true
			}
			w.add(strings.Trim(token, `"`))
		}
		if w.n > maxTextWords {
			return Filter{}, fhir.Errorf(fhir.Value, "more than %d words", maxTextWords)
		}
	}
	return w.filter()
}

// cutWord takes one word or phrase off a query. A quotation that is not closed
// goes to the end. A - before a phrase stays with it.
func cutWord(s string) (token string, phrase bool, rest string) {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	minus := strings.HasPrefix(s, `-"`)
	if minus {
		s = s[1:]
	}
	if strings.HasPrefix(s, `"`) {
		token, rest, _ = strings.Cut(s[1:], `"`)
		if minus {
			return "-" + token, false, rest
		}
		return token, true, rest
	}
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	if end < 0 {
		end = len(s)
	}
	return s[:end], false, s[end:]
}

// wording is a text query being read: a conjunction of alternatives.
type wording struct {
	leaf        Filter
	all         []Filter
	either, not bool // what stood before the word
	n           int
}

func (w *wording) add(text string) {
	folded := Fold(text)
	if strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) == "" {
		return
	}
	w.n++
	f := w.leaf
	f.Values = []Operand{{String: folded}}
	if w.not {
		f = Filter{Op: Not, Filters: []Filter{f}}
	}
	last := len(w.all) - 1
	switch {
	case !w.either:
		w.all = append(w.all, f)
	case f.Op == Leaf && w.all[last].Op == Leaf:
		w.all[last].Values = append(w.all[last].Values, f.Values...)
	case w.all[last].Op == Or:
		w.all[last].Filters = append(w.all[last].Filters, f)
	default:
		w.all[last] = Filter{Op: Or, Filters: []Filter{w.all[last], f}}
	}
	w.either, w.not = false, false
}

func (w *wording) filter() (Filter, error) {
	switch len(w.all) {
	case 0:
		return Filter{}, fhir.Errorf(fhir.Value, "there is no word to search for")
	case 1:
		return w.all[0], nil
	}
	return Filter{Op: And, Filters: w.all}, nil
}
