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

var dateFields = []field{
	{"a", "timestamptz", func(o search.Operand) any { return instant(lowest(o.Date.Low)) }},
	{"b", "timestamptz", func(o search.Operand) any { return instant(highest(o.Date.High)) }},
}

func oneForm(search.Operand) int { return 0 }

// date is the SQL twin of fhir/search/date.go.
func (s *statement) date(m *matcher, operands []search.Operand) {
	if groups := byForm(operands, 1, oneForm); len(groups) == 1 {
		columns := strings.NewReplacer("{low}", m.alias+".low", "{high}", m.alias+".high")
		s.join(m, operands, columns.Replace(dateConditions[operands[0].Prefix]), dateFields...)
		return
	}
	m.where += " AND " + s.dateCondition(operands, m.alias+".low", m.alias+".high")
}

// dateCondition is the condition on an interval whose ends are two columns.
func (s *statement) dateCondition(operands []search.Operand, low, high string) string {
	columns := strings.NewReplacer("{low}", low, "{high}", high)
	var either []string
	for _, group := range byForm(operands, 1, oneForm) {
		either = append(either, s.any(group, columns.Replace(dateConditions[group[0].Prefix]), dateFields...))
	}
	return "(" + strings.Join(either, " OR ") + ")"
}
