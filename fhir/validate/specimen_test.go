package validate_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// specimen makes resources of every type that have a value in every element,
// as the definitions allow. Choices take the turn-th of their types.
type specimen struct {
	turn   int
	within []string // types that are being made
}

// goodValues are values of the primitive types.
var goodValues = map[string]any{
	"base64Binary": "QUJD", "boolean": true, "canonical": "http://example.org/c|1", "code": "a-code", "date": "2020-02-29", "dateTime": "2020-02-29T10:00:00+01:00",
	"decimal": json.Number("1.50"), "id": "an-id.1", "instant": "2020-02-29T10:00:00.123Z", "integer": json.Number("-3"), "markdown": "*a*", "oid": "urn:oid:1.2.3",
	"positiveInt": json.Number("1"), "string": "a text", "time": "10:00:00", "unsignedInt": json.Number("0"), "uri": "urn:example:a", "url": "http://example.org/u",
	"uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "xhtml": `<div xmlns="http://www.w3.org/1999/xhtml">a</div>`,
}

func (s specimen) resource(name string) map[string]any {
	o := s.object(spec.R4().Type(name))
	o["resourceType"] = name
	return o
}

func (s specimen) object(t *spec.Type) map[string]any {
	s.within = append(slices.Clone(s.within), t.Name)
	o := map[string]any{}
	for i := range t.Elements {
		el := &t.Elements[i]
		if el.Max == 0 || el.Name == "contained" || len(s.within) > 1 && (el.Name == "extension" || el.Name == "modifierExtension") || el.Name == "id" && t.Kind != spec.Resource {
			continue
		}
		ref := el.Types[s.turn%len(el.Types)]
		name := el.Name
		if el.Choice {
			name += strings.ToUpper(ref.Code[:1]) + ref.Code[1:]
		}
		v := s.value(el, ref)
		switch {
		case v == nil:
		case el.Max == 1:
			o[name] = v
		case s.turn%2 == 0:
			o[name] = []any{v}
		default:
			o[name] = []any{v, v}
		}
		if primitive, _ := spec.R4().Primitive(ref.Code); v != nil && el.Content == nil && primitive.Name != "" && len(s.within) == 1 && el.Name != "id" && s.turn%3 == 1 && el.Max == 1 {
			o["_"+name] = map[string]any{"extension": []any{map[string]any{"url": "http://example.org/e", "valueCode": "a"}}}
		}
	}
	return o
}

// value is one value of an element, nil where it would not end.
func (s specimen) value(el *spec.Element, ref spec.TypeRef) any {
	if el.Content != nil {
		if slices.Contains(s.within, el.Content.Name) || len(s.within) > 4 {
			return s.must(el, func() any { return s.some(el.Content) })
		}
		return s.some(el.Content)
	}
	if b := el.Binding; ref.Code == "code" && b != nil && b.Strength == "required" {
		if set, ok := spec.R4().Codes(b.ValueSet); ok {
			for _, code := range set.All() {
				return code
			}
		}
	}
	switch ref.Code {
	case "Resource":
		return map[string]any{"resourceType": "Basic", "code": map[string]any{"text": "a"}}
	case "Extension":
		return map[string]any{"url": "http://example.org/e", "valueCode": "a"}
	case "Reference":
		return map[string]any{"reference": "Patient/1", "display": "a"}
	}
	t := spec.R4().Type(ref.Code)
	if ref.Profile != "" {
		t = spec.R4().Type(ref.Profile)
	}
	if t.Kind == spec.Primitive {
		return goodValues[ref.Code]
	}
	if slices.Contains(s.within, t.Name) || len(s.within) > 5 {
		return s.must(el, func() any { return s.some(t) })
	}
	return s.some(t)
}

// some is an object of a type, nil if it would be empty.
func (s specimen) some(t *spec.Type) any {
	if o := s.object(t); len(o) > 0 {
		return o
	}
	return nil
}

// must leaves out what need not be there.
func (s specimen) must(el *spec.Element, make func() any) any {
	if el.Min == 0 {
		return nil
	}
	return make()
}

// TestSpecimensAndTheirMutations holds a resource of every type, with all its
// elements, to be good, and a sample of what can be wrong with each to be
// caught where it is.
func TestSpecimensAndTheirMutations(t *testing.T) {
	t.Parallel()
	most := 80
	if testing.Short() {
		most = 20
	}
	for n, name := range spec.R4().ResourceTypes() {
		if spec.R4().Type(name).Abstract {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := json.Marshal(specimen{turn: n}.resource(name))
			if err != nil {
				t.Fatal(err)
			}
			for _, is := range validator.Structure(parse(t, string(src))) {
				t.Fatalf("%s: %s\n%s", is.Expression, is.Message, src)
			}
			if issues := validator.Validate(parse(t, string(src)), validate.Options{Max: 50}); len(issues) > 50 {
				t.Errorf("%d issues", len(issues))
			}
			mutated(t, src, most)
		})
	}
}
