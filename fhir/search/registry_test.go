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

// TestSupportedParams: every parameter of R4 is searchable but those of
// whole kinds that are not.
func TestSupportedParams(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	for _, typ := range spec.R4().ResourceTypes() {
		params := r.Params(typ)
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
			exempt := def.Type == "composite" || def.Type == "special" || def.Expression == "" || def.XPathUsage != "normal"
			switch {
			case p == nil && !exempt:
				t.Errorf("%s.%s (%s) is not supported: %s", typ, def.Code, def.Type, def.Expression)
			case p != nil && (p.Code != def.Code || p.Type != def.Type || p.On != typ):
				t.Errorf("%s.%s: got %s", typ, def.Code, p)
			}
		}
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
