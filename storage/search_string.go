package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// afterAll follows every character, so that what begins with a text lies
// between it and it with afterAll appended.
const afterAll = "\U0010FFFF"

// beginning are the ends of what begins with an operand's text.
var beginning = []field{
	{"start", "text", func(o search.Operand) any { return indexed(search.Fold(o.String)) }},
	{"end", "text", func(o search.Operand) any { return indexed(search.Fold(o.String)) + afterAll }},
}

// string is the SQL twin of fhir/search/string.go.
func (s *statement) string(m *matcher, f search.Filter) {
	condition := "{alias}.value >= {start} AND {alias}.value < {end}"
	switch f.Modifier {
	case "exact":
		condition = "{alias}.value = {start} AND {alias}.exact = {exact}"
	case search.Equals:
		condition = "{alias}.value = {start}"
	case search.Differs:
		condition = "{alias}.value <> {start}"
	case search.Ends:
		condition = "right({alias}.value, length({part})) = {part}"
	case "contains":
		condition = "strpos({alias}.value, {part}) > 0"
	}
	m.from, m.where = "search_string "+m.alias, s.param(f, m.alias)
	s.join(m, f.Values, strings.ReplaceAll(condition, "{alias}", m.alias),
		beginning[0], beginning[1],
		field{"exact", "bigint", func(o search.Operand) any { return search.Hash(o.String) }},
		field{"part", "text", func(o search.Operand) any { return search.Fold(o.String) }})
}
