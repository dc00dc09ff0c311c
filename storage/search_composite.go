package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// flat are the conditions of a conjunction, so that each of them may be the
// one that drives.
func flat(filters []search.Filter) []search.Filter {
	var list []search.Filter
	for _, f := range filters {
		if f.Op == search.And {
			list = append(list, flat(f.Filters)...)
		} else {
			list = append(list, f)
		}
	}
	return list
}

// pair compares two numbers that stand together with the ends of one row.
func (s *statement) pair(m *matcher, f search.Filter) {
	m.from, m.where = "search_number "+m.alias, s.param(f, m.alias)
	pair := f.Values[0].Pair
	for i, column := range [...]string{m.alias + ".low", m.alias + ".high"} {
		columns := strings.NewReplacer("{low}", column, "{high}", column, "{a}", "{a}::numeric", "{b}", "{b}::numeric")
		m.where += " AND " + s.one(pair[i], columns.Replace(numberConditions[pair[i].Prefix]), numberFields)
	}
}
