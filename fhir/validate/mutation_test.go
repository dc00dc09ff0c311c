package validate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// seeds are the hand-made resources of testdata/valid.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/valid/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[strings.TrimSuffix(filepath.Base(name), ".json")], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestSeedsAreValid holds that nothing is wrong before it is made wrong.
func TestSeedsAreValid(t *testing.T) {
	t.Parallel()
	for name, src := range seeds(t) {
		for _, is := range validator.Structure(parse(t, string(src))) {
			t.Errorf("%s: %+v", name, is)
		}
	}
}

// TestMutationsAreCaught breaks each seed in every way at every place where
// the definitions allow to, one at a time. Each must be caught with the right
// code at the right expression, and nothing may be said about elsewhere.
func TestMutationsAreCaught(t *testing.T) {
	t.Parallel()
	for name, src := range seeds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kinds := mutated(t, src, 0)
			if len(kinds) < 15 {
				t.Errorf("only these mutations: %v", kinds)
			}
			t.Log(kinds)
		})
	}
}

// TestEveryType gives each resource type nothing and asks for exactly the
// elements it cannot do without. It also builds every shape there is.
func TestEveryType(t *testing.T) {
	t.Parallel()
	for _, name := range spec.R4().ResourceTypes() {
		var want []string
		for _, el := range spec.R4().Type(name).Elements {
			if el.Min > 0 {
				want = append(want, "required "+name+"."+el.Name)
			}
		}
		if got := found(validator.Structure(parse(t, `{"resourceType":"`+name+`"}`))); got != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// TestMaxima holds what the walk relies on: an element of R4 must not occur,
// occurs once, or repeats without end.
func TestMaxima(t *testing.T) {
	t.Parallel()
	seen := map[*spec.Type]bool{}
	var visit func(*spec.Type)
	visit = func(typ *spec.Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		for _, el := range typ.Elements {
			if el.Max < -1 || el.Max > 1 {
				t.Errorf("%s.%s has a maximum of %d", typ.Name, el.Name, el.Max)
			}
			visit(el.Content)
			for _, ref := range el.Types {
				visit(spec.R4().Type(ref.Code))
				visit(spec.R4().Type(ref.Profile))
			}
		}
	}
	for _, name := range spec.R4().ResourceTypes() {
		visit(spec.R4().Type(name))
	}
	if len(seen) < 600 {
		t.Errorf("visited only %d types", len(seen))
	}
}
