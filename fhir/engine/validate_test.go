package engine_test

import (
	"fmt"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// TestUnknownProfiles: a profile that a resource claims and that is not stored
// is a warning or an error, as the server is told.
func TestUnknownProfiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unknown bool
		want    string
	}{{false, "warning"}, {true, "error"}} {
		e := newEngine(t)
		e.Validator, e.Unknown = validate.New(spec.R4()), c.unknown
		op := fhir.Operation{Name: "validate", Method: fhir.POST, Key: fhir.Key{Type: "Patient"}, JSON: []byte(
			`{"resourceType":"Patient","meta":{"profile":["http://example.org/none"]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}`)}
		r, err := e.Operate(t.Context(), op)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Issues) != 1 || r.Issues[0].Code != fhir.NotFound || r.Issues[0].Severity != c.want {
			t.Errorf("%v: got %+v, want one not-found of severity %s", c.unknown, r.Issues, c.want)
		}
	}
}

// TestValidate asks $validate in all its forms.
func TestValidate(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.Validator = validate.New(spec.R4())
	e.Validation = engine.Strict
	const good = `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}`
	if _, err := e.Commit(t.Context(), put(`{"resourceType":"Patient","id":"p"}`)); err != nil {
		t.Fatal(err)
	}
	within := func(more string) string {
		return `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":` + good + `}` + more + `]}`
	}
	for _, c := range []struct{ name, typ, id, query, body, want string }{
		{"bare", "Patient", "", "", good, "information informational  0:0"},
		{"bare, for the system", "", "", "", good, "information informational  0:0"},
		{"wrapped", "Patient", "", "", within(""), "information informational  0:0"},
		{"wrapped, to create", "Patient", "", "", within(`,{"name":"mode","valueCode":"create"}`), "information informational  0:0"},
		{"wrapped, to update", "Patient", "", "", within(`,{"name":"mode","valueCode":"update"}`), "error required Patient.id 1:73"},
		{"to update another", "Patient", "p", "mode=update", `{"resourceType":"Patient","id":"q",` + good[len(`{"resourceType":"Patient",`):], "error invalid Patient.id 1:1"},
		{"another type", "Observation", "", "", good, "error invalid $this.resourceType 1:1"},
		{"wrong", "Patient", "", "", "{\"resourceType\":\"Patient\",\n \"text\":{\"status\":\"generated\",\"div\":\"<div xmlns='http://www.w3.org/1999/xhtml'>x</div>\"},\"gender\":\"x\"}", "error code-invalid Patient.gender 2:90"},
		{"no JSON", "Patient", "", "", `{"resourceType":"Patient"`, "fatal structure Patient.resourceType 1:26"},
		{"Parameters to be judged", "Parameters", "", "", `{"resourceType":"Parameters","parameter":[{"name":"a","valueBoolean":"x"}]}`, "error structure Parameters.parameter[0].value.ofType(boolean) 1:55"},
		{"nothing", "Patient", "", "", `{"resourceType":"Parameters"}`, "invalid"},
		{"nothing, to be created", "Patient", "", "", `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"}]}`, "invalid"},
		{"the stored one", "Patient", "p", "mode=profile", "", "warning invariant Patient 1:1"},
		{"the stored one, without a mode", "Patient", "p", "", "", "invalid"},
		{"to delete", "Patient", "p", "", `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"delete"}]}`, "information informational  0:0"},
		{"to delete nobody", "Patient", "q", "mode=delete", "", "not-found"},
		{"a profile of R4", "Observation", "", "profile=http://hl7.org/fhir/StructureDefinition/vitalsigns", `{"resourceType":"Observation","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"status":"final","code":{"text":"x"},"valueString":"x","subject":{"reference":"Patient/p"},"effectiveDateTime":"2020-01-01"}`, "error required Observation.category 1:1"},
		{"a profile that is not there", "Patient", "", "profile=http://example.org/none", good, "error not-found Patient 1:1"},
		{"unknown mode", "Patient", "", "mode=x", good, "value"},
		{"unknown parameter", "Patient", "", "x=y", good, "not-supported"},
		{"unknown parameter in the body", "Patient", "", "", within(`,{"name":"x","valueCode":"y"}`), "not-supported"},
	} {
		op := fhir.Operation{Name: "validate", Method: fhir.POST, Key: fhir.Key{Type: c.typ, ID: c.id}, Query: c.query}
		if c.body != "" {
			op.JSON = []byte(c.body)
		}
		got := ""
		if r, err := e.Operate(t.Context(), op); err != nil {
			got = string(fhir.CodeOf(err))
		} else if is := r.Issues[0]; true {
			got = fmt.Sprintf("%s %s %s %d:%d", is.Severity, is.Code, is.Expression, is.Line, is.Col)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
