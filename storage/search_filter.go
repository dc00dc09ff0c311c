package storage

import (
	"slices"
	"strconv"
	"strings"

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

// field is a value of an operand that a condition may call {name}.
type field struct {
	name, typ string // typ is that of Postgres
	value     func(o search.Operand) any
}

// grouped builds one condition for all operands that have the same form: with
// one operand on its values, with several on rows of arrays, so that the text
// does not grow with their number. Only the fields that the condition names
// become arguments.
func (s *statement) grouped(operands []search.Operand, condition string, fields ...field) string {
	var arrays, names, into []string
	for i, f := range fields {
		if !strings.Contains(condition, "{"+f.name+"}") {
			continue
		}
		if len(operands) == 1 {
			into = append(into, "{"+f.name+"}", s.add(f.value(operands[0]))+"::"+f.typ)
			continue
		}
		column := make([]any, len(operands))
		for j, o := range operands {
			column[j] = f.value(o)
		}
		name := "v" + strconv.Itoa(i)
		arrays, names = append(arrays, s.add(column)+"::"+f.typ+"[]"), append(names, name)
		into = append(into, "{"+f.name+"}", "o."+name)
	}
	condition = strings.NewReplacer(into...).Replace(condition)
	if len(operands) == 1 {
		return condition
	}
	return "EXISTS (SELECT FROM unnest(" + strings.Join(arrays, ", ") + ") o (" + strings.Join(names, ", ") + ") WHERE " + condition + ")"
}

// byPrefix builds the condition of ordered values: operands of the same prefix
// are taken together, in the order of prefixes, so that equal shapes have
// equal texts.
func byPrefix(operands []search.Operand, condition func(prefix string, list []search.Operand) string) string {
	var either []string
	for _, prefix := range [...]string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"} {
		list := slices.DeleteFunc(slices.Clone(operands), func(o search.Operand) bool { return o.Prefix != prefix })
		if len(list) > 0 {
			either = append(either, condition(prefix, list))
		}
	}
	return "(" + strings.Join(either, " OR ") + ")"
}
