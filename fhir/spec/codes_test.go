package spec_test

import (
	"slices"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	const vs, tho = "http://hl7.org/fhir/ValueSet/", "http://terminology.hl7.org/"
	for _, c := range []struct {
		valueSet, system, code string
		want                   bool
	}{
		// a code system taken whole
		{vs + "administrative-gender", "http://hl7.org/fhir/administrative-gender", "male", true},
		{vs + "administrative-gender|4.0.1", "http://hl7.org/fhir/administrative-gender", "unknown", true},
		{vs + "administrative-gender", "http://hl7.org/fhir/administrative-gender", "Male", false},
		{vs + "administrative-gender", "http://hl7.org/fhir/administrative-gender", "", false},
		{vs + "administrative-gender", "http://hl7.org/fhir/observation-status", "male", false},
		// all levels of a hierarchy
		{vs + "issue-type", "http://hl7.org/fhir/issue-type", "invalid", true},
		{vs + "issue-type", "http://hl7.org/fhir/issue-type", "code-invalid", true},
		// listed concepts
		{vs + "bundle-type", "http://hl7.org/fhir/bundle-type", "transaction", true},
		{vs + "languages", "urn:ietf:bcp:47", "de-CH", true},
		{vs + "languages", "urn:ietf:bcp:47", "xx", false},
		// several systems
		{vs + "all-types", "http://hl7.org/fhir/resource-types", "Patient", true},
		{vs + "all-types", "http://hl7.org/fhir/data-types", "HumanName", true},
		{vs + "all-types", "http://hl7.org/fhir/abstract-types", "Any", true},
		{vs + "all-types", "http://hl7.org/fhir/data-types", "Patient", false},
		// is-a: the concept itself, its descendants, nothing beside them
		{tho + "ValueSet/v3-ActTaskCode", tho + "CodeSystem/v3-ActCode", "_ActTaskCode", true},
		{tho + "ValueSet/v3-ActTaskCode", tho + "CodeSystem/v3-ActCode", "CLINNOTEE", true},
		{tho + "ValueSet/v3-ActTaskCode", tho + "CodeSystem/v3-ActCode", "AMB", false},
		{tho + "ValueSet/v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "AMB", true},
		{tho + "ValueSet/v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "OPTIN", false},
		// exclusions
		{tho + "ValueSet/v3-ActEncounterCode", tho + "CodeSystem/v3-ActCode", "_ActEncounterCode", false},
		{vs + "patient-contactrelationship", tho + "CodeSystem/v2-0131", "N", true},
		{vs + "patient-contactrelationship", tho + "CodeSystem/v2-0131", "O", false},
	} {
		set, ok := spec.R4().Codes(c.valueSet)
		if !ok {
			t.Errorf("%s has no codes", c.valueSet)
			continue
		}
		if got := set.Has(c.system, c.code); got != c.want {
			t.Errorf("%s has %s#%s: %v", c.valueSet, c.system, c.code, got)
		}
		if c.want && !set.HasCode(c.code) {
			t.Errorf("%s has not %s of any system", c.valueSet, c.code)
		}
	}
	set, _ := spec.R4().Codes(vs + "all-types")
	if set.HasCode("patient") || set.HasCode("") {
		t.Error("all-types has a code that is none")
	}
}

func TestCodesThatCannotBeEnumerated(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "http://example.org/vs", "http://hl7.org/fhir/ValueSet/administrative-gender|5.0.0",
		"http://hl7.org/fhir/ValueSet/observation-codes", // all of LOINC
		"http://hl7.org/fhir/ValueSet/condition-code",    // a part of SNOMED CT
		"http://hl7.org/fhir/ValueSet/mimetypes",         // a grammar
	} {
		if _, ok := spec.R4().Codes(url); ok {
			t.Errorf("%q has codes", url)
		}
	}
}

// TestRequiredBindings holds which required bindings can be checked from the
// definitions alone: all but those to grammars and foreign code systems.
func TestRequiredBindings(t *testing.T) {
	t.Parallel()
	var missing []string
	everyType(func(typ *spec.Type) {
		for _, el := range typ.Elements {
			if el.Binding == nil || el.Binding.Strength != "required" {
				continue
			}
			if _, ok := spec.R4().Codes(el.Binding.ValueSet); !ok && !slices.Contains(missing, el.Binding.ValueSet) {
				missing = append(missing, el.Binding.ValueSet)
			}
		}
	})
	slices.Sort(missing)
	want := []string{
		"http://hl7.org/fhir/ValueSet/currencies|4.0.1",
		"http://hl7.org/fhir/ValueSet/mimetypes|4.0.1",
		"http://hl7.org/fhir/ValueSet/ucum-units|4.0.1",
		"http://loinc.org/vs/LL379-9|4.0.1",
	}
	if !slices.Equal(missing, want) {
		t.Errorf("cannot be checked: %v", missing)
	}
}
