package main

import (
	"fmt"
	"slices"
	"strings"
)

// writeSearchParameters writes one line per SearchParameter:
//
//	S url code type base target modifier comparator chain flags xpathUsage expression (definition expression)*
//
// The flag o says that multipleOr is false, the flag a that multipleAnd is.
func writeSearchParameters(t *table, params []resource, e *errata) error {
	for _, p := range params {
		if e.drops(e.SearchParameters.Drop, p.URL) {
			continue
		}
		for _, s := range e.SearchParameters.Set {
			if s.URL != p.URL {
				continue
			}
			e.used["set "+s.URL] = true
			if s.Target != nil {
				p.Target = s.Target
			}
			if s.Component != nil {
				p.Component = s.Component
			}
		}
		kind, ok := p.Type.(string)
		if !ok {
			return fmt.Errorf("%s has no type", p.URL)
		}
		flags := flagged("o", p.MultipleOr != nil && !*p.MultipleOr) + flagged("a", p.MultipleAnd != nil && !*p.MultipleAnd)
		line := []string{"S", p.URL, p.Code, kind, list(p.Base), list(p.Target), list(p.Modifier), list(p.Comparator),
			list(p.Chain), flags, p.XPathUsage, p.Expression}
		for _, c := range p.Component {
			line = append(line, c.Definition, c.Expression)
		}
		t.line(line...)
	}
	return nil
}

// writeCompartments writes one line C per CompartmentDefinition, then one
// line per resource type that can be a member:
//
//	C url code
//	M resourceType parameter*
//
// "{def}" is not written. It says that the resource is the compartment
// itself, which is true of the compartment's own type and of no other.
func writeCompartments(t *table, defs []resource) error {
	for _, d := range defs {
		t.line("C", d.URL, d.Code)
		for _, r := range d.Resource {
			m, ok := r.(map[string]any)
			if !ok {
				return fmt.Errorf("%s: resource is no object", d.URL)
			}
			line := []string{"M", fmt.Sprint(m["code"])}
			params, _ := m["param"].([]any)
			for _, p := range params {
				if p == "{def}" {
					if m["code"] != d.Code {
						return fmt.Errorf("%s: {def} at %v", d.URL, m["code"])
					}
					continue
				}
				line = append(line, fmt.Sprint(p))
			}
			if len(line) > 2 {
				t.line(line...)
			}
		}
	}
	return nil
}

// writeOperations writes one line per OperationDefinition of kind operation:
//
//	O url code flags resource
//
// The flags are s for system, t for type, i for instance, c for affectsState.
func writeOperations(t *table, defs []resource) error {
	for _, d := range defs {
		if d.Kind != "operation" {
			return fmt.Errorf("%s is a %s", d.URL, d.Kind)
		}
		var on []string
		for _, r := range d.Resource {
			on = append(on, fmt.Sprint(r))
		}
		atType, ok := d.Type.(bool)
		if !ok {
			return fmt.Errorf("%s does not say whether it works on a type", d.URL)
		}
		t.line("O", d.URL, d.Code, flagged("s", d.System)+flagged("t", atType)+flagged("i", d.Instance)+
			flagged("c", d.AffectsState), list(on))
	}
	return nil
}

// list joins sorted codes, none of which contains a comma.
func list(codes []string) string {
	return strings.Join(slices.Sorted(slices.Values(codes)), ",")
}
