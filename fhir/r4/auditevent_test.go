package r4_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// deeds are those that the server itself records.
var deeds = strings.Fields(`create read vread update patch delete search-type search-system history-instance history-type history-system
	operation transaction login logout factor token credentials account policy consent break-glass erase export audit-log plugin else`)

// TestAuditEvent: whatever happens, the AuditEvent is valid R4, says who, whose
// and what, and keeps to what BALP asks of each pattern.
func TestAuditEvent(t *testing.T) {
	t.Parallel()
	v := validate.New(spec.R4())
	full := fhir.Event{ID: "0193", At: at, Actor: fhir.Actor{Reference: "Practitioner/3", Client: "app", OnBehalfOf: "Organization/1"},
		Request: fhir.Request{ID: "r1", Address: "10.0.0.1", Account: "a1", Token: "…x7", Purpose: "TREAT"},
		Type:    "Observation", Patient: fhir.Key{Type: "Patient", ID: "7"}, Entity: fhir.Key{Type: "Observation", ID: "o", Version: 2},
		Account: "a2", Detail: "staff", Query: "code=1&date=2", Reasons: []string{"care-team"}}
	events := map[string]fhir.Event{}
	for _, deed := range deeds {
		e := full
		e.Deed = deed
		events[deed] = e
		e = fhir.Event{ID: "0194", At: at, Deed: deed, Failure: fhir.Unauthorized}
		events[deed+" by a stranger"] = e
		e = full
		e.Deed, e.Patient, e.Actor.Reference, e.Name = deed, fhir.Key{}, "", "everything"
		events[deed+" by an account"] = e
	}
	for name, e := range events {
		text, err := r4.AuditEvent(e, "clinic.example", at)
		if err != nil {
			t.Fatal(err)
		}
		d, err := tree.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, issue := range v.Validate(d, validate.Options{}) {
			if issue.Severity == "error" || issue.Severity == "fatal" {
				t.Errorf("%s: %s %s", name, issue.Expression, issue.Message)
			}
		}
		has := func(what string) {
			t.Helper()
			if !strings.Contains(string(text), what) {
				t.Errorf("%s has no %s", name, what)
			}
		}
		if e.Failure != "" {
			has(`"outcome":"4","outcomeDesc":"login"`)
			continue
		}
		has(`"outcome":"0"`)
		has(`"altId":"a1"`)
		has(`"urn:webdoctor:policy:care-team"`)
		q := "Observation?code=1&date=2"
		if e.Deed == "operation" {
			q = "Observation/$" + e.Name + "?code=1&date=2"
		}
		has(base64.StdEncoding.EncodeToString([]byte(q)))
		if e.Patient.ID != "" {
			has(`{"reference":"Patient/7"}`)
			has(`{"reference":"Practitioner/3"}`)
			has(`{"reference":"Observation/o/_history/2"}`)
		}
	}
	read, err := r4.AuditEvent(events["read"], "clinic.example", at)
	if err != nil || !strings.Contains(string(read), "IHE.BasicAudit.PatientRead") {
		t.Errorf("%s %v", read, err)
	}
}
