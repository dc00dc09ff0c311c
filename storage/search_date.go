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
	columns := strings.NewReplacer("{low}", low, "{high}", high)
	return byPrefix(operands, func(prefix string, list []search.Operand) string {
		return s.grouped(list, columns.Replace(dateConditions[prefix]),
			field{"a", "timestamptz", func(o search.Operand) any { return instant(lowest(o.Date.Low)) }},
			field{"b", "timestamptz", func(o search.Operand) any { return instant(highest(o.Date.High)) }})
	})
}
