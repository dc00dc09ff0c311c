package spec_test

import (
	"slices"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

func TestHierarchy(t *testing.T) {
	t.Parallel()
	const issue, act, status = "http://hl7.org/fhir/issue-type", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/observation-status"
	for _, c := range []struct {
		name, system, code string
		below              bool
		want               []string
	}{
		{"one level", issue, "invalid", true, []string{"invalid", "invariant", "required", "structure", "value"}},
		{"a leaf", issue, "structure", true, []string{"structure"}},
		{"its parent", issue, "structure", false, []string{"invalid", "structure"}},
		{"two levels up", issue, "code-invalid", false, []string{"code-invalid", "processing"}},
		{"a root", issue, "invalid", false, []string{"invalid"}},
		{"children by property, or nested", status, "amended", true, []string{"amended", "corrected"}},
		{"no hierarchy", "http://hl7.org/fhir/administrative-gender", "male", true, []string{"male"}},
		{"two parents", act, "AMB", false, []string{"AMB", "_ActCareProvisionCode", "_ActEncounterCode"}},
	} {
		look := spec.R4().Above
		if c.below {
			look = spec.R4().Below
		}
		got, ok := look(c.system, c.code)
		slices.Sort(got)
		if !ok || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, ok, c.want)
		}
	}
	for name, c := range map[string][2]string{
		"unknown system": {"http://snomed.info/sct", "404684003"}, "unknown code": {issue, "nothing"}, "another case": {issue, "Invalid"}, "nothing": {"", ""},
	} {
		if _, ok := spec.R4().Below(c[0], c[1]); ok {
			t.Errorf("%s has something below it", name)
		}
		if _, ok := spec.R4().Above(c[0], c[1]); ok {
			t.Errorf("%s has something above it", name)
		}
	}
}

// TestHierarchyGoesBothWays: whatever is below a code has it above, and the
// members of a value set that takes all below a code are those.
func TestHierarchyGoesBothWays(t *testing.T) {
	t.Parallel()
	const system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	root := "_ActTaskCode"
	below, ok := spec.R4().Below(system, root)
	if !ok || len(below) < 5 {
		t.Fatalf("%v below %s", below, root)
	}
	set, _ := spec.R4().Codes("http://terminology.hl7.org/ValueSet/v3-ActTaskCode")
	members := 0
	for _, code := range set.All() {
		if members++; !slices.Contains(below, code) {
			t.Errorf("%s is a member, but not below", code)
		}
	}
	if members != len(below) {
		t.Errorf("%d members, %d below", members, len(below))
	}
	for _, code := range below {
		if above, _ := spec.R4().Above(system, code); !slices.Contains(above, root) {
			t.Errorf("%s has %v above", code, above)
		}
	}
}
