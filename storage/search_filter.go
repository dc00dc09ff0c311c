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
	case f.Modifier == "text", f.Param.Written():
		s.text(&m, f)
	case f.Param.Type == "composite":
		s.pair(&m, f)
	case f.Param.Type == "special":
		s.near(&m, f)
	case f.Param.Type == "token", f.Modifier == "identifier":
		s.token(&m, f)
	case f.Param.Type == "reference", f.Param.Type == "uri":
		s.reference(&m, f)
	case f.Param.Type == "string":
		s.string(&m, f)
	case f.Param.Type == "date":
		m.from = "search_date " + alias
		m.where = s.param(f, alias)
		s.date(&m, f.Values)
	default:
		m.from = "search_number " + alias
		m.where = s.param(f, alias)
		s.number(&m, f.Values)
	}
	return m
}

// param restricts rows to those of the filter's parameter, in every type.
func (s *statement) param(f search.Filter, alias string) string {
	var keys []int64
	for _, p := range sources(f) {
		keys = append(keys, p.Key)
	}
	return s.oneOf(alias+".param", keys, "bigint")
}

// sources are the parameters under which the values of the filter's stand.
func sources(f search.Filter) []*search.Param {
	var list []*search.Param
	for _, p := range f.Params {
		list = append(list, p.Sources()...)
	}
	return list
}

// field is a value of an operand that a condition may call {name}.
type field struct {
	name, typ string // typ is that of Postgres
	value     func(o search.Operand) any
}

// one is a condition on the values of one operand.
func (s *statement) one(o search.Operand, condition string, fields []field) string {
	var into []string
	for _, f := range fields {
		if strings.Contains(condition, "{"+f.name+"}") {
			into = append(into, "{"+f.name+"}", s.add(f.value(o))+"::"+f.typ)
		}
	}
	return strings.NewReplacer(into...).Replace(condition)
}

// many is a condition on rows o of arrays with the values of several operands,
// so that the text does not grow with their number. Only the fields that the
// condition names are in them.
func (s *statement) many(operands []search.Operand, condition string, fields []field) (from, where string) {
	var arrays, names, into []string
	for i, f := range fields {
		if !strings.Contains(condition, "{"+f.name+"}") {
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
	return "unnest(" + strings.Join(arrays, ", ") + ") o (" + strings.Join(names, ", ") + ")", strings.NewReplacer(into...).Replace(condition)
}

// any is the condition that one of the operands, which have the same form,
// holds.
func (s *statement) any(operands []search.Operand, condition string, fields ...field) string {
	if len(operands) == 1 {
		return s.one(operands[0], condition, fields)
	}
	from, where := s.many(operands, condition, fields)
	return "EXISTS (SELECT FROM " + from + " WHERE " + where + ")"
}

// join adds to a matcher what any is as a condition. If the matcher drives,
// each of several operands reads its own part of the index, instead of all
// rows being tested against all operands.
func (s *statement) join(m *matcher, operands []search.Operand, condition string, fields ...field) {
	switch {
	case len(operands) == 1:
		m.where += " AND " + s.one(operands[0], condition, fields)
	case m.alias == s.driving():
		from, where := s.many(operands, condition, fields)
		m.from = from + " CROSS JOIN LATERAL (SELECT " + m.alias + ".rid FROM " + m.from + " WHERE " + m.where + " AND " + where + " OFFSET 0) " + m.alias
		m.where = "true"
	default:
		m.where += " AND " + s.any(operands, condition, fields...)
	}
}

// byForm puts operands of the same form together: of the same prefix, in the
// order of prefixes, and otherwise as sub tells them apart. Equal shapes have
// equal texts that way.
func byForm(operands []search.Operand, forms int, sub func(o search.Operand) int) (groups [][]search.Operand) {
	for _, prefix := range [...]string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"} {
		for form := range forms {
			group := slices.DeleteFunc(slices.Clone(operands), func(o search.Operand) bool { return o.Prefix != prefix || sub(o) != form })
			if len(group) > 0 {
				groups = append(groups, group)
			}
		}
	}
	return groups
}
