package main

import (
	"fmt"
	"strconv"
	"strings"
)

// writeExtensions writes one line per definition of an extension, and one per
// extension nested in it:
//
//	E url flags contexts types binding
//	depth url min max types binding
//
// Contexts are FHIRPath of elements, with "extension " before the URL of one.
// One without types has extensions instead of a value.
func writeExtensions(t *table, defs []resource) error {
	for _, d := range defs {
		root := d.Snapshot.Element[0]
		var contexts []string
		for _, c := range d.Context {
			switch c.Type {
			case "element":
				contexts = append(contexts, c.Expression)
			case "extension":
				contexts = append(contexts, "extension "+c.Expression)
			default:
				return fmt.Errorf("%s has a context of the kind %q", d.URL, c.Type)
			}
		}
		types, bound, err := extensionValue(d, d.Snapshot.Element, root.ID)
		if err != nil {
			return err
		}
		t.line("E", d.URL, flagged("m", root.IsModifier), strings.Join(contexts, ","), types, bound)
		if err := nestedExtensions(t, d, root.ID, 1); err != nil {
			return err
		}
	}
	return nil
}

func nestedExtensions(t *table, d resource, in string, depth int) error {
	for _, el := range d.Snapshot.Element {
		name, nested := strings.CutPrefix(el.ID, in+".extension:")
		if !nested || strings.Contains(name, ".") {
			continue
		}
		types, bound, err := extensionValue(d, d.Snapshot.Element, el.ID)
		if err != nil {
			return err
		}
		url := name
		for _, u := range d.Snapshot.Element {
			if u.ID == el.ID+".url" && u.FixedURI != "" {
				url = u.FixedURI
			}
		}
		for _, et := range el.Type {
			for _, p := range et.Profile {
				url = p
			}
		}
		t.line(strconv.Itoa(depth), url, strconv.Itoa(el.Min), el.Max, types, bound)
		if err := nestedExtensions(t, d, el.ID, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// extensionValue is the types and the binding of the value of an extension.
func extensionValue(d resource, elements []element, in string) (types, bound string, err error) {
	for _, el := range elements {
		if el.ID != in+".value[x]" && !strings.HasPrefix(el.ID, in+".value[x]:") || el.Max == "0" || strings.Count(el.ID, ".") != strings.Count(in, ".")+1 {
			continue
		}
		var list []string
		for _, et := range el.Type {
			et.Profile = nil
			for i, p := range et.TargetProfile {
				if !strings.HasPrefix(p, structureURL) {
					et.TargetProfile[i] = structureURL + "Resource"
				}
			}
			s, err := typeRef(d, el, et)
			if err != nil {
				return "", "", err
			}
			list = append(list, s)
		}
		types = strings.Join(list, ",")
		if el.Binding != nil && el.Binding.ValueSet != "" {
			bound = el.Binding.Strength + " " + el.Binding.ValueSet
		}
		return types, bound, nil
	}
	return "", "", nil
}
