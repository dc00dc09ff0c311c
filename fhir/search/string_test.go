package search_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir/search"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"plain":              {"smith", "smith"},
		"case":               {"SMITH", "smith"},
		"accents":            {"Núñez", "nunez"},
		"combining":          {"Nu\u0301n\u0303ez", "nunez"},
		"apostrophe":         {"O'Neil", "oneil"},
		"curly apostrophe":   {"O’Neil", "oneil"},
		"hyphen":             {"Smith-Jones", "smith jones"},
		"spaces":             {"  a \t b\n", "a b"},
		"comma":              {"Main St. 7, Apt. 3", "main st 7 apt 3"},
		"ligature":           {"ﬁsher", "fisher"},
		"compatibility":      {"℡", "tel"},
		"dotted capital i":   {"İzmir", "izmir"},
		"greek":              {"ΑΘΉΝΑ", "αθηνα"},
		"cyrillic":           {"Йод", "иод"},
		"chinese":            {"王小明", "王小明"},
		"symbols stay":       {"A+", "a+"},
		"nothing":            {"", ""},
		"only punctuation":   {"--", "--"},
		"only white space":   {" \t", ""},
		"non-breaking space": {"a\u00a0b", "a b"},
	} {
		if got := search.Fold(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// FuzzFold holds the laws that string search stands on: folding twice is
// folding once, and what follows a text does not change how it begins. The
// letters in front keep punctuation from being all there is.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"O'Neil", "Núñez de la Peña", "--", "a - b", "ﬁ", "王", "\u0301x", "İ", "ß", "Σ"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, head, tail string) {
		if !utf8.ValidString(head) || !utf8.ValidString(tail) || len(head)+len(tail) > 1000 {
			return
		}
		head = "x" + head
		start, whole := search.Fold(head), search.Fold(head+tail)
		if again := search.Fold(whole); again != whole {
			t.Errorf("not idempotent: %q then %q", whole, again)
		}
		if !strings.HasPrefix(whole, start) {
			t.Errorf("%q folds to %q, which %q does not begin with", head, start, whole)
		}
	})
}

// TestFoldASCII: the short way of plain text leads where the long one does.
func TestFoldASCII(t *testing.T) {
	t.Parallel()
	for c := range 128 {
		for _, text := range []string{string(rune(c)), "a" + string(rune(c)) + "b", string(rune(c)) + " B", "Z" + string(rune(c))} {
			// A combining character at the end changes nothing but the way.
			if short, long := search.Fold(text), search.Fold(text+"\u0301"); short != long {
				t.Errorf("%q folds to %q, by the long way to %q", text, short, long)
			}
		}
	}
}
