package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// reference is the SQL twin of fhir/search/reference.go and uri.go: both are
// compared whole.
func (s *statement) reference(m *matcher, f search.Filter) {
	m.from = "search_reference " + m.alias
	if f.Modifier == "below" {
		s.below(m, f)
		return
	}
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
	m.where = s.oneOf(m.alias+".key", keys, "bigint")
}

// below finds urls of which one of the values is the beginning, by whole
// segments: the dictionary knows which there are.
func (s *statement) below(m *matcher, f search.Filter) {
	term := "SELECT w.key FROM search_term w WHERE " + s.param(f, "w") + " AND w.system = 0 AND " + s.any(f.Values, "(w.value = {url} OR w.value >= {start} AND w.value < {end})",
		field{"url", "text", func(o search.Operand) any { return indexed(o.URI) }},
		field{"start", "text", func(o search.Operand) any { return indexed(o.URI + "/") }},
		field{"end", "text", func(o search.Operand) any { return indexed(o.URI+"/") + afterAll }})
	if m.alias == s.driving() {
		m.from = "(" + term + " OFFSET 0) u CROSS JOIN LATERAL (SELECT k.rid FROM search_reference k WHERE k.key = u.key OFFSET 0) " + m.alias
		m.where = "true"
		return
	}
	m.where = "EXISTS (" + term + " AND w.key = " + m.alias + ".key OFFSET 0)"
}
