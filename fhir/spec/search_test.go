package spec_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestSearchParamsAreClosed proves that every parameter can be reached from
// each of its bases, and that what it names exists.
func TestSearchParamsAreClosed(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	byURL := map[string]*spec.SearchParam{}
	for _, p := range d.AllSearchParams() {
		byURL[p.URL] = p
	}
	if len(byURL) != len(d.AllSearchParams()) {
		t.Error("two search parameters share a URL")
	}
	for _, p := range d.AllSearchParams() {
		if len(p.Base) == 0 || p.Code == "" {
			t.Errorf("%s has base %v and code %q", p.URL, p.Base, p.Code)
		}
		for _, base := range p.Base {
			if typ := d.Type(base); typ == nil || typ.Kind != spec.Resource {
				t.Errorf("%s has the base %q", p.URL, base)
			}
			if d.SearchParam(base, p.Code) != p {
				t.Errorf("%s is not found at %s", p.URL, base)
			}
		}
		for _, target := range p.Targets {
			if !d.IsResource(target) {
				t.Errorf("%s points at %q", p.URL, target)
			}
		}
		if (p.Type == "composite") != (len(p.Components) > 1) {
			t.Errorf("%s is a %s of %d components", p.URL, p.Type, len(p.Components))
		}
		for _, c := range p.Components {
			if byURL[c.Definition] == nil || c.Expression == "" {
				t.Errorf("%s is composed of %+v", p.URL, c)
			}
		}
	}
}

func TestSearchParamsOfEveryType(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	for _, name := range d.ResourceTypes() {
		params := d.SearchParams(name)
		if !slices.IsSortedFunc(params, func(a, b *spec.SearchParam) int { return cmp.Compare(a.Code, b.Code) }) {
			t.Errorf("the parameters of %s are not sorted", name)
		}
		for i, p := range params {
			if i > 0 && p.Code == params[i-1].Code {
				t.Errorf("%s has two parameters %s", name, p.Code)
			}
		}
		for _, code := range []string{"_content", "_id", "_lastUpdated", "_profile", "_query", "_security", "_source", "_tag"} {
			if d.SearchParam(name, code) == nil {
				t.Errorf("%s has no %s", name, code)
			}
		}
		domain := d.Type(name).Base == "DomainResource"
		if (d.SearchParam(name, "_text") != nil) != domain {
			t.Errorf("%s of base %s: _text is %v", name, d.Type(name).Base, d.SearchParam(name, "_text"))
		}
	}
	if d.SearchParams("HumanName") != nil || d.SearchParam("Nothing", "_id") != nil || d.SearchParam("Patient", "subject") != nil {
		t.Error("something has parameters that it should not have")
	}
}

func TestSearchParam(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	birthdate := d.SearchParam("Patient", "birthdate")
	if birthdate.Type != "date" || birthdate.URL != "http://hl7.org/fhir/SearchParameter/individual-birthdate" ||
		!slices.Equal(birthdate.Base, []string{"Patient", "Person", "RelatedPerson"}) || !slices.Contains(birthdate.Comparators, "sa") ||
		!strings.Contains(birthdate.Expression, "RelatedPerson.birthDate") || !birthdate.MultipleOr || !birthdate.MultipleAnd ||
		birthdate.XPathUsage != "normal" {
		t.Errorf("Patient.birthdate is %+v", birthdate)
	}
	code := d.SearchParam("Observation", "code-value-quantity")
	want := []spec.Component{
		{Definition: "http://hl7.org/fhir/SearchParameter/clinical-code", Expression: "code"},
		{Definition: "http://hl7.org/fhir/SearchParameter/Observation-value-quantity", Expression: "value.ofType(Quantity)"},
	}
	if code.Type != "composite" || code.MultipleOr || !slices.Equal(code.Components, want) {
		t.Errorf("Observation.code-value-quantity is %+v", code)
	}
	if p := d.SearchParam("Observation", "patient"); !slices.Equal(p.Targets, []string{"Group", "Patient"}) {
		t.Errorf("Observation.patient points at %v", p.Targets)
	}
	if p := d.SearchParam("Location", "near"); p.Type != "special" || p.XPathUsage != "nearby" {
		t.Errorf("Location.near is %+v", p)
	}
	if p := d.SearchParam("Patient", "_query"); p.Expression != "" {
		t.Errorf("_query selects %q", p.Expression)
	}
}

// TestCompartments proves that membership can be decided: every parameter of
// a compartment is one that the member's type has, refers to something, and
// may refer to the compartment's type.
func TestCompartments(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	for _, c := range d.Compartments() {
		if !d.IsResource(c.Code) || d.Compartment(c.Code) != c || !c.Self(c.Code) || c.Self("Bundle") {
			t.Errorf("compartment %s is not itself", c.Code)
		}
		if len(c.Types()) == 0 {
			t.Errorf("compartment %s has no members", c.Code)
		}
		for _, member := range c.Types() {
			if !d.IsResource(member) || len(c.Params(member)) == 0 {
				t.Errorf("%s is a member of %s by %v", member, c.Code, c.Params(member))
			}
			for _, code := range c.Params(member) {
				if p := d.SearchParam(member, code); p == nil || p.Type != "reference" || !slices.Contains(p.Targets, c.Code) {
					t.Errorf("%s is a member of %s by %s: %+v", member, c.Code, code, p)
				}
			}
		}
	}
	patient := d.Compartment("Patient")
	for member, want := range map[string]string{
		"Observation": "subject performer", "Patient": "link", "Appointment": "actor", "Bundle": "", "Practitioner": "",
		"ImmunizationRecommendation": "patient", "AuditEvent": "patient",
	} {
		if got := strings.Join(patient.Params(member), " "); got != want {
			t.Errorf("%s is a member of Patient by %q, want %q", member, got, want)
		}
	}
	if got := d.Compartment("Encounter").Params("Encounter"); got != nil || d.Compartment("Observation") != nil {
		t.Errorf("{def} has become the parameter %v", got)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	byURL := map[string]*spec.Operation{}
	for _, o := range d.Operations() {
		byURL[o.URL] = o
		if !o.System && !o.Type && !o.Instance || len(o.Resource) == 0 || strings.HasPrefix(o.Code, "$") {
			t.Errorf("operation %+v", o)
		}
		for _, r := range o.Resource {
			if r != "Resource" && !d.IsResource(r) {
				t.Errorf("%s works on %q", o.URL, r)
			}
		}
	}
	everything := byURL["http://hl7.org/fhir/OperationDefinition/Patient-everything"]
	if everything == nil || everything.Code != "everything" || everything.System || !everything.Type || !everything.Instance ||
		!slices.Equal(everything.Resource, []string{"Patient"}) {
		t.Errorf("$everything is %+v", everything)
	}
}
