package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// reference is the SQL twin of fhir/search/reference.go and uri.go: both are
// compared whole.
func (s *statement) reference(m *matcher, f search.Filter) {
	var keys []int64
	for _, o := range f.Values {
		value := o.URI
		if f.Param.Type == "reference" {
			// The most exact text under which the reference is indexed.
			values := referenceValues(o.Reference)
			value = values[len(values)-1]
		}
		for _, p := range sources(f) {
			keys = append(keys, referenceKey(p.On, p.Code, value))
		}
	}
	m.from = "search_reference " + m.alias
	m.where = s.oneOf(m.alias+".key", keys, "bigint")
}
