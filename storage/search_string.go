package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// afterAll follows every character, so that what begins with a text lies
// between it and it with afterAll appended.
const afterAll = "\U0010FFFF"

// string is the SQL twin of fhir/search/string.go.
func (s *statement) string(m *matcher, f search.Filter) {
	condition := "{alias}.value >= {start} AND {alias}.value < {end}"
	switch f.Modifier {
	case "exact":
		condition = "{alias}.value = {start} AND {alias}.exact = {exact}"
	case "contains":
		condition = "strpos({alias}.value, {part}) > 0"
	}
	m.from, m.where = "search_string "+m.alias, s.param(f, m.alias)
	s.join(m, f.Values, strings.ReplaceAll(condition, "{alias}", m.alias),
		field{"start", "text", func(o search.Operand) any { return indexed(search.Fold(o.String)) }},
		field{"end", "text", func(o search.Operand) any { return indexed(search.Fold(o.String)) + afterAll }},
		field{"exact", "bigint", func(o search.Operand) any { return search.Hash(o.String) }},
		field{"part", "text", func(o search.Operand) any { return search.Fold(o.String) }})
}
