package search_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// observation is of the size that is usual: 2.4 KB.
var observation = []byte(`{"resourceType":"Observation","id":"blood-pressure","meta":{"versionId":"1","lastUpdated":"2024-05-01T10:00:00.000Z","profile":["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>Blood pressure</b>: 107/60 mm[Hg], left arm, sitting, taken by the nurse on duty in the morning before breakfast</p></div>"},
"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281"}],"basedOn":[{"identifier":{"system":"https://acme.org/identifiers","value":"1234"}}],"status":"final",
"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}],
"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel with all children optional"}],"text":"Blood pressure systolic & diastolic"},
"subject":{"reference":"Patient/0b3d5c2e-8a7f-4b1e-9c55-3d6a3f4f8e11","display":"Somebody"},"encounter":{"reference":"Encounter/f1c7b6a9-1d2e-4f3a-8b4c-5d6e7f8a9b0c"},"effectiveDateTime":"2024-05-01T09:58:00+02:00","issued":"2024-05-01T10:00:00.123Z",
"performer":[{"reference":"Practitioner/9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"}],
"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"L","display":"low"}],"text":"Below low normal"}],
"bodySite":{"coding":[{"system":"http://snomed.info/sct","code":"368209003","display":"Right arm"}]},
"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic blood pressure"},{"system":"http://snomed.info/sct","code":"271649006","display":"Systolic blood pressure"}]},
"valueQuantity":{"value":107,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N","display":"normal"}],"text":"Normal"}]},
{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic blood pressure"}]},
"valueQuantity":{"value":60.50,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"L","display":"low"}],"text":"Below low normal"}]}]}`)

func BenchmarkExtract(b *testing.B) {
	r := search.NewRegistry(spec.R4())
	d, err := tree.Parse(observation)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(observation)))
	for b.Loop() {
		if _, err := r.Extract(d); err != nil {
			b.Fatal(err)
		}
	}
}

func extract(t testing.TB, r *search.Registry, json string) search.Values {
	t.Helper()
	d, err := tree.Parse([]byte(strings.TrimSpace(json)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Extract(d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
