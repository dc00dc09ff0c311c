package rest_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"pgregory.net/rapid"
)

const tag = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

func TestSubset(t *testing.T) {
	t.Parallel()
	f := stored()
	put := func(id, src string) {
		if _, err := f.put(fhir.PUT, fhir.Key{Type: "Patient", ID: id}, []byte(src)); err != nil {
			t.Fatal(err)
		}
	}
	put("attached", `{"resourceType":"Patient","photo":[{"title":"x","data":"AAAA"}],"communication":[{"language":{"text":"t"},"preferred":true}],"deceasedBoolean":false,"active":true}`)
	if _, err := f.put(fhir.PUT, fhir.Key{Type: "DocumentReference", ID: "d"}, []byte(`{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"a/b","data":"AAAA","url":"u"}}]}`)); err != nil {
		t.Fatal(err)
	}
	app := serve(f)
	const head = `{"resourceType":"Patient","id":"p1","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00.005Z","tag":[` + tag + `]}`
	for _, c := range []struct{ name, url, want string }{
		{"all", "/Patient/p1?_summary=false", ""},
		{"true", "/Patient/p1?_summary=true", head + `,"identifier":[{"system":"urn:s","value":"1"}],"active":true,"name":[{"family":"Žluťoučký","given":["A"]}],"gender":"female","birthDate":"1980-02-29","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]},"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`},
		{"text", "/Patient/p1?_summary=text", head + `,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}`},
		{"data", "/Patient/p1?_summary=data", head + `,"identifier":[{"system":"urn:s","value":"1"}],"active":true,"name":[{"family":"Žluťoučký","given":["A"]}],"gender":"female","birthDate":"1980-02-29","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]},"contact":[{"name":{"family":"C"}}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`},
		{"elements", "/Patient/p1?_elements=name", head + `,"active":true,"name":[{"family":"Žluťoučký","given":["A"]}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`},
		{"primitive sibling", "/Patient/p1?_elements=birthDate,%20", head + `,"active":true,"birthDate":"1980-02-29","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]},"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`},
		{"nested name", "/Patient/p1?_elements=Patient.contact.name", head + `,"active":true,"contact":[{"name":{"family":"C"}}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}`},
		{"choice", "/Observation/o1?_elements=value", `{"resourceType":"Observation","id":"o1","meta":{"versionId":"2","lastUpdated":"2026-03-01T12:00:01.005Z","tag":[` + tag + `]},"status":"final","code":{"text":"t"},"valueQuantity":{"value":70.10,"unit":"kg"}}`},
		{"choice by name", "/Observation/o1?_elements=valueString", `{"resourceType":"Observation","id":"o1","meta":{"versionId":"2","lastUpdated":"2026-03-01T12:00:01.005Z","tag":[` + tag + `]},"status":"final","code":{"text":"t"}}`},
		{"inside data types", "/DocumentReference/d?_summary=true", `{"resourceType":"DocumentReference","id":"d","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00.005Z","tag":[` + tag + `]},"status":"current","content":[{"attachment":{"contentType":"a/b","url":"u"}}]}`},
		{"deceased", "/Patient/attached?_summary=true", `{"resourceType":"Patient","id":"attached","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00.005Z","tag":[` + tag + `]},"deceasedBoolean":false,"active":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, app, "GET", c.url, "").is(200)
			got.walk()
			if c.want == "" {
				if strings.Contains(got.body, "SUBSETTED") {
					t.Errorf("cut: %s", got.body)
				}
				return
			}
			if got.body != c.want {
				t.Errorf("got  %s\nwant %s", got.body, c.want)
			}
		})
	}
	got := ask(t, app, "GET", "/Observation?_elements=status", "").is(200)
	if !strings.Contains(got.body, "SUBSETTED") || strings.Contains(got.body, "valueQuantity") {
		t.Errorf("search: %s", got.body)
	}
	ask(t, app, "GET", "/Observation?_summary=some", "").is(400)
}

// TestSubsetOfIncluded: _elements is about matches, _summary about all.
func TestSubsetOfIncluded(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.page = page()
	f.page.Elements = []string{"status"}
	app := serve(f)
	if got := ask(t, app, "GET", "/Observation?_elements=status", "").is(200); strings.Count(got.body, "SUBSETTED") != 1 || !strings.Contains(got.body, `"gender"`) {
		t.Errorf("elements: %s", got.body)
	}
	f.page.Elements, f.page.Summary = nil, "text"
	if got := ask(t, app, "GET", "/Observation?_summary=text", "").is(200); strings.Count(got.body, "SUBSETTED") != 2 || strings.Contains(got.body, `"gender"`) {
		t.Errorf("summary: %s", got.body)
	}
}

func TestSubsettedTag(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, want string }{
		"no meta":        {`{"resourceType":"Patient","id":"1"}`, `{"resourceType":"Patient","meta":{"tag":[` + tag + `]},"id":"1"}`},
		"empty meta":     {`{"meta":{},"resourceType":"Patient"}`, `{"meta":{"tag":[` + tag + `]},"resourceType":"Patient"}`},
		"empty tags":     {`{"resourceType":"Patient","meta":{"tag":[]}}`, `{"resourceType":"Patient","meta":{"tag":[` + tag + `]}}`},
		"other tags":     {`{"resourceType":"Patient","meta":{"tag":[{"code":"a"} ] }}`, `{"resourceType":"Patient","meta":{"tag":[{"code":"a"} ,` + tag + `] }}`},
		"tagged before":  {`{"resourceType":"Patient","meta":{"tag":[` + tag + `]}}`, `{"resourceType":"Patient","meta":{"tag":[` + tag + `]}}`},
		"no meta, cut":   {`{"resourceType":"Patient","gender":"male"}`, `{"resourceType":"Patient","meta":{"tag":[` + tag + `]}}`},
		"cut before":     {"{ \"gender\" : \"male\" , \"resourceType\":\"Patient\",\n \"birthDate\":\"2000\" }", `{ "resourceType":"Patient","meta":{"tag":[` + tag + `]} }`},
		"cut in between": {`{"resourceType":"Patient","gender":"male","birthDate":"2000","name":[{"family":"f"}],"photo":[{"title":"x"}],"id":"1"}`, `{"resourceType":"Patient","meta":{"tag":[` + tag + `]},"name":[{"family":"f"}],"id":"1"}`},
	} {
		f := newFake()
		f.page = &fhir.Page{Match: []fhir.Resource{{Key: fhir.Key{Type: "Patient", ID: "1"}, JSON: []byte(c.src)}}, Elements: []string{"name"}}
		got := ask(t, serve(f), "GET", "/Patient", "").is(200)
		if !strings.Contains(got.body, `"resource":`+c.want+`,"search"`) {
			t.Errorf("%s: %s, want %s", name, got.body, c.want)
		}
	}
}

// TestSubsetKeepsJSON builds resources of random members and cuts them: what
// comes out is JSON, and the members that stay are the bytes they were.
func TestSubsetKeepsJSON(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, el := range spec.R4().Type("Patient").Elements {
		if !el.Choice && el.Name != "id" && el.Name != "meta" {
			names = append(names, el.Name)
		}
	}
	f := newFake()
	f.page = &fhir.Page{}
	app := serve(f)
	rapid.Check(t, func(rt *rapid.T) {
		members := rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(rt, "members")
		at := rapid.IntRange(0, len(members)).Draw(rt, "at")
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(rt, "space")
		want := rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(rt, "want")
		var parts []string
		for i, m := range members {
			if i == at {
				parts = append(parts, `"resourceType"`+space+`:"Patient"`)
			}
			parts = append(parts, `"`+m+`":`+space+`{"extension":[{"url":"`+m+`","valueDecimal":1.00}]}`)
		}
		if at == len(members) {
			parts = append(parts, `"resourceType":"Patient"`)
		}
		src := "{" + space + strings.Join(parts, space+","+space) + space + "}"
		f.page.Match = []fhir.Resource{{Key: fhir.Key{Type: "Patient", ID: "1"}, JSON: []byte(src)}}
		f.page.Elements, f.page.Summary = want, ""
		if len(want) == 0 {
			f.page.Summary = rapid.SampledFrom([]string{"true", "text", "data"}).Draw(rt, "summary")
		}
		got := ask(t, app, "GET", "/Patient", "").is(200)
		var b struct {
			Entry []struct{ Resource map[string]json.RawMessage }
		}
		if err := json.Unmarshal([]byte(got.body), &b); err != nil {
			rt.Fatalf("%v: %s from %s", err, got.body, src)
		}
		for _, m := range members {
			raw, kept := b.Entry[0].Resource[m]
			el, _ := spec.R4().Type("Patient").Element(m)
			wanted := el.Min > 0 || el.Modifier
			for _, w := range want {
				wanted = wanted || w == m
			}
			if len(want) > 0 && kept != wanted {
				rt.Fatalf("%s kept: %t, wanted: %t: %s", m, kept, wanted, got.body)
			}
			if kept && f.page.Summary != "true" && !bytes.Contains(raw, []byte("1.00")) {
				rt.Fatalf("%s was rewritten: %s", m, raw)
			}
		}
	})
}
