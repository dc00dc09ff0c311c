package search

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
)

// written writes a text query as it was understood, with all parentheses.
func written(f Filter) string {
	switch f.Op {
	case Not:
		return "-(" + written(f.Filters[0]) + ")"
	case Leaf:
		list := make([]string, len(f.Values))
		for i, o := range f.Values {
			list[i] = `"` + o.String + `"`
		}
		return strings.Join(list, " OR ")
	}
	list := make([]string, len(f.Filters))
	for i, inner := range f.Filters {
		list[i] = "(" + written(inner) + ")"
	}
	if f.Op == Or {
		return strings.Join(list, " OR ")
	}
	return strings.Join(list, " AND ")
}

func TestWords(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"bone":                           `"bone"`,
		"bone marrow":                    `("bone") AND ("marrow")`,
		`"Bone  Marrow"`:                 `"bone marrow"`,
		"(bone OR liver) and metastases": `("bone" OR "liver") AND ("metastases")`,
		"bone OR liver metastases":       `("bone") OR (("liver") AND ("metastases"))`,
		"bone,liver":                     `"bone" OR "liver"`,
		`bone\,liver`:                    `"bone liver"`,
		"bone -liver":                    `("bone") AND (-("liver"))`,
		"NOT (bone or liver)":            `-("bone" OR "liver")`,
		"not found":                      `("not") AND ("found")`,
		"NOT NOT bone":                   `"bone"`,
		"well-known - thing":             `("well known") AND ("thing")`,
		`-"not this"`:                    `-("not this")`,
		`"never closed`:                  `"never closed"`,
		"((bone)":                        `"bone"`,
		"bone)) (liver":                  `("bone") AND ("liver")`,
		"OR bone OR":                     `"bone"`,
		"AND":                            ``,
		"!? ()":                          ``,
		"-":                              ``,
		"NOT":                            ``,
		"":                               ``,
	} {
		f, err := parseWords(Filter{}, query)
		got := ""
		if err == nil {
			got = written(f)
		}
		if got != want || err != nil && fhir.CodeOf(err) != fhir.Value {
			t.Errorf("%s: %s %v, want %s", query, got, err, want)
		}
	}
}

// FuzzWords: every text query is refused or bounded, its words are folded and
// are words, and written out as understood it is understood the same.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"bone marrow", `"bone marrow" -liver`, "(a OR b) AND NOT c,d", `a\,b "c`, "- -- ---a", "((((((((a))))))))", "(((((((((a)))))))))", "a)(b", "Ünal ① ﬁ", "\xff(\x00\"",
		strings.Repeat("a ", 33), strings.Repeat("-", 50) + "a", strings.Repeat("(", 500),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := parseWords(Filter{}, s)
		if err != nil {
			if fhir.CodeOf(err) != fhir.Value {
				t.Fatal(err)
			}
			return
		}
		words := 0
		var look func(f Filter, depth int)
		look = func(f Filter, depth int) {
			if depth > 3*maxTextDepth+3 {
				t.Fatalf("%q is nested too deep", s)
			}
			for _, o := range f.Values {
				if words++; o.String == "" || o.String != Fold(o.String) {
					t.Fatalf("%q has the word %q", s, o.String)
				}
			}
			for _, inner := range f.Filters {
				look(inner, depth+1)
			}
		}
		if look(q, 0); words == 0 || words > maxTextWords {
			t.Fatalf("%q has %d words", s, words)
		}
		text := written(q)
		if strings.Contains(text, `\`) { // a word of symbols, or one that escapes
			return
		}
		again, err := parseWords(Filter{}, text)
		if err != nil && strings.Contains(err.Error(), "deep") {
			return
		}
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("%q is understood as %q, and that as %q %v", s, text, written(again), err)
		}
	})
}

// FuzzStripped: narrative loses its tags whatever it looks like, and gains
// nothing.
func FuzzStripped(f *testing.F) {
	for _, s := range []string{"<div>a</div>", `<a b="c>d">e</a>`, "<!-- a -- > b --> c", "<", "<!--", "a < b > c", "&lt;b&gt; &#0; &#xD800; &amp;lt;", "<'\">", "\xff<\x00>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := stripped(s)
		if utf8.ValidString(s) && (!utf8.ValidString(got) || !strings.Contains(s, "\x00") && strings.Contains(got, "\x00")) {
			t.Fatalf("%q becomes %q", s, got)
		}
		if !strings.Contains(s, "&") && strings.Contains(got, "<") {
			t.Fatalf("%q becomes %q", s, got)
		}
		if !strings.ContainsAny(s, "<&") && got != s {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}
