package search_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/webdoctor/webdoctor/fhir"
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

// render writes values as the tables below do.
func render(v search.Values) string {
	var out []string
	for _, t := range v.Tokens {
		out = append(out, t.Param+" token "+t.System+"|"+t.Code)
	}
	for _, r := range v.References {
		text := r.URL
		if r.ID != "" {
			text = r.Type + "/" + r.ID
		}
		if r.Version != "" {
			text += "|" + r.Version
		}
		if r.Code != "" {
			text += " identifier " + r.System + "|" + r.Code
		}
		out = append(out, r.Param+" reference "+text)
	}
	for _, u := range v.URIs {
		out = append(out, u.Param+" uri "+u.URI)
	}
	for _, s := range v.Strings {
		out = append(out, s.Param+" string "+s.Text)
	}
	for _, d := range v.Dates {
		end := func(t time.Time) string {
			if t.IsZero() {
				return "open"
			}
			return t.Format(time.RFC3339Nano)
		}
		out = append(out, d.Param+" date "+end(d.Low)+" "+end(d.High))
	}
	for _, q := range v.Quantities {
		out = append(out, strings.TrimSpace(q.Param+" quantity "+cmp.Or(q.Low, "open")+" "+cmp.Or(q.High, "open")+" "+q.System+"|"+q.Code+"|"+q.Unit))
	}
	for _, h := range v.Homes {
		out = append(out, "home "+h.Type+"/"+h.ID+" by "+h.Param)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func TestExtract(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	r.Base = "http://our.example/fhir"
	archive, err := txtar.ParseFile("testdata/extract.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		resource, values := archive.Files[i], archive.Files[i+1]
		if want, ok := strings.CutSuffix(resource.Name, ".json"); !ok || values.Name != want+".values" {
			t.Fatalf("%s is followed by %s", resource.Name, values.Name)
		}
		lines := strings.Split(strings.TrimSpace(string(values.Data)), "\n")
		slices.Sort(lines)
		if got, want := render(extract(t, r, string(resource.Data))), strings.Join(lines, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", resource.Name, got, want)
		}
	}
}

func TestExtractRefuses(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	for _, json := range []string{`{}`, `{"resourceType":"Nothing"}`, `{"resourceType":"Resource"}`, `[]`, `"Patient"`} {
		d, err := tree.Parse([]byte(json))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Extract(d); fhir.CodeOf(err) != fhir.Invalid {
			t.Errorf("%s: %v", json, err)
		}
	}
}

// TestReferences: what a parameter refers to is what Extract says of it.
func TestReferences(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	d, err := tree.Parse(observation)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Extract(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Params("Observation") {
		if p.Type != "reference" {
			continue
		}
		var want []search.Reference
		for _, source := range p.Sources() {
			for _, ref := range all.References {
				if ref.Param == source.Code && (p.Restricted() == "" || p.Restricted() == ref.Type) {
					ref.Param = p.Code
					want = append(want, ref)
				}
			}
		}
		if got := p.References(d); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", p, got, want)
		}
	}
}

// FuzzExtract: no document makes the index fail, whatever stands where.
func FuzzExtract(f *testing.F) {
	r := search.NewRegistry(spec.R4())
	f.Add(string(observation))
	for _, s := range []string{
		`{"resourceType":"Patient","id":"1","name":["x",{"family":1,"given":"y"}],"birthDate":{"a":1},"deceasedBoolean":false}`,
		`{"resourceType":"Observation","valueQuantity":{"value":1e999},"effectiveTiming":{"event":"x","repeat":[]},"subject":"Patient/1"}`,
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","id":"1"}}]}`,
		`{"resourceType":"Bundle","entry":[]}`,
		`{"resourceType":"PlanDefinition","relatedArtifact":[{"type":"depends-on","resource":["a"]}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := tree.Parse([]byte(s))
		if err != nil {
			return
		}
		v, err := r.Extract(d)
		if err != nil && fhir.CodeOf(err) != fhir.Invalid {
			t.Fatal(err)
		}
		for _, h := range v.Homes {
			if !fhir.ValidID(h.ID) && h.Param != "" {
				t.Fatalf("home %v", h)
			}
		}
	})
}
