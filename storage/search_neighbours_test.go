package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNeighbours: a chain beside a code finds the same whether what refers to
// one resource was written together or lies scattered among the rest, once
// each, page by page.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	const people = 3
	var texts []string
	for p := range people {
		texts = append(texts, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":%q}]}`, p, []string{"Ann", "Anna", "Bo"}[p]))
	}
	type row struct {
		id      string
		patient int
		codes   string
		final   bool
	}
	var rows []row
	for i := range 600 {
		r := row{id: fmt.Sprintf("o%03d", i), patient: i % people, codes: []string{"c", "d", "cd"}[i%7%3], final: i%5 > 0}
		if i >= 300 {
			r.patient = i / 70 % people // those of one stand together
		}
		var coding []string
		for _, code := range strings.Split(r.codes, "") {
			// The same code of two systems has two rows.
			coding = append(coding, fmt.Sprintf(`{"system":"http://one","code":%q},{"system":"http://two","code":%q}`, code, code))
		}
		rows = append(rows, r)
		texts = append(texts, fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":%q,"code":{"coding":[%s]},"subject":{"reference":"Patient/p%d"}}`,
			r.id, map[bool]string{true: "final", false: "amended"}[r.final], strings.Join(coding, ","), r.patient))
	}
	s.put(texts...)
	for query, keep := range map[string]func(r row) bool{
		"code=c":                             func(r row) bool { return strings.Contains(r.codes, "c") },
		"code=http://two|d":                  func(r row) bool { return strings.Contains(r.codes, "d") },
		"code=http://one|c,http://two|d":     func(r row) bool { return true },
		"code=c&code=d":                      func(r row) bool { return r.codes == "cd" },
		"code=c&status=final":                func(r row) bool { return strings.Contains(r.codes, "c") && r.final },
		"status:not=final&code=http://one|d": func(r row) bool { return strings.Contains(r.codes, "d") && !r.final },
		"code=http://three|c":                func(r row) bool { return false },
		"code=d&_sort=-_id":                  func(r row) bool { return strings.Contains(r.codes, "d") },
		"code=c&subject:Patient.name=anna":   func(r row) bool { return strings.Contains(r.codes, "c") && r.patient == 1 },
	} {
		var want []string
		for _, r := range rows {
			if r.patient < 2 && keep(r) {
				want = append(want, "Observation/"+r.id)
			}
		}
		var first string
		for _, count := range []string{"1000", "23"} {
			a, err := s.ask(everything, "Observation?subject:Patient.name=ann&"+query+"&_count="+count)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			got := strings.Fields(a.String())
			if first == "" {
				first = a.String()
			} else if a.String() != first {
				t.Errorf("%s: pages of %s have another order", query, count)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s by %s: %d matches, want %d", query, count, len(got), len(want))
			}
		}
	}
}
