package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// writeTypes writes one line I per invariant, one line T per
// StructureDefinition, then one line per element below its root, in the order
// of the snapshot:
//
//	I key severity expression
//	T name kind abstract base json regex maxLength invariants
//	depth name min max flags types binding contentReference invariants
//
// Invariants are given by their numbers, in the order of their lines, where
// they are first said: an element has none of those of its type.
// The element value of a primitive is not written: the value of a
// primitive is the JSON value itself.
func writeTypes(t *table, defs []resource, e *errata) error {
	defs = slices.DeleteFunc(defs, func(d resource) bool { return e.drops(e.Types.Drop, d.Name) })
	slices.SortFunc(defs, func(a, b resource) int { return cmp.Compare(a.Name, b.Name) })
	byName := map[string]resource{}
	for _, d := range defs {
		byName[d.Name] = d
	}
	inv, err := writeInvariants(t, defs, e)
	if err != nil {
		return err
	}
	for _, d := range defs {
		line := []string{"T", d.Name, "", flagged("a", d.Abstract), bare(d.BaseDefinition), "", "", "", inv.ofType(d)}
		switch d.Kind {
		case "primitive-type":
			line[2] = "p"
			copy(line[5:], primitive(d, byName))
		case "complex-type":
			line[2] = "c"
		case "resource":
			line[2] = "r"
		default:
			return fmt.Errorf("%s has the unknown kind %q", d.Name, d.Kind)
		}
		t.line(line...)
		for _, el := range e.elements(d.Snapshot.Element)[1:] {
			if d.Kind == "primitive-type" && strings.HasSuffix(el.Path, ".value") {
				continue
			}
			if err := writeElement(t, d, el, inv.ofElement(el)); err != nil {
				return fmt.Errorf("%s: %w", el.Path, err)
			}
		}
	}
	return nil
}

func writeElement(t *table, d resource, el element, invariants string) error {
	depth := strings.Count(el.Path, ".")
	if depth > 9 {
		return fmt.Errorf("nested deeper than one digit can say")
	}
	var types []string
	for _, et := range el.Type {
		s, err := typeRef(d, el, et)
		if err != nil {
			return err
		}
		types = append(types, s)
	}
	bound := ""
	if el.Binding != nil {
		bound = el.Binding.Strength + " " + el.Binding.ValueSet
	}
	t.line(strconv.Itoa(depth), el.Path[strings.LastIndexByte(el.Path, '.')+1:], strconv.Itoa(el.Min), el.Max,
		flagged("s", el.IsSummary)+flagged("m", el.IsModifier), strings.Join(types, ","), bound,
		strings.TrimPrefix(el.ContentReference, "#"), invariants)
	return nil
}

// typeRef is the code of a type, "=" and its profile if it has one, and its
// targets behind bars.
func typeRef(d resource, el element, et elementType) (string, error) {
	code := et.Code
	if name, ok := strings.CutPrefix(code, systemType); ok {
		code = strings.ToLower(name)
		for _, x := range et.Extension {
			if x.URL == structureURL+"structuredefinition-fhir-type" {
				code = x.ValueURL
			}
		}
		// The snapshots of R4 say that the id of a resource is a string;
		// resource.html and the JSON schema say id, and so do we.
		if d.Kind == "resource" && el.Path == d.Name+".id" {
			code = "id"
		}
	}
	s := code
	for _, p := range et.Profile {
		s += "=" + bare(p)
	}
	for _, p := range et.TargetProfile {
		s += "|" + bare(p)
	}
	if len(et.Profile) > 1 || strings.ContainsAny(s, ", /:") {
		return "", fmt.Errorf("type %q is more than the table can say", s)
	}
	return s, nil
}

// primitive is the JSON kind, the regular expression and the maximum length
// of a primitive type.
func primitive(d resource, byName map[string]resource) []string {
	root := d
	for root.BaseDefinition != structureURL+"Element" {
		root = byName[bare(root.BaseDefinition)]
	}
	kind := "string"
	switch value(root).Type[0].Code {
	case systemType + "Boolean":
		kind = "boolean"
	case systemType + "Integer", systemType + "Decimal":
		kind = "number"
	}
	regex, length := "", ""
	v := value(d)
	for _, x := range v.Type[0].Extension {
		if x.URL == structureURL+"regex" {
			regex = x.ValueString
		}
	}
	if v.MaxLength > 0 {
		length = strconv.Itoa(v.MaxLength)
	}
	return []string{kind, regex, length}
}

// value is the element of a primitive type that stands for the value itself.
func value(d resource) element {
	i := slices.IndexFunc(d.Snapshot.Element, func(e element) bool { return e.Path == d.Name+".value" })
	return d.Snapshot.Element[i]
}
