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

// numberCondition is the SQL twin of fhir/search/number.go and quantity.go. A
// unit is that of system and code, or, without a system, one whose code or
// text is given.
func (s *statement) numberCondition(operands []search.Operand, alias string) string {
	units := [...]string{"", alias + ".system = {system} AND " + alias + ".code = {code}", "(" + alias + ".code = {code} OR " + alias + ".unit = {code})"}
	return s.byPrefix(operands, func(prefix string, list []search.Operand) string {
		var any []string
		for kind, unit := range units {
			var some []search.Operand
			for _, o := range list {
				if unitKind(o.Quantity) == kind {
					some = append(some, o)
				}
			}
			if len(some) == 0 {
				continue
			}
			any = append(any, grouped(s, some, []string{"text", "text", "integer", "integer"}, numberValues, func(n []string) string {
				condition := numberConditions[prefix]
				if unit != "" {
					condition += " AND " + unit
				}
				return strings.NewReplacer("{low}", alias+".low", "{high}", alias+".high",
					"{a}", n[0]+"::numeric", "{b}", n[1]+"::numeric", "{system}", n[2], "{code}", n[3]).Replace(condition)
			}))
		}
		return "(" + strings.Join(any, " OR ") + ")"
	})
}

// unitKind says how a quantity names its unit: not, by system and code, or by
// code alone.
func unitKind(q search.Quantity) int {
	switch {
	case q.Code == "":
		return 0
	case q.System != "":
		return 1
	}
	return 2
}

func numberValues(o search.Operand) []any {
	q := o.Quantity
	return []any{cmp.Or(q.Low, "-Infinity"), cmp.Or(q.High, "Infinity"), shortKey(q.System), shortKey(q.Code)}
}
