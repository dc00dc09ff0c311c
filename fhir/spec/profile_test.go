package spec_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestProfiles reads what R4 constrains itself.
func TestProfiles(t *testing.T) {
	t.Parallel()
	const base = "http://hl7.org/fhir/StructureDefinition/"
	text, ok := spec.R4().Profile(base + "vitalsigns")
	if !ok {
		t.Fatal("there is no profile of vital signs")
	}
	var p struct {
		ResourceType, URL, Type, BaseDefinition string
		Differential                            struct{ Element []struct{ ID, Path string } }
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	if p.ResourceType != "StructureDefinition" || p.Type != "Observation" || p.BaseDefinition != base+"Observation" || len(p.Differential.Element) < 15 {
		t.Errorf("%+v", p)
	}
	for _, prose := range []string{"short", "definition\"", "comment", "mapping", "human"} {
		if strings.Contains(text, `"`+prose) {
			t.Errorf("it has %s", prose)
		}
	}
	if _, ok := spec.R4().Profile("http://example.org/none"); ok {
		t.Error("there is one that nobody defines")
	}
}

// TestInvariants holds that the rules of R4 are there, and where they belong.
func TestInvariants(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	if n := len(d.Invariants()); n < 230 {
		t.Errorf("only %d invariants", n)
	}
	has := func(list []*spec.Invariant, key string) bool {
		for _, inv := range list {
			if inv.Key == key && inv.Expression != "" && inv.Severity != "" {
				return true
			}
		}
		return false
	}
	observation := d.Type("Observation")
	ranges, _ := observation.Element("referenceRange")
	value, _ := observation.Element("status")
	if !has(observation.Invariants, "obs-6") || !has(observation.Invariants, "dom-3") || !has(ranges.Invariants, "obs-3") || len(value.Invariants) > 0 || !has(d.Type("Period").Invariants, "per-1") {
		t.Error("an invariant is not where it belongs")
	}
}

// TestExtensions holds what is known of the extensions of R4.
func TestExtensions(t *testing.T) {
	t.Parallel()
	x := spec.R4().Extension("http://hl7.org/fhir/StructureDefinition/patient-nationality")
	if x == nil || len(x.Types) != 0 || len(x.Nested) != 2 || x.Nested[0].URL != "code" || x.Nested[0].Types[0].Code != "CodeableConcept" || x.Contexts[0].Path != "Patient" {
		t.Errorf("%+v", x)
	}
	if x := spec.R4().Extension("http://hl7.org/fhir/StructureDefinition/patient-birthPlace"); x == nil || x.Types[0].Code != "Address" {
		t.Errorf("%+v", x)
	}
	if spec.R4().Extension("http://example.org/none") != nil {
		t.Error("there is one that nobody defines")
	}
}
