package storage

import (
	"cmp"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// numberConditions compare the values of a resource (low to high, equal for a
// plain number, both inclusive) with those of the search: for eq and ne what
// the precision of the number covers, from a to before b; for the others the
// number itself, a.
var numberConditions = map[string]string{
	"eq": "{low} >= {a} AND {low} < {b} AND {high} < {b}",
	"ne": "({low} < {a} OR {high} >= {b})",
	"gt": "{high} > {a}",
	"lt": "{low} < {a}",
	"ge": "{high} >= {a}",
	"le": "{low} <= {a}",
	"sa": "{low} > {a}",
	"eb": "{low} < {a} AND {high} < {a}",
	"ap": "{low} <= {b} AND {high} >= {a}",
}

// unitConditions narrow by unit: not at all, by system and code, or by a code
// without a system, which may be the unit's text.
var unitConditions = [...]string{
	"",
	" AND {alias}.system = {system} AND {alias}.code = {code}",
	" AND ({alias}.code = {code} OR {alias}.unit = {code})",
}

// unitForm is the place in unitConditions.
func unitForm(o search.Operand) int {
	switch {
	case o.Quantity.Code == "":
		return 0
	case o.Quantity.System != "":
		return 1
	}
	return 2
}

// Numbers travel as text, which keeps them exact.
var numberFields = []field{
	{"a", "text", func(o search.Operand) any { return cmp.Or(o.Quantity.Low, "-Infinity") }},
	{"b", "text", func(o search.Operand) any { return cmp.Or(o.Quantity.High, "Infinity") }},
	{"system", "integer", func(o search.Operand) any { return shortKey(o.Quantity.System) }},
	{"code", "integer", func(o search.Operand) any { return shortKey(o.Quantity.Code) }},
}

// number is the SQL twin of fhir/search/number.go and quantity.go.
func (s *statement) number(m *matcher, operands []search.Operand) {
	if m.alias == s.driving() && sameForm(operands) {
		s.join(m, operands, numberCondition(m.alias, operands[0]), numberFields...)
		return
	}
	m.where += " AND " + s.numbers(m.alias, operands)
}

// numbers is the condition that one of the operands holds of a row.
func (s *statement) numbers(alias string, operands []search.Operand) string {
	if len(operands) == 1 && len(operands[0].Units) > 0 {
		return s.units(alias, operands[0])
	}
	var either []string
	for _, group := range byForm(operands, len(unitConditions), unitForm) {
		either = append(either, "("+s.anyNumber(alias, group)+")")
	}
	return "(" + strings.Join(either, " OR ") + ")"
}

// anyNumber is any of operands of one form. OFFSET 0 because a row is compared
// with the few alternatives faster than they are hashed for it.
func (s *statement) anyNumber(alias string, operands []search.Operand) string {
	condition := numberCondition(alias, operands[0])
	if len(operands) == 1 {
		return s.one(operands[0], condition, numberFields)
	}
	from, where := s.many(operands, condition, numberFields)
	return "EXISTS (SELECT FROM " + from + " WHERE " + where + " OFFSET 0)"
}

func numberCondition(alias string, o search.Operand) string {
	columns := strings.NewReplacer("{low}", alias+".low", "{high}", alias+".high", "{alias}", alias, "{a}", "{a}::numeric", "{b}", "{b}::numeric")
	return columns.Replace(numberConditions[o.Prefix] + unitConditions[unitForm(o)])
}

// sameForm says whether all operands are compared by one condition.
func sameForm(operands []search.Operand) bool {
	return len(byForm(operands, len(unitConditions), unitForm)) == 1 && len(operands[0].Units) == 0
}
