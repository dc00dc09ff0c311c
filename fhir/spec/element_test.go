package spec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// find walks a dotted path of JSON names from a type.
func find(t *testing.T, path string) (*spec.Element, string) {
	t.Helper()
	name, rest, _ := strings.Cut(path, ".")
	typ := spec.R4().Type(name)
	var el *spec.Element
	var code string
	for part := range strings.SplitSeq(rest, ".") {
		if typ == nil {
			t.Fatalf("%s: nothing above %s", path, part)
		}
		if el, code = typ.Element(part); el == nil {
			t.Fatalf("%s: %s has no %s", path, typ.Name, part)
		}
		if typ = el.Content; typ == nil {
			typ = spec.R4().Type(code)
		}
	}
	return el, code
}

// TestElements holds a sample of what the definitions of 4.0.1 say, chosen for
// the ways in which elements differ.
func TestElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, typ, card, flags string
	}{
		// inherited from Resource, DomainResource, Element, BackboneElement
		{"Patient.id", "id", "0..1", "s"},
		{"Patient.meta", "Meta", "0..1", "s"},
		{"Patient.implicitRules", "uri", "0..1", "sm"},
		{"Patient.text", "Narrative", "0..1", ""},
		{"Patient.contained", "Resource", "0..*", ""},
		{"Patient.extension", "Extension", "0..*", ""},
		{"Patient.modifierExtension", "Extension", "0..*", "m"},
		{"Bundle.id", "id", "0..1", "s"},
		{"HumanName.id", "string", "0..1", ""},
		{"Patient.contact.modifierExtension", "Extension", "0..*", "sm"},
		{"Age.value", "decimal", "0..1", "s"},
		{"id.extension", "Extension", "0..*", ""},
		// cardinality and flags
		{"Patient.active", "boolean", "0..1", "sm"},
		{"Patient.name", "HumanName", "0..*", "s"},
		{"Patient.gender", "code", "0..1", "s"},
		{"Patient.photo", "Attachment", "0..*", ""},
		{"Observation.status", "code", "1..1", "sm"},
		{"Observation.code", "CodeableConcept", "1..1", "s"},
		{"Bundle.type", "code", "1..1", "s"},
		{"Narrative.div", "xhtml", "1..1", ""},
		{"SimpleQuantity.comparator", "code", "0..0", "sm"},
		{"Quantity.comparator", "code", "0..1", "sm"},
		// choices
		{"Patient.deceasedBoolean", "boolean", "0..1", "sm"},
		{"Patient.deceasedDateTime", "dateTime", "0..1", "sm"},
		{"Observation.valueQuantity", "Quantity", "0..1", "s"},
		{"Observation.component.valueSampledData", "SampledData", "0..1", "s"},
		{"Extension.valueBase64Binary", "base64Binary", "0..1", ""},
		{"EvidenceVariable.characteristic.definitionCanonical", "canonical", "1..1", "s"},
		// backbone types and content references
		{"Patient.contact", "BackboneElement", "0..*", ""},
		{"Bundle.entry", "BackboneElement", "0..*", "s"},
		{"Bundle.entry.resource", "Resource", "0..1", "s"},
		{"Bundle.entry.response.outcome", "Resource", "0..1", "s"},
		{"Bundle.entry.link", "BackboneElement", "0..*", "s"},
		{"Bundle.entry.link.relation", "string", "1..1", "s"},
		{"Questionnaire.item.item.item.linkId", "string", "1..1", ""},
		{"Observation.component.referenceRange.appliesTo", "CodeableConcept", "0..*", ""},
		{"ValueSet.expansion.contains.contains.code", "code", "0..1", ""},
		{"Timing.repeat", "Element", "0..1", "s"},
		{"Timing.repeat.boundsDuration", "Duration", "0..1", "s"},
		{"ElementDefinition.type.code", "uri", "1..1", "s"},
		{"Parameters.parameter.part.part.valueHumanName", "HumanName", "0..1", "s"},
		{"Parameters.parameter.resource", "Resource", "0..1", "s"},
		{"Extension.url", "uri", "1..1", ""},
	} {
		el, typ := find(t, c.path)
		upper := "*"
		if el.Max >= 0 {
			upper = fmt.Sprint(el.Max)
		}
		flags := ""
		if el.Summary {
			flags += "s"
		}
		if el.Modifier {
			flags += "m"
		}
		if card := fmt.Sprintf("%d..%s", el.Min, upper); typ != c.typ || card != c.card || flags != c.flags {
			t.Errorf("%s is %s %s %q, want %s %s %q", c.path, typ, card, flags, c.typ, c.card, c.flags)
		}
	}
}

func TestUnknownElements(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"Patient", ""}, {"Patient", "resourceType"}, {"Patient", "Name"}, {"Patient", "_birthDate"}, {"Patient", "deceased"},
		{"Patient", "deceased[x]"}, {"Patient", "deceasedString"}, {"Observation", "value"}, {"Observation", "valuequantity"},
		{"Observation", "valueMoney"}, {"Bundle", "text"}, {"Binary", "extension"}, {"string", "value"}, {"HumanName", "modifierExtension"},
		{"Meta", "project"}, {"Meta", "account"}, {"Binary", "url"}, {"ResearchStudy", "recruitment"}, // additions of the package
	} {
		if el, typ := spec.R4().Type(c[0]).Element(c[1]); el != nil || typ != "" {
			t.Errorf("%s has an element %q of type %q", c[0], c[1], typ)
		}
	}
}

func TestElementOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, el := range spec.R4().Type("Bundle").Elements {
		names = append(names, el.Name)
	}
	want := "id meta implicitRules language identifier type timestamp total link entry signature"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("Bundle has %s, want %s", got, want)
	}
}

// TestContentReferences proves that a reference shares the type it points at,
// also when that is an ancestor.
func TestContentReferences(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{
		"Bundle.entry.link":                             "Bundle.link",
		"Questionnaire.item.item":                       "Questionnaire.item",
		"QuestionnaireResponse.item.answer.item":        "QuestionnaireResponse.item",
		"Observation.component.referenceRange":          "Observation.referenceRange",
		"ValueSet.compose.exclude":                      "ValueSet.compose.include",
		"Parameters.parameter.part":                     "Parameters.parameter",
		"ValueSet.expansion.contains.designation":       "ValueSet.compose.include.concept.designation",
		"ClaimResponse.addItem.adjudication":            "ClaimResponse.item.adjudication",
		"SubstanceSpecification.molecularWeight":        "SubstanceSpecification.structure.isotope.molecularWeight",
		"MedicinalProductIngredient.substance.strength": "MedicinalProductIngredient.specifiedSubstance.strength",
	} {
		a, _ := find(t, from)
		b, _ := find(t, to)
		if a.Content == nil || a.Content != b.Content || a.Content.Name != to || a.Content.Kind != spec.Backbone {
			t.Errorf("%s does not share the content of %s", from, to)
		}
	}
}

func TestExtensionValueHasAllTypes(t *testing.T) {
	t.Parallel()
	el, _ := find(t, "Extension.valueString")
	if !el.Choice || el.Name != "value" {
		t.Fatalf("Extension.value[x] is %+v", el)
	}
	var got []string
	for _, r := range el.Types {
		got = append(got, r.Code)
	}
	slices.Sort(got)
	want := strings.Fields(`Address Age Annotation Attachment CodeableConcept Coding ContactDetail ContactPoint Contributor Count
		DataRequirement Distance Dosage Duration Expression HumanName Identifier Meta Money ParameterDefinition Period Quantity
		Range Ratio Reference RelatedArtifact SampledData Signature Timing TriggerDefinition UsageContext base64Binary boolean
		canonical code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt uri url uuid`)
	if !slices.Equal(got, want) {
		t.Errorf("Extension.value[x] may be %v", got)
	}
}

func TestTargetsProfilesAndBindings(t *testing.T) {
	t.Parallel()
	subject, _ := find(t, "Observation.subject")
	if got, want := subject.Types[0].Targets, []string{"Patient", "Group", "Device", "Location"}; !slices.Equal(got, want) {
		t.Errorf("Observation.subject points at %v, want %v", got, want)
	}
	if !subject.Types[0].Allows("Device") || subject.Types[0].Allows("Practitioner") {
		t.Error("Observation.subject allows the wrong targets")
	}
	focus, _ := find(t, "Observation.focus")
	if got := focus.Types[0].Targets; !slices.Equal(got, []string{"Resource"}) || !focus.Types[0].Allows("Binary") {
		t.Errorf("Observation.focus points at %v, want Resource", got)
	}
	value, _ := find(t, "Extension.valueReference")
	i := slices.IndexFunc(value.Types, func(r spec.TypeRef) bool { return r.Code == "Reference" })
	if r := value.Types[i]; r.Targets != nil || !r.Allows("Binary") {
		t.Errorf("Extension.valueReference points at %v, want anything", r.Targets)
	}
	low, _ := find(t, "Range.low")
	if r := low.Types[0]; r.Code != "Quantity" || r.Profile != "SimpleQuantity" {
		t.Errorf("Range.low is %+v", r)
	}
	observer, _ := find(t, "AuditEvent.source.observer")
	if slices.Contains(observer.Types[0].Targets, "Subscription") || slices.Contains(observer.Types[0].Targets, "Bot") {
		t.Errorf("AuditEvent.source.observer points at %v", observer.Types[0].Targets)
	}
	for path, want := range map[string]spec.Binding{
		"Patient.gender":       {Strength: "required", ValueSet: "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"},
		"Observation.code":     {Strength: "example", ValueSet: "http://hl7.org/fhir/ValueSet/observation-codes"},
		"Observation.category": {Strength: "preferred", ValueSet: "http://hl7.org/fhir/ValueSet/observation-category"},
		"DetectedIssue.status": {Strength: "required", ValueSet: "http://hl7.org/fhir/ValueSet/observation-status|4.0.1"},
	} {
		if el, _ := find(t, path); el.Binding == nil || *el.Binding != want {
			t.Errorf("%s is bound to %+v, want %+v", path, el.Binding, want)
		}
	}
	if name, _ := find(t, "Patient.name"); name.Binding != nil {
		t.Errorf("Patient.name is bound to %+v", name.Binding)
	}
}

func TestElementDoesNotAllocate(t *testing.T) {
	d := spec.R4() // not parallel: AllocsPerRun counts everybody's
	names := []string{"valueQuantity", "component", "id", "nothing"}
	if n := testing.AllocsPerRun(100, func() {
		typ := d.Type("Observation")
		for _, name := range names {
			typ.Element(name)
		}
		d.IsResource("Observation")
		d.SearchParam("Observation", "code")
		d.Compartment("Patient").Params("Observation")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkElement(b *testing.B) {
	typ := spec.R4().Type("Observation")
	for b.Loop() {
		typ.Element("valueQuantity")
	}
}
