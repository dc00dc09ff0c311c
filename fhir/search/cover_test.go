package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestSources: which parameters are answered from the rows of others.
func TestSources(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	for _, c := range []struct{ typ, code, sources, only string }{
		{"Observation", "patient", "subject", "Patient"},
		{"Observation", "subject", "subject", ""},
		{"Observation", "combo-code", "code component-code", ""},
		{"Observation", "combo-value-quantity", "component-value-quantity value-quantity", ""},
		{"Observation", "code", "code", ""},
		{"Condition", "patient", "subject", "Patient"},
		{"CodeSystem", "url", "system", ""},
		{"CodeSystem", "system", "system", ""},
		{"Patient", "name", "family given name", ""},
		{"Patient", "address", "address address-city address-country address-postalcode address-state", ""},
		{"Patient", "family", "family", ""},
		{"Patient", "phone", "phone", ""},
		{"Patient", "telecom", "telecom", ""},
		{"Patient", "deceased", "deceased", ""},
	} {
		p := r.Param(c.typ, c.code)
		var sources []string
		for _, s := range p.Sources() {
			sources = append(sources, s.Code)
		}
		slices.Sort(sources)
		if got := strings.Join(sources, " "); got != c.sources || p.Restricted() != c.only {
			t.Errorf("%s: from %q restricted to %q, want %q and %q", p, got, p.Restricted(), c.sources, c.only)
		}
	}
}

// TestSourcesAreIndexed: a source has rows of its own, is of the same type,
// and a parameter that is restricted says nothing of other targets.
func TestSourcesAreIndexed(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	for _, typ := range spec.R4().ResourceTypes() {
		for _, p := range r.Params(typ) {
			for _, s := range p.Sources() {
				if s.Type != p.Type || s != p && (len(s.Sources()) != 1 || s.Sources()[0] != s) {
					t.Errorf("%s is answered from %s, which has no rows of its own", p, s)
				}
			}
			if only := p.Restricted(); only != "" {
				q, err := r.Parse(search.Request{Type: typ, Query: p.Code + "=" + other(only) + "/1", Criteria: true})
				if err != nil || len(q.Filters[0].Values) != 0 {
					t.Errorf("%s: a reference to another type than %s has operands %v: %v", p, only, q.Filters, err)
				}
			}
		}
	}
}

func other(typ string) string {
	if typ == "Group" {
		return "Patient"
	}
	return "Group"
}
