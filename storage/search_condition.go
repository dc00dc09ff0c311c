package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// condition is the condition that the resource whose number is rid satisfies
// a filter.
func (s *statement) condition(f search.Filter, rid string) (string, error) {
	switch f.Op {
	case search.And:
		return s.combined(f.Filters, rid, " AND ", "true")
	case search.Or:
		return s.combined(f.Filters, rid, " OR ", "false")
	case search.Not:
		c, err := s.condition(f.Filters[0], rid)
		return "NOT " + c, err
	case search.Chain:
		return s.refersTo(f, rid)
	case search.Has:
		return s.isReferredTo(f, rid)
	}
	if aboutResource(f) {
		q := s.alias("q")
		return "EXISTS (SELECT FROM resource " + q + " WHERE " + q + ".rid = " + rid + " AND " + s.resourceCondition(f, q) + " OFFSET 0)", nil
	}
	return s.matcher(f, s.probing()).probe(rid), nil
}

func (s *statement) combined(filters []search.Filter, rid, by, none string) (string, error) {
	if len(filters) == 0 {
		return none, nil
	}
	list := make([]string, len(filters))
	for i, f := range filters {
		c, err := s.condition(f, rid)
		if err != nil {
			return "", err
		}
		list[i] = c
	}
	return "(" + strings.Join(list, by) + ")", nil
}
