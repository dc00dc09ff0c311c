package clinic_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// TestDefinitions holds every resource to R4: elements that exist, in the
// right JSON shape, mandatory ones present, values in their lexical form,
// codes of required bindings among those admitted, references to the types
// allowed, and nothing empty.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	c := checker{d: spec.R4(), patterns: map[string]*regexp.Regexp{}}
	for _, r := range today(t).list {
		c.check(r)
	}
	for _, fault := range c.faults {
		t.Error(fault)
	}
}

// TestDefinitionsRefuse proves that the checker finds each kind of fault.
func TestDefinitionsRefuse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ json, want string }{
		"unknown type":        {`{"resourceType":"Patiens"}`, "Patiens/: Patiens: is of no R4 type"},
		"abstract type":       {`{"resourceType":"DomainResource"}`, "DomainResource/: DomainResource: is of no R4 type"},
		"unknown element":     {`{"resourceType":"Patient","names":1}`, `Patient/: Patient: has no element "names"`},
		"choice without type": {`{"resourceType":"Patient","deceased":true}`, `Patient/: Patient: has no element "deceased"`},
		"not an array":        {`{"resourceType":"Patient","name":{"family":"x"}}`, `Patient/: Patient.name: is {"family":"x"}`},
		"an array":            {`{"resourceType":"Patient","gender":["male"]}`, `Patient/: Patient.gender: is ["male"], not a code`},
		"empty array":         {`{"resourceType":"Patient","name":[]}`, `Patient/: Patient.name: is []`},
		"empty object":        {`{"resourceType":"Patient","name":[{}]}`, `Patient/: Patient.name: is {}`},
		"empty string":        {`{"resourceType":"Patient","name":[{"text":""}]}`, `Patient/: Patient.name.text: is "", not a string`},
		"wrong kind":          {`{"resourceType":"Patient","active":"true"}`, `Patient/: Patient.active: is "true", not a boolean`},
		"wrong form":          {`{"resourceType":"Patient","birthDate":"24.11.2026"}`, `Patient/: Patient.birthDate: is "24.11.2026", not a date`},
		"unbound code":        {`{"resourceType":"Patient","gender":"m"}`, `Patient/: Patient.gender: "m" is not in http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1`},
		"wrong target":        {`{"resourceType":"Patient","generalPractitioner":[{"reference":"Slot/1"}]}`, `Patient/: Patient.generalPractitioner: may not refer to Slot`},
		"missing element":     {`{"resourceType":"Binary"}`, `Binary/: Binary: has 0 of contentType`},
		"two choices":         {`{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2026"}`, `Patient/: Patient: has 2 of deceased`},
		"deep inside":         {`{"resourceType":"Patient","contact":[{"telecom":[{"rank":"1"}]}]}`, `Patient/: Patient.contact.telecom.rank: is "1", not a positiveInt`},
	} {
		doc, err := tree.Parse([]byte(row.json))
		if err != nil {
			t.Fatal(err)
		}
		c := checker{d: spec.R4(), patterns: map[string]*regexp.Regexp{}}
		c.check(resource{typ: doc.Text(doc.Find("resourceType")), doc: doc})
		if len(c.faults) != 1 || c.faults[0] != row.want {
			t.Errorf("%s: %q", name, c.faults)
		}
	}
}

// checker collects the faults of resources.
type checker struct {
	d        *spec.Definitions
	patterns map[string]*regexp.Regexp
	resource
	faults []string
}

func (c *checker) check(r resource) {
	c.resource = r
	typ := c.d.Type(r.typ)
	if typ == nil || typ.Abstract || typ.Kind != spec.Resource {
		c.fail(r.typ, "is of no R4 type")
		return
	}
	c.object(typ, r.root, r.typ)
}

func (c *checker) fail(path, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf("%s: %s: "+format, append([]any{c.key(), path}, args...)...))
}

// object checks a resource, a data type or a backbone element.
func (c *checker) object(typ *spec.Type, n tree.Node, path string) {
	if c.doc.Kind(n) != tree.Object || c.doc.Count(n) == 0 {
		c.fail(path, "is %s", c.doc.Raw(n))
		return
	}
	present := map[*spec.Element]int{}
	for child := range c.doc.Children(n) {
		name := c.doc.Key(child)
		if name == "resourceType" && typ.Kind == spec.Resource {
			continue
		}
		el, code := typ.Element(name)
		if el == nil {
			c.fail(path, "has no element %q", name)
			continue
		}
		present[el]++
		at := path + "." + name
		if el.Max == 1 {
			c.value(el, code, child, at)
			continue
		}
		if c.doc.Kind(child) != tree.Array || c.doc.Count(child) == 0 {
			c.fail(at, "is %s", c.doc.Raw(child))
			continue
		}
		for item := range c.doc.Children(child) {
			c.value(el, code, item, at)
		}
	}
	for i := range typ.Elements {
		el := &typ.Elements[i]
		if present[el] < el.Min || present[el] > 1 {
			c.fail(path, "has %d of %s", present[el], el.Name)
		}
	}
}

func (c *checker) value(el *spec.Element, code string, n tree.Node, path string) {
	if el.Content != nil {
		c.object(el.Content, n, path)
		return
	}
	if el.Binding != nil && el.Binding.Strength == "required" {
		c.bound(el.Binding.ValueSet, code, n, path)
	}
	if p, ok := c.d.Primitive(code); ok {
		c.primitive(p, n, path)
		return
	}
	if code == "Reference" {
		target, _, _ := strings.Cut(c.doc.Text(c.doc.Get(n, "reference")), "/")
		for _, ref := range el.Types {
			if ref.Code == code && target != "" && !ref.Allows(target) {
				c.fail(path, "may not refer to %s", target)
			}
		}
	}
	c.object(c.d.Type(code), n, path)
}

func (c *checker) primitive(p spec.PrimitiveType, n tree.Node, path string) {
	kind := map[string]tree.Kind{"string": tree.String, "number": tree.Number, "boolean": tree.Bool}[p.JSON]
	text := c.doc.Text(n)
	if c.doc.Kind(n) != kind || text == "" {
		c.fail(path, "is %s, not a %s", c.doc.Raw(n), p.Name)
		return
	}
	if p.Regex == "" {
		return
	}
	re := c.patterns[p.Name]
	if re == nil {
		re = regexp.MustCompile(`^(?s:` + p.Regex + `)$`)
		c.patterns[p.Name] = re
	}
	if p.Name == "base64Binary" { // the pattern is slow and strict decoding is tested elsewhere
		return
	}
	if !re.MatchString(text) {
		c.fail(path, "is %q, not a %s", text, p.Name)
	}
}

// bound checks a code, Coding or CodeableConcept against a required value set
// whose members are known.
func (c *checker) bound(valueSet, code string, n tree.Node, path string) {
	set, known := c.d.Codes(valueSet)
	if !known {
		return
	}
	ok := false
	switch code {
	case "code":
		ok = c.doc.Kind(n) != tree.String || set.HasCode(c.doc.Text(n)) // the shape is another fault
	case "Coding":
		ok = c.coded(set, n)
	case "CodeableConcept":
		for coding := range c.doc.Children(c.doc.Get(n, "coding")) {
			ok = ok || c.coded(set, coding)
		}
	default:
		return
	}
	if !ok {
		c.fail(path, "%s is not in %s", c.doc.Raw(n), valueSet)
	}
}

func (c *checker) coded(set spec.Set, coding tree.Node) bool {
	return set.Has(c.doc.Text(c.doc.Get(coding, "system")), c.doc.Text(c.doc.Get(coding, "code")))
}
