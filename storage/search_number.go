package storage

import (
	"cmp"
	"slices"
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

// unitCondition is the place in unitConditions.
func unitCondition(q search.Quantity) int {
	switch {
	case q.Code == "":
		return 0
	case q.System != "":
		return 1
	}
	return 2
}

// numberCondition is the SQL twin of fhir/search/number.go and quantity.go.
// Numbers travel as text, which keeps them exact.
func (s *statement) numberCondition(operands []search.Operand, alias string) string {
	columns := strings.NewReplacer("{low}", alias+".low", "{high}", alias+".high", "{alias}", alias, "{a}", "{a}::numeric", "{b}", "{b}::numeric")
	return byPrefix(operands, func(prefix string, list []search.Operand) string {
		var either []string
		for i, unit := range unitConditions {
			some := slices.DeleteFunc(slices.Clone(list), func(o search.Operand) bool { return unitCondition(o.Quantity) != i })
			if len(some) == 0 {
				continue
			}
			either = append(either, "("+s.grouped(some, columns.Replace(numberConditions[prefix]+unit),
				field{"a", "text", func(o search.Operand) any { return cmp.Or(o.Quantity.Low, "-Infinity") }},
				field{"b", "text", func(o search.Operand) any { return cmp.Or(o.Quantity.High, "Infinity") }},
				field{"system", "integer", func(o search.Operand) any { return shortKey(o.Quantity.System) }},
				field{"code", "integer", func(o search.Operand) any { return shortKey(o.Quantity.Code) }})+")")
		}
		return "(" + strings.Join(either, " OR ") + ")"
	})
}
