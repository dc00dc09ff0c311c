package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// afterAll follows every character, so that what begins with a text lies
// between it and it with afterAll appended.
const afterAll = "\U0010FFFF"

// string is the SQL twin of fhir/search/string.go.
func (s *statement) string(m *matcher, f search.Filter) {
	m.from = "search_string " + m.alias
	value, exact := m.alias+".value", m.alias+".exact"
	var condition string
	switch f.Modifier {
	case "exact":
		condition = grouped(s, f.Values, []string{"text", "bigint"},
			func(o search.Operand) []any { return []any{indexed(search.Fold(o.String)), search.Hash(o.String)} },
			func(n []string) string { return value + " = " + n[0] + " AND " + exact + " = " + n[1] })
	case "contains":
		condition = grouped(s, f.Values, []string{"text"},
			func(o search.Operand) []any { return []any{search.Fold(o.String)} },
			func(n []string) string { return "strpos(" + value + ", " + n[0] + ") > 0" })
	default:
		condition = grouped(s, f.Values, []string{"text", "text"},
			func(o search.Operand) []any {
				start := indexed(search.Fold(o.String))
				return []any{start, start + afterAll}
			},
			func(n []string) string { return value + " >= " + n[0] + " AND " + value + " < " + n[1] })
	}
	m.where = s.param(f, m.alias) + " AND " + condition
}
