package spec_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// everyType visits all types, the backbone types within them included.
func everyType(visit func(*spec.Type)) {
	d := spec.R4()
	seen := map[*spec.Type]bool{}
	var walk func(*spec.Type)
	walk = func(t *spec.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		visit(t)
		for _, el := range t.Elements {
			walk(el.Content)
			for _, r := range el.Types {
				walk(d.Type(r.Code))
			}
		}
		walk(d.Type(t.Base))
	}
	for _, name := range d.ResourceTypes() {
		walk(d.Type(name))
	}
}

// TestDefinitionsAreClosed proves that whatever a definition names is defined.
func TestDefinitionsAreClosed(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	types, elements := 0, 0
	everyType(func(typ *spec.Type) {
		types++
		if typ.Base == "" && typ.Name != "Resource" && typ.Name != "Element" || typ.Base != "" && d.Type(typ.Base) == nil {
			t.Errorf("%s has the base %q", typ.Name, typ.Base)
		}
		for i := range typ.Elements {
			el := &typ.Elements[i]
			at := typ.Name + "." + el.Name
			elements++
			if len(el.Types) == 0 || !el.Choice && len(el.Types) != 1 || el.Max >= 0 && el.Min > el.Max {
				t.Errorf("%s is %+v", at, el)
			}
			for _, r := range el.Types {
				if d.Type(r.Code) == nil || r.Profile != "" && d.Type(r.Profile).Base != r.Code {
					t.Errorf("%s has the type %+v", at, r)
				}
				for _, target := range r.Targets {
					if target != "Resource" && !d.IsResource(target) {
						t.Errorf("%s points at %q", at, target)
					}
				}
			}
			if nested := el.Types[0].Code == "BackboneElement" || el.Types[0].Code == "Element"; nested != (el.Content != nil) {
				t.Errorf("%s has the type %s, content %v", at, el.Types[0].Code, el.Content)
			}
			if b := el.Binding; b != nil && !strings.Contains(" required extensible preferred example ", " "+b.Strength+" ") {
				t.Errorf("%s is bound with strength %q", at, b.Strength)
			}
		}
	})
	if types < 600 || elements < 7000 {
		t.Errorf("visited only %d types with %d elements", types, elements)
	}
}

// TestElementFindsEveryElement is the round trip of Type.Element: each element
// is found by each of its JSON names, and no two elements share one.
func TestElementFindsEveryElement(t *testing.T) {
	t.Parallel()
	everyType(func(typ *spec.Type) {
		for i := range typ.Elements {
			el := &typ.Elements[i]
			for _, r := range el.Types {
				name := el.Name
				if el.Choice {
					name += strings.ToUpper(r.Code[:1]) + r.Code[1:]
				}
				if got, code := typ.Element(name); got != el || code != r.Code {
					t.Errorf("%s.%s finds %v as %s", typ.Name, name, got, code)
				}
			}
		}
	})
}

// TestSubtypesKeepTheElementsOfTheirBase is inheritance: a specialization has
// every element of its base, with the same name and order.
func TestSubtypesKeepTheElementsOfTheirBase(t *testing.T) {
	t.Parallel()
	everyType(func(typ *spec.Type) {
		base := spec.R4().Type(typ.Base)
		if base == nil {
			return
		}
		for i, el := range base.Elements {
			if typ.Elements[i].Name != el.Name {
				t.Errorf("element %d of %s is %s, of its base %s it is %s", i, typ.Name, typ.Elements[i].Name, base.Name, el.Name)
			}
		}
	})
}

func TestPrimitives(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	for _, c := range []struct {
		name, json, good, bad string
	}{
		{"base64Binary", "string", "Zm9v", "Zm9"},
		{"boolean", "boolean", "true", "TRUE"},
		{"canonical", "string", "http://a.b|1", "a b"},
		{"code", "string", "a b", " a"},
		{"date", "string", "2020-02", "2020-13"},
		{"dateTime", "string", "2020-02-01T10:00:00+01:00", "2020-02-01T10:00:00"},
		{"decimal", "number", "-1.50e3", "01"},
		{"id", "string", "a-1.B", "a_1"},
		{"instant", "string", "2020-02-01T10:00:00.123Z", "2020-02-01"},
		{"integer", "number", "-7", "007"},
		{"markdown", "string", "# a\nb", ""},
		{"oid", "string", "urn:oid:1.2.3", "1.2.3"},
		{"positiveInt", "number", "1", "0"},
		{"string", "string", "a b", ""},
		{"time", "string", "23:59:60", "24:00:00"},
		{"unsignedInt", "number", "0", "-1"},
		{"uri", "string", "urn:x", "a b"},
		{"url", "string", "mailto:x@y", "a b"},
		{"uuid", "string", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "c757873d-ec9a-4326-a141-556f43239520"},
	} {
		p, ok := d.Primitive(c.name)
		if !ok || p.Name != c.name || p.JSON != c.json {
			t.Errorf("%s is %+v", c.name, p)
			continue
		}
		re, err := regexp.Compile("^(?:" + p.Regex + ")$")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !re.MatchString(c.good) || re.MatchString(c.bad) {
			t.Errorf("%s: %q is judged %v, %q %v", c.name, c.good, re.MatchString(c.good), c.bad, re.MatchString(c.bad))
		}
	}
	if p, ok := d.Primitive("xhtml"); !ok || p.JSON != "string" || p.Regex != "" {
		t.Errorf("xhtml is %+v", p)
	}
	if p, _ := d.Primitive("string"); p.MaxLength != 1<<20 {
		t.Errorf("a string may have %d characters", p.MaxLength)
	}
	if _, ok := d.Primitive("HumanName"); ok {
		t.Error("HumanName is a primitive")
	}
}
