package search_test

import (
	"slices"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestKeysAreUnique: index rows of two parameters must never meet.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	seen := map[int64]*search.Param{}
	for _, typ := range spec.R4().ResourceTypes() {
		for _, p := range r.Params(typ) {
			if other := seen[p.Key]; other != nil {
				t.Errorf("%s and %s have the same key", p, other)
			}
			seen[p.Key] = p
			if p.Key != search.Hash(p.On+"."+p.Code) {
				t.Errorf("%s: key is not the hash of its name", p)
			}
		}
	}
}

// TestSupportedParams: every parameter of R4 is searchable, of every type that
// it is defined for, and there are no others.
func TestSupportedParams(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	seen := map[string]bool{}
	got, want := 0, 0
	for _, typ := range spec.R4().ResourceTypes() {
		params := r.Params(typ)
		for _, p := range params {
			if p.Code != "_list" { // of search.html, without a definition
				got++
			}
		}
		if !slices.IsSortedFunc(params, func(a, b *search.Param) int {
			if a.Code < b.Code {
				return -1
			}
			return 1
		}) {
			t.Errorf("%s: not sorted by code", typ)
		}
		for _, def := range spec.R4().SearchParams(typ) {
			p := r.Param(typ, def.Code)
			seen[def.URL], want = true, want+1
			switch {
			case p == nil:
				t.Errorf("%s.%s (%s) is not supported: %s", typ, def.Code, def.Type, def.Expression)
			case p != nil && (p.Code != def.Code || p.Type != def.Type || p.On != typ):
				t.Errorf("%s.%s: got %s", typ, def.Code, p)
			}
		}
	}
	if len(seen) != len(spec.R4().AllSearchParams()) || len(seen) != 1375 || got != want {
		t.Errorf("%d of the %d parameters of R4, as %d of types; want %d", len(seen), len(spec.R4().AllSearchParams()), got, want)
	}
	if r.Params("Nothing") != nil || r.Param("Nothing", "_id") != nil || r.Param("Patient", "nothing") != nil {
		t.Error("a type that is none has parameters")
	}
}

func BenchmarkNewRegistry(b *testing.B) {
	d := spec.R4()
	b.ReportAllocs()
	for b.Loop() {
		search.NewRegistry(d)
	}
}

func BenchmarkCompileAll(b *testing.B) {
	d := spec.R4()
	b.ReportAllocs()
	for b.Loop() {
		r := search.NewRegistry(d)
		for _, typ := range d.ResourceTypes() {
			r.Params(typ)
		}
	}
}
