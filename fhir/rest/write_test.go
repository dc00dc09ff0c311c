package rest_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

const fhirJSON = "application/fhir+json"

func TestCreate(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f)
	got := ask(t, app, "POST", "/Patient", `{"resourceType":"Patient","active":true}`, "Content-Type", fhirJSON).is(201).has(
		"Location", base+"/Patient/1/_history/1", "ETag", `W/"1"`, "Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT",
		"Content-Type", "application/fhir+json; charset=utf-8")
	if want := `{"resourceType":"Patient","id":"1","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00.005Z"},"active":true}`; got.body != want {
		t.Errorf("body %s", got.body)
	}
	if c := f.changes[0]; c.IfNoneExist != nil || c.Method != fhir.POST || c.Key.Type != "Patient" || c.Key.ID != "" || c.At != "" {
		t.Errorf("change %+v", c)
	}
}

func TestPrefer(t *testing.T) {
	t.Parallel()
	app := serve(newFake())
	body := `{"resourceType":"Patient"}`
	if got := ask(t, app, "POST", "/Patient", body, "Prefer", "return=minimal").is(201).has("Content-Type", "", "ETag", `W/"1"`); got.body != "" {
		t.Errorf("minimal: %s", got.body)
	}
	if got := ask(t, app, "POST", "/Patient", body, "Prefer", "return=representation").is(201); !strings.Contains(got.body, `"Patient"`) {
		t.Errorf("representation: %s", got.body)
	}
	got := ask(t, app, "POST", "/Patient", body, "Prefer", "return=OperationOutcome").is(201)
	if want := `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","diagnostics":"created Patient/3/_history/1"}]}`; got.body != want {
		t.Errorf("outcome: %s", got.body)
	}
	// Two headers, a parameter and a wish nobody knows.
	if got := ask(t, app, "POST", "/Patient", body, "Prefer", "handling=strict; respond-async", "Prefer", `foo, Return="minimal"`).is(201); got.body != "" {
		t.Errorf("second header: %s", got.body)
	}
	if got := ask(t, app, "POST", "/Patient", body, "Prefer", "return=everything").is(201); !strings.Contains(got.body, `"Patient"`) {
		t.Errorf("unknown wish: %s", got.body)
	}
	if got := ask(t, app, "DELETE", "/Patient/1", "", "Prefer", "return=OperationOutcome").is(200); !strings.Contains(got.body, "deleted Patient/1") {
		t.Errorf("delete: %s", got.body)
	}
}

func TestConditionsGoThrough(t *testing.T) {
	t.Parallel()
	f := stored()
	app := serve(f)
	last := func() fhir.Change { return f.changes[len(f.changes)-1] }

	ask(t, app, "POST", "/Patient", `{"resourceType":"Patient"}`, "If-None-Exist", "identifier=a|b&active=true").is(201)
	if c := last(); c.IfNoneExist == nil || *c.IfNoneExist != "identifier=a|b&active=true" {
		t.Errorf("If-None-Exist: %+v", c)
	}
	ask(t, app, "POST", "/Patient", `{"resourceType":"Patient"}`, "If-None-Exist", "Patient?identifier=a|b").is(201)
	if c := last(); c.IfNoneExist == nil || *c.IfNoneExist != "identifier=a|b" {
		t.Errorf("If-None-Exist as a URL: %+v", c)
	}
	ask(t, app, "POST", "/Patient", `{"resourceType":"Patient"}`, "If-None-Exist", "").is(201)
	if c := last(); c.IfNoneExist == nil || *c.IfNoneExist != "" {
		t.Errorf("empty If-None-Exist must not be lost: %+v", c)
	}
	ask(t, app, "PUT", "/Patient/p1", patient, "If-Match", `W/"1"`).is(200).has("ETag", `W/"2"`)
	if c := last(); c.IfMatch != `W/"1"` || c.Key.ID != "p1" || c.Method != fhir.PUT {
		t.Errorf("If-Match: %+v", c)
	}
	ask(t, app, "PUT", "/Patient/p9", patient, "If-None-Match", "*").is(201)
	if c := last(); c.IfNoneMatch != "*" {
		t.Errorf("If-None-Match: %+v", c)
	}
	ask(t, app, "PUT", "/Patient?identifier=urn:s|1&_format=json", patient).is(201)
	if c := last(); c.Query != "identifier=urn:s|1" || c.Key.ID != "" {
		t.Errorf("conditional update: %+v", c)
	}
	ask(t, app, "PATCH", "/Patient?identifier=1", `{"resourceType":"Patient"}`, "Content-Type", "application/json-patch+json; charset=utf-8").is(201)
	if c := last(); c.Query != "identifier=1" || c.ContentType != "application/json-patch+json" {
		t.Errorf("conditional patch: %+v", c)
	}
	ask(t, app, "PATCH", "/Patient/p1", patient, "Content-Type", "application/fhir+json", "If-Match", `W/"2"`).is(200)
	if c := last(); c.ContentType != "application/fhir+json" || c.IfMatch != `W/"2"` {
		t.Errorf("FHIRPath patch: %+v", c)
	}
	got := ask(t, app, "DELETE", "/Patient?identifier=1", "").is(204)
	if c := last(); c.Query != "identifier=1" || c.Method != fhir.DELETE || got.body != "" {
		t.Errorf("conditional delete: %+v", c)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	got := ask(t, app, "DELETE", "/Patient/p1", "").is(204).has("ETag", `W/"2"`, "Location", "", "Content-Type", "")
	if got.body != "" {
		t.Errorf("204 with %q", got.body)
	}
	ask(t, app, "DELETE", "/Patient/never", "").is(204).has("ETag", "")
	ask(t, app, "GET", "/Patient/p1", "").is(410)
}

func TestWritesThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f, small)
	for _, c := range []struct {
		method, url, body, ct string
		status                int
		code, expression      string
	}{
		{"PUT", "/Patient", patient, fhirJSON, 400, "required", ""},
		{"DELETE", "/Patient", "", "", 400, "required", ""},
		{"PATCH", "/Patient", "[]", "application/json-patch+json", 400, "required", ""},
		{"POST", "/Patient/p1", patient, fhirJSON, 405, "not-supported", ""},
		{"PUT", "/Patient/p1/_history/1", patient, fhirJSON, 405, "not-supported", ""},
		{"PUT", "/metadata", patient, fhirJSON, 405, "not-supported", ""},
		{"PUT", "/", patient, fhirJSON, 405, "not-supported", ""},
		{"GET", "/Patient/_search", "", "", 405, "not-supported", ""},
		{"TRACE", "/Patient", "", "", 405, "not-supported", ""},
		{"PATCH", "/Patient/p1", "x", "text/plain", 415, "not-supported", ""},
		{"PATCH", "/Patient/p1", "x", "", 415, "not-supported", ""},
		{"PATCH", "/Patient/p1", "x", "application/merge-patch+json", 415, "not-supported", ""},
		{"PATCH", "/Patient/p1", "x", "application/fhir+xml", 415, "not-supported", ""},
		{"POST", "/Patient/_search", "x", "text/plain", 415, "not-supported", ""},
		{"POST", "/Patient", strings.Repeat(" ", 3000), fhirJSON, 413, "too-long", ""},
		{"POST", "/Foobar", "{}", fhirJSON, 404, "not-found", ""},
		{"PUT", "/Patient/a_b", patient, fhirJSON, 400, "value", ""},
		{"POST", "", patient, fhirJSON, 400, "invalid", "resourceType"},
		{"POST", "", `{"resourceType":"Bundle"`, fhirJSON, 400, "structure", "Bundle.resourceType"},
		{"POST", "", `{"resourceType":"Bundle"}`, fhirJSON, 400, "required", "Bundle.type"},
		{"POST", "", `{"resourceType":"Bundle","type":"searchset"}`, fhirJSON, 422, "processing", "Bundle.type"},
		{"POST", "", `{"resourceType":"Bundle","type":"batch","entry":{}}`, fhirJSON, 400, "invalid", "Bundle.entry"},
		{"POST", "", `{"resourceType":"Bundle","type":"batch","entry":[{},{},{},{}]}`, fhirJSON, 413, "too-long", "Bundle.entry"},
		{"POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[{},{},{},{}]}`, fhirJSON, 413, "too-long", "Bundle.entry"},
	} {
		t.Run(c.method+c.url, func(t *testing.T) {
			var headers []string
			if c.ct != "" {
				headers = []string{"Content-Type", c.ct}
			}
			code, _, expression := ask(t, app, c.method, c.url, c.body, headers...).is(c.status).outcome()
			if code != c.code || expression != c.expression {
				t.Errorf("%s at %q, want %s at %q", code, expression, c.code, c.expression)
			}
		})
	}
	if len(f.changes) > 0 {
		t.Errorf("reached the service: %+v", f.changes)
	}
	ask(t, app, "POST", "/Patient/p1", patient).has("Allow", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")
	ask(t, app, "PATCH", "/Patient/p1", patient, "Content-Type", "text/plain").has("Accept-Patch", "application/json-patch+json, application/fhir+json")
}
