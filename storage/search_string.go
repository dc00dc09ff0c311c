package storage

import (
	"strconv"
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
	m.from = "search_string " + m.alias
	switch f.Modifier {
	case search.Ends:
		// What a row cuts off does not end there.
		m.where = "(" + s.param(f, m.alias) + " AND length(" + m.alias + ".value) < " + strconv.Itoa(indexedRunes) + " OR " + s.oneOf(m.alias+".param", partKeys(f, endOf), "bigint") + ")"
	case "contains":
		m.where = s.oneOf(m.alias+".param", append(paramKeys(f), partKeys(f, restOf, endOf)...), "bigint")
	default:
		m.where = s.param(f, m.alias)
	}
	s.join(m, f.Values, strings.ReplaceAll(condition, "{alias}", m.alias),
		beginning[0], beginning[1],
		field{"exact", "bigint", func(o search.Operand) any { return search.Hash(o.String) }},
		field{"part", "text", func(o search.Operand) any { return search.Fold(o.String) }})
}

// paramKeys are the numbers of the parameters under which a filter's values
// stand.
func paramKeys(f search.Filter) (keys []int64) {
	for _, p := range sources(f) {
		keys = append(keys, p.Key)
	}
	return keys
}

// partKeys are those under which parts of long strings stand.
func partKeys(f search.Filter, parts ...string) (keys []int64) {
	for _, p := range sources(f) {
		for _, part := range parts {
			keys = append(keys, paramKey(p.On, p.Code+part))
		}
	}
	return keys
}
