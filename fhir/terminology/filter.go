package terminology

import (
	"slices"
	"strings"
)

// http://hl7.org/fhir/R4/valueset-filter-operator.html

// test says whether a concept satisfies a filter. It is unknown when the
// system does not say what the filter asks for.
func (v *view) test(s *System, f filter, at int32) Membership {
	concept := f.property == "concept" || f.property == "code"
	switch f.op {
	case "is-a", "descendent-of", "is-not-a", "generalizes":
		if !concept {
			return unknown("a value set filters by " + f.op + " of something other than the concept")
		}
		return v.testHierarchy(s, f, at)
	case "=", "in", "not-in", "regex", "exists":
	default:
		return unknown("a value set has a filter whose operator is not known")
	}
	values, known := s.values(f.property, at)
	if !known {
		return unknown("a value set filters by a property that the code system " + s.URL + " does not have")
	}
	listed := func(v string) bool { return f.list[v] }
	switch f.op {
	case "=":
		return verdict(slices.Contains(values, f.value))
	case "in":
		return verdict(slices.ContainsFunc(values, listed))
	case "not-in":
		return verdict(!slices.ContainsFunc(values, listed))
	case "exists":
		if f.value != "true" && f.value != "false" {
			return unknown("a value set has a filter exists whose value is neither true nor false")
		}
		return verdict((len(values) > 0) == (f.value == "true"))
	}
	if f.pattern == nil {
		return unknown("a value set has a filter whose regular expression cannot be used")
	}
	return verdict(slices.ContainsFunc(values, f.pattern.MatchString))
}

func (v *view) testHierarchy(s *System, f filter, at int32) Membership {
	of, m := s.filtered(f)
	if m.Answer != Yes {
		return m
	}
	above, below := of, at
	if f.op == "generalizes" {
		above, below = at, of
	}
	yes, steps := s.subsumes(above, below)
	v.work += steps // the next spend sees to it
	return verdict(yes != (f.op == "is-not-a") && (f.op != "descendent-of" || of != at))
}

// filtered is the concept that a filter on the hierarchy is about.
func (s *System) filtered(f filter) (int32, Membership) {
	if !s.hierarchical() {
		return 0, unknown("what stands below a code of " + s.URL + " is not subsumed by it, by its hierarchyMeaning")
	}
	of, ok := s.find(f.value)
	if !ok {
		return 0, unknown("a value set filters by a code that the code system " + s.URL + " does not have")
	}
	return of, Membership{Answer: Yes}
}

// tester is a filter made ready to be asked of all concepts of a system: who is
// above or below another is found once and not for each.
func (v *view) tester(s *System, f filter) (func(at int32) Membership, error) {
	property := f.property == "concept" || f.property == "code"
	if !property || !slices.Contains([]string{"is-a", "descendent-of", "is-not-a", "generalizes"}, f.op) {
		return func(at int32) Membership { return v.test(s, f, at) }, nil
	}
	of, m := s.filtered(f)
	if m.Answer != Yes {
		return func(int32) Membership { return m }, nil
	}
	related := make([]bool, len(s.concepts))
	var err error
	s.walk(of, f.op == "generalizes", func(at int32) bool {
		related[at] = true
		err = v.spend()
		return err != nil
	})
	return func(at int32) Membership {
		return verdict(related[at] != (f.op == "is-not-a") && (f.op != "descendent-of" || at != of))
	}, err
}

func verdict(yes bool) Membership {
	if yes {
		return Membership{Answer: Yes}
	}
	return no("a filter of the value set excludes the code")
}

// splitList reads the value of in and not-in: codes with commas between them.
func splitList(list string) map[string]bool {
	parts := map[string]bool{}
	for part := range strings.SplitSeq(list, ",") {
		parts[strings.TrimSpace(part)] = true
	}
	return parts
}

// values are those of a property of a concept. They are not known when the
// system neither declares the property nor uses it.
func (s *System) values(name string, at int32) (list []string, known bool) {
	c := &s.concepts[at]
	codes := func(positions []int32) {
		for _, p := range positions {
			list = append(list, s.concepts[p].Code)
		}
	}
	switch name {
	case "concept", "code":
		return []string{c.Code}, true
	case "display":
		if c.Display != "" {
			list = []string{c.Display}
		}
		return list, true
	case "parent":
		codes(c.parents)
		return list, true
	case "child":
		codes(c.children)
		return list, true
	}
	for _, p := range c.Properties {
		if p.Code != name {
			continue
		}
		list = append(list, p.Text)
		if p.Coding != nil {
			list = append(list, p.Coding.System+"|"+p.Coding.Code)
		}
	}
	_, known = s.properties[name]
	known = known || s.used[name]
	if len(list) == 0 {
		switch s.standard(name) { // the two that have a default
		case "inactive":
			return []string{boolean(c.inactive)}, true
		case "notSelectable", "abstract":
			return []string{boolean(c.abstract)}, true
		}
	}
	return list, known
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
