package storage

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// dateConditions compare the interval of a resource (low to high) with that
// of the search (a to b), as search.html#prefix has it: eq is "contained",
// gt "reaches beyond", sa "lies beyond". What is implied is said as well
// where it bounds low, by which the index is ordered.
var dateConditions = map[string]string{
	"eq": "{low} >= {a} AND {low} < {b} AND {high} <= {b}",
	"ne": "({low} < {a} OR {high} > {b})",
	"gt": "{high} > {b}",
	"lt": "{low} < {a}",
	"ge": "({low} >= {a} OR {high} > {b})",
	"le": "({low} < {a} OR {high} <= {b})",
	"sa": "{low} >= {b}",
	"eb": "{low} < {a} AND {high} <= {a}",
	"ap": "{low} < {b} AND {high} > {a}",
}

// dateCondition is the SQL twin of fhir/search/date.go for an interval whose
// ends are the two columns.
func (s *statement) dateCondition(operands []search.Operand, low, high string) string {
	return s.byPrefix(operands, func(prefix string, list []search.Operand) string {
		return grouped(s, list, []string{"timestamptz", "timestamptz"},
			func(o search.Operand) []any { return []any{instant(lowest(o.Date.Low)), instant(highest(o.Date.High))} },
			func(n []string) string {
				return strings.NewReplacer("{low}", low, "{high}", high, "{a}", n[0], "{b}", n[1]).Replace(dateConditions[prefix])
			})
	})
}

// byPrefix puts operands of the same prefix together, in the order of
// prefixes, so that equal shapes have equal texts.
func (s *statement) byPrefix(operands []search.Operand, condition func(prefix string, list []search.Operand) string) string {
	var any []string
	for _, prefix := range [...]string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"} {
		var list []search.Operand
		for _, o := range operands {
			if o.Prefix == prefix {
				list = append(list, o)
			}
		}
		if len(list) > 0 {
			any = append(any, condition(prefix, list))
		}
	}
	return "(" + strings.Join(any, " OR ") + ")"
}
