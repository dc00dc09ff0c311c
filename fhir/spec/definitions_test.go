package spec_test

import (
	"slices"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestCounts holds the size of R4. The resource list of the specification has
// 148 names; two of them, Resource and DomainResource, are abstract.
func TestCounts(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"resource types", len(d.ResourceTypes()), 146},
		{"search parameters", len(d.AllSearchParams()), 1375},
		{"compartments", len(d.Compartments()), 5},
		{"operations", len(d.Operations()), 46},
	} {
		if c.got != c.want {
			t.Errorf("%d %s, want %d", c.got, c.what, c.want)
		}
	}
	if !slices.IsSorted(d.ResourceTypes()) {
		t.Error("the resource types are not sorted")
	}
}

// TestResourceTypesAreTheCodesOfTheValueSet compares two independent lists of
// R4: the structures and the value set resource-types.
func TestResourceTypesAreTheCodesOfTheValueSet(t *testing.T) {
	t.Parallel()
	d := spec.R4()
	codes, ok := d.Codes("http://hl7.org/fhir/ValueSet/resource-types|4.0.1")
	if !ok {
		t.Fatal("resource-types has no codes")
	}
	for _, name := range append(slices.Clone(d.ResourceTypes()), "Resource", "DomainResource") {
		if !codes.Has("http://hl7.org/fhir/resource-types", name) {
			t.Errorf("%s is no resource type by the value set", name)
		}
	}
}

func TestIsResource(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Patient": true, "Binary": true, "Bundle": true, "Parameters": true, "OperationOutcome": true,
		"Resource": false, "DomainResource": false, "MetadataResource": false, "SubscriptionStatus": false,
		"HumanName": false, "string": false, "Bundle.entry": false, "patient": false, "": false,
	} {
		if got := spec.R4().IsResource(name); got != want {
			t.Errorf("IsResource(%q) = %v", name, got)
		}
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		kind     spec.Kind
		abstract bool
		base     string
	}{
		{"Patient", spec.Resource, false, "DomainResource"},
		{"Bundle", spec.Resource, false, "Resource"},
		{"DomainResource", spec.Resource, true, "Resource"},
		{"Resource", spec.Resource, true, ""},
		{"Element", spec.Complex, true, ""},
		{"BackboneElement", spec.Complex, true, "Element"},
		{"HumanName", spec.Complex, false, "Element"},
		{"Timing", spec.Complex, false, "BackboneElement"},
		{"Age", spec.Complex, false, "Quantity"},
		{"SimpleQuantity", spec.Complex, false, "Quantity"},
		{"string", spec.Primitive, false, "Element"},
		{"id", spec.Primitive, false, "string"},
		{"xhtml", spec.Primitive, false, "Element"},
	} {
		typ := spec.R4().Type(c.name)
		if typ == nil {
			t.Errorf("no type %s", c.name)
			continue
		}
		if typ.Name != c.name || typ.Kind != c.kind || typ.Abstract != c.abstract || typ.Base != c.base {
			t.Errorf("%s is %s, kind %s, abstract %v, base %q", c.name, typ.Name, typ.Kind, typ.Abstract, typ.Base)
		}
	}
	for _, name := range []string{"", "patient", "Bundle.entry", "MetadataResource", "http://hl7.org/fhirpath/System.String"} {
		if spec.R4().Type(name) != nil {
			t.Errorf("%q is a type", name)
		}
	}
}
