package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// matcher finds the resources of a filter in the index.
type matcher struct {
	alias    string
	from     string // the index table, as alias
	where    string // which of its rows
	negative bool   // a resource matches if there are none
}

// probe is the condition that the matcher finds one resource.
func (m matcher) probe(rid string) string {
	sql := "EXISTS (SELECT FROM " + m.from + " WHERE " + m.where + " AND " + m.alias + ".rid = " + rid + " OFFSET 0)"
	if m.negative {
		return "NOT " + sql
	}
	return sql
}

// matcher builds the SQL twin of a filter: search_<type>.go says how for each
// type of parameter.
func (s *statement) matcher(f search.Filter, alias string) matcher {
	m := matcher{alias: alias}
	switch {
	case f.Modifier == "missing":
		s.missing(&m, f)
	case f.Param.Type == "token", f.Modifier == "identifier":
		s.token(&m, f)
	case f.Param.Type == "reference", f.Param.Type == "uri":
		s.reference(&m, f)
	case f.Param.Type == "string":
		s.string(&m, f)
	case f.Param.Type == "date":
		m.from = "search_date " + alias
		m.where = s.param(f, alias) + " AND " + s.dateCondition(f.Values, alias+".low", alias+".high")
	default:
		m.from = "search_number " + alias
		m.where = s.param(f, alias) + " AND " + s.numberCondition(f.Values, alias)
	}
	return m
}

// param restricts rows to those of the filter's parameter, in every type.
func (s *statement) param(f search.Filter, alias string) string {
	keys := make([]int64, len(f.Params))
	for i, p := range f.Params {
		keys[i] = p.Key
	}
	return s.oneOf(alias+".param", keys, "bigint")
}

// missing is :missing. Tables that keep the parameter in a column of its own
// can tell; a hash of parameter and value cannot, so that fhir/search refuses
// :missing for tokens, references and uris.
func (s *statement) missing(m *matcher, f search.Filter) {
	table := map[string]string{"string": "search_string ", "date": "search_date "}[f.Param.Type]
	if table == "" {
		table = "search_number "
	}
	m.from, m.where = table+m.alias, s.param(f, m.alias)
	m.negative = f.Values[0].Missing
}

// grouped builds one condition for all operands that have the same form: with
// one operand on its values, with several on a row of arrays, so that the
// text does not grow with their number. columns are the values of each
// operand, types their Postgres types; condition gets the names by which it
// may call them.
func grouped[T any](s *statement, operands []T, types []string, values func(o T) []any, condition func(names []string) string) string {
	names := make([]string, len(types))
	if len(operands) == 1 {
		for i, v := range values(operands[0]) {
			names[i] = s.add(v) + "::" + types[i]
		}
		return condition(names)
	}
	columns := make([][]any, len(types))
	for _, o := range operands {
		for i, v := range values(o) {
			columns[i] = append(columns[i], v)
		}
	}
	arrays, aliases := "", ""
	for i, typ := range types {
		if i > 0 {
			arrays, aliases = arrays+", ", aliases+", "
		}
		name := string(rune('a' + i))
		arrays, aliases = arrays+s.add(columns[i])+"::"+typ+"[]", aliases+name
		names[i] = "o." + name
	}
	return "EXISTS (SELECT FROM unnest(" + arrays + ") o (" + aliases + ") WHERE " + condition(names) + ")"
}
