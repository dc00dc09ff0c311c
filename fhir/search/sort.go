package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// Sortable says whether matches can be sorted by the parameter: by whatever
// has one value that comes before or after another.
func (p *Param) Sortable() bool {
	return p.special == usual && !p.prose && p.Type != "composite" && p.Type != "special"
}

// Single says whether a resource has at most one value of the parameter.
func (p *Param) Single() bool { return p.single }

// sort reads _sort=[-]param,[-]param (search.html#sort).
func (p *parsing) sort(value string) error {
	var keys []Sort
	for key := range strings.SplitSeq(value, ",") {
		code, descending := strings.CutPrefix(key, "-")
		params := p.params(code)
		if params == nil {
			return p.unknown(p.query.Types, code)
		}
		if !params[0].Sortable() {
			return fhir.Errorf(fhir.NotSupported, "%s has no order in which matches could be sorted", code)
		}
		if slices.ContainsFunc(keys, func(s Sort) bool { return s.Param == params[0] }) {
			return fhir.Errorf(fhir.Value, "%s occurs twice", code)
		}
		if len(keys) == maxSort {
			return fhir.Errorf(fhir.Value, "more than %d sort keys", maxSort)
		}
		keys = append(keys, Sort{Param: params[0], Params: params, Descending: descending})
	}
	p.query.Sort = keys
	return nil
}
