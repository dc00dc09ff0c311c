package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// Sortable says whether matches can be sorted by the parameter: what is
// indexed as a hash (tokens, references, uris) has no order.
func (p *Param) Sortable() bool {
	if p.special != usual || p.prose {
		return false
	}
	switch p.Type {
	case "string", "date", "number", "quantity":
		return true
	}
	return p.Code == "_id"
}

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
			return fhir.Errorf(fhir.NotSupported, "sorting by %s is not supported; it is for parameters of type string, date, number and quantity, and for _id", code)
		}
		if len(params) > 1 && code != "_id" && code != "_lastUpdated" {
			return fhir.Errorf(fhir.NotSupported, "a search of several types can be sorted by _id and _lastUpdated only")
		}
		if slices.ContainsFunc(keys, func(s Sort) bool { return s.Param == params[0] }) {
			return fhir.Errorf(fhir.Value, "%s occurs twice", code)
		}
		if len(keys) == maxSort {
			return fhir.Errorf(fhir.Value, "more than %d sort keys", maxSort)
		}
		keys = append(keys, Sort{Param: params[0], Descending: descending})
	}
	p.query.Sort = keys
	return nil
}
