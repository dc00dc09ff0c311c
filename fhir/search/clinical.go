package search

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// Clinical is the condition that a resource is of a time that overlaps with
// that from start to end, either of which may be "": that its parameter date
// says so, or for types without one any of their dates, or that it has none at
// all. The resources of the type except are of any time: the birth of a
// patient does not take the patient out of the record.
func (r *Registry) Clinical(types []string, except, start, end string) (Filter, error) {
	leaf := Filter{}
	for _, typ := range types {
		if typ == except {
			continue
		}
		if p := r.Param(typ, "date"); p != nil && p.Type == "date" {
			leaf.Params = append(leaf.Params, p)
			continue
		}
		for _, p := range r.Params(typ) {
			if p.Type == "date" && !strings.HasPrefix(p.Code, "_") && p.added == nil {
				leaf.Params = append(leaf.Params, p)
			}
		}
	}
	if len(leaf.Params) == 0 {
		return Filter{Op: And}, nil
	}
	leaf.Param = leaf.Params[0]
	within := Filter{Op: And}
	for _, bound := range []struct{ name, prefix, date string }{{"start", "ge", start}, {"end", "le", end}} {
		if bound.date == "" {
			continue
		}
		if len(bound.date) < 4 || bound.date[0] < '0' || bound.date[0] > '9' {
			return Filter{}, fhir.Errorf(fhir.Value, "%s is a date", bound.name).At(bound.name)
		}
		o, err := r.parseDate(bound.prefix + bound.date)
		if err != nil {
			return Filter{}, at(err, bound.name)
		}
		f := leaf
		f.Values = []Operand{o}
		within.Filters = append(within.Filters, f)
	}
	missing := leaf
	missing.Modifier, missing.Values = "missing", []Operand{{Missing: true}}
	return Filter{Op: Or, Filters: []Filter{within, missing}}, nil
}
