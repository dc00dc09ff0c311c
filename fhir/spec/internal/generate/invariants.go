package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// invariants are the numbers of the constraints that have been written.
type invariants struct {
	numbers map[constraint]int
	ofTypes map[string][]constraint // those of the root of each type
	errata  *errata
}

// writeInvariants writes the constraints of all types, each once.
func writeInvariants(t *table, defs []resource, e *errata) (*invariants, error) {
	inv := &invariants{numbers: map[constraint]int{}, ofTypes: map[string][]constraint{}, errata: e}
	for _, d := range defs {
		inv.ofTypes[d.Name] = inv.corrected(d.Snapshot.Element[0].Constraint)
	}
	all := map[constraint]bool{}
	for _, d := range defs {
		for _, c := range inv.ofTypes[d.Name] {
			all[c] = true
		}
		for _, el := range e.elements(d.Snapshot.Element)[1:] {
			for _, c := range inv.own(el) {
				all[c] = true
			}
		}
	}
	sorted := make([]constraint, 0, len(all))
	for c := range all {
		sorted = append(sorted, c)
	}
	slices.SortFunc(sorted, func(a, b constraint) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Expression, b.Expression))
	})
	for i, c := range sorted {
		inv.numbers[c] = i
		t.line("I", c.Key, c.Severity, c.Expression)
	}
	return inv, nil
}

// corrected are constraints as the errata leave them.
func (inv *invariants) corrected(list []constraint) (out []constraint) {
	for _, c := range list {
		if inv.errata.drops(inv.errata.Invariants.Drop, c.Key) {
			continue
		}
		for _, s := range inv.errata.Invariants.Set {
			if s.Key == c.Key {
				inv.errata.used["set "+s.Key] = true
				c.Expression = s.Expression
			}
		}
		out = append(out, c)
	}
	return out
}

// own are the constraints of an element that are not those of its types.
func (inv *invariants) own(el element) []constraint {
	of := inv.ofTypes["Element"]
	for _, et := range el.Type {
		of = slices.Concat(of, inv.ofTypes[et.Code])
	}
	return slices.DeleteFunc(inv.corrected(el.Constraint), func(c constraint) bool { return slices.Contains(of, c) })
}

func (inv *invariants) ofType(d resource) string { return inv.list(inv.ofTypes[d.Name]) }

func (inv *invariants) ofElement(el element) string { return inv.list(inv.own(el)) }

func (inv *invariants) list(of []constraint) string {
	var numbers []string
	for _, c := range of {
		numbers = append(numbers, strconv.Itoa(inv.numbers[c]))
	}
	return strings.Join(numbers, ",")
}
