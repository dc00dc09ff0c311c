package terminology

import (
	"slices"
	"strings"
)

// http://hl7.org/fhir/R4/valueset-filter-operator.html

// test says whether a concept satisfies a filter. It is unknown when the
// system does not say what the filter asks for.
func (s *System) test(f filter, at int32) Membership {
	concept := f.property == "concept" || f.property == "code"
	switch f.op {
	case "is-a", "descendent-of", "is-not-a", "generalizes":
		if !concept {
			return unknown("a value set filters by " + f.op + " of something other than the concept")
		}
		return s.testHierarchy(f, at)
	case "=", "in", "not-in", "regex", "exists":
	default:
		return unknown("a value set has a filter whose operator is not known")
	}
	values, known := s.values(f.property, at)
	if !known {
		return unknown("a value set filters by a property that the code system " + s.URL + " does not have")
	}
	has := func(list ...string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
	}
	switch f.op {
	case "=":
		return verdict(has(f.value))
	case "in":
		return verdict(has(splitList(f.value)...))
	case "not-in":
		return verdict(!has(splitList(f.value)...))
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

func (s *System) testHierarchy(f filter, at int32) Membership {
	if !s.hierarchical() {
		return unknown("what stands below a code of " + s.URL + " is not subsumed by it, by its hierarchyMeaning")
	}
	of, ok := s.find(f.value)
	if !ok {
		return unknown("a value set filters by a code that the code system " + s.URL + " does not have")
	}
	switch f.op {
	case "is-a":
		return verdict(s.subsumes(of, at))
	case "descendent-of":
		return verdict(of != at && s.subsumes(of, at))
	case "generalizes":
		return verdict(s.subsumes(at, of))
	}
	return verdict(!s.subsumes(of, at))
}

func verdict(yes bool) Membership {
	if yes {
		return Membership{Answer: Yes}
	}
	return no("a filter of the value set excludes the code")
}

// splitList reads the value of in and not-in: codes with commas between them.
func splitList(list string) []string {
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
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
