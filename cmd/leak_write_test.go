package cmd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

func jsonPatch(ops string) string {
	return "\nContent-Type: application/json-patch+json\n\n" + ops
}

// leakWrites are the cases that would change something.
func leakWrites() []leak {
	order := func(patient, requester string) string {
		return fmt.Sprintf(`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"X"},"subject":{"reference":"Patient/%s"},"requester":{"reference":"Practitioner/%s"}}`, patient, requester)
	}
	me := func(more string) string {
		return `{"resourceType":"Patient","id":"A","identifier":[{"system":"urn:mrn","value":"MRN-A"}],"name":[{"family":"Aaron"}],"birthDate":"1980-01-01","telecom":[{"system":"phone","value":"333"}],"managingOrganization":{"reference":"Organization/O1"}` + more + `}`
	}
	visit := func(patient, doctor, status string) string {
		return fmt.Sprintf(`{"resourceType":"Appointment","status":"%s","start":"2027-01-01T10:00:00Z","end":"2027-01-01T10:30:00Z","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"},{"actor":{"reference":"Practitioner/%s"},"status":"needs-action"}]}`, status, patient, doctor)
	}
	bundle := func(kind string, entries ...string) string {
		return `POST ` + "\n\n" + `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
	}
	own := `,"id":"A-own"`
	list := []leak{
		{id: "T14", as: "D1-STALE", ask: "POST MedicationRequest\n\n" + order("A", "D1"), status: 403, has: []string{"step_up_required"}},
		{id: "S07", as: "APP", ask: "POST Observation\n\n" + obsOf("A", ""), status: 403}, {id: "S07", as: "APP", ask: "PUT Observation/A-own\n\n" + obsOf("A", own), status: 403}, {id: "S07", as: "APP", ask: "DELETE Observation/A-own", status: 403},
		{id: "S07", as: "APP", ask: "PATCH Observation/A-own" + jsonPatch(`[{"op":"replace","path":"/status","value":"amended"}]`), status: 403},
		{id: "S08", as: "APP-U", ask: "PUT Observation/§\n\n" + obsOf("A", `,"id":"§"`), status: 404, there: "B-vital"},
		{id: "S11", as: "APP", ask: bundle("transaction", `{"request":{"method":"GET","url":"Observation/A-vital"}}`, `{"resource":`+obsOf("A", "")+`,"request":{"method":"POST","url":"Observation"}}`), status: 403},
		{id: "W01", as: "PA", ask: "POST Observation\n\n" + obsOf("§", ""), status: 403, there: "B"}, {id: "W01", as: "PA", ask: "POST Observation\n\n" + fmt.Sprintf(newObs, ""), status: 403, has: []string{"outside of what you may write"}}, {id: "W01", as: "PA", ask: "POST Observation\n\n" + obsOf("A", ""), status: 201},
		{id: "W02", as: "PA", ask: "PUT Observation/A-own\n\n" + obsOf("§", own), status: 403, there: "B"}, {id: "W02", as: "PA", ask: "GET Observation/A-own", status: 200, has: []string{"Patient/A"}, not: []string{"amended"}},
		{id: "W03", as: "PA", ask: "PATCH Observation/A-own" + jsonPatch(`[{"op":"replace","path":"/subject/reference","value":"Patient/§"}]`), status: 403, there: "B"},
		{id: "W03", as: "PA", ask: "PATCH Observation/A-own" + jsonPatch(`[{"op":"add","path":"/meta/security","value":[{"code":"R"}]}]`), status: 403}, {id: "W03", as: "PA", ask: "PATCH Patient/A" + jsonPatch(`[{"op":"add","path":"/link","value":[{"other":{"reference":"Patient/B"},"type":"seealso"}]}]`), status: 403},
		{id: "W04", as: "PA", ask: "PUT Observation/§\n\n" + obsOf("A", `,"id":"§"`), status: 404, there: "B-vital"}, {id: "W04", as: "PA", ask: "PATCH Observation/§" + jsonPatch(`[{"op":"replace","path":"/status","value":"amended"}]`), status: 404, there: "B-vital"}, {id: "W04", as: "PA", ask: "DELETE Observation/§", status: 403, there: "B-vital"},
		{id: "W04", as: "D1", ask: "PUT Observation/§\n\n" + obsOf("A", `,"id":"§"`), status: 404, there: "B-vital"},
		{id: "H06", as: "PA", ask: "PUT Observation/§\nIf-Match: W/\"1\"\n\n" + obsOf("A", `,"id":"§"`), status: 404, there: "B-vital"}, {id: "H06", as: "PA", ask: "PUT Observation/§\nIf-Match: W/\"7\"\n\n" + obsOf("A", `,"id":"§"`), status: 404, there: "B-vital"},
		{id: "W05", as: "PA", ask: "POST Observation\nIf-None-Exist: identifier=urn:obs|B-vital\n\n" + obsOf("A", ""), status: 201, not: []string{"B-vital"}}, {id: "W05", as: "PA", ask: "POST Observation\nIf-None-Exist: identifier=urn:obs|A-lab\n\n" + obsOf("A", ""), status: 200},
		{id: "W06", as: "PA", ask: "PATCH Observation?identifier=urn:obs|§" + jsonPatch(`[{"op":"replace","path":"/status","value":"amended"}]`), status: 404, there: "B-vital"}, {id: "W06", as: "PA", ask: "PUT Observation?identifier=urn:obs|B-vital\n\n" + obsOf("A", ""), status: 201},
		{id: "W07", as: "PA", ask: "POST Observation\n\n" + obsOf("A", `,"focus":[{"reference":"Patient/§"}]`), status: 422, there: "B"},
		{id: "W08", as: "PA", ask: "POST Binary\n\n" + `{"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="}`, status: 403}, {id: "W08", as: "PA", ask: "POST Binary\n\n" + `{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"Patient/§"},"data":"aGVsbG8="}`, status: 403, there: "B"},
		{id: "W08", as: "PA", ask: "POST Binary\n\n" + `{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"Patient/A"},"data":"aGVsbG8="}`, status: 201},
		{id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + me(""), status: 200}, {id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + me(`,"generalPractitioner":[{"reference":"Practitioner/D0"}]`), status: 403}, {id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + me(`,"link":[{"other":{"reference":"Patient/B"},"type":"seealso"}]`), status: 403},
		{id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + me(`,"active":false`), status: 403}, {id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + strings.Replace(me(""), "MRN-A", "MRN-B", 1), status: 403}, {id: "W09", as: "PA", ask: "PUT Patient/A\n\n" + strings.Replace(me(""), "O1", "O2", 1), status: 403},
		{id: "W11", as: "D1", ask: "POST MedicationRequest\n\n" + order("A", "D1"), status: 201}, {id: "W11", as: "D1", ask: "POST MedicationRequest\n\n" + order("§", "D1"), status: 403, there: "B"}, {id: "W11", as: "D1", ask: "POST MedicationRequest\n\n" + order("A", "D0"), status: 403},
		{id: "W12", as: "D1", ask: "PUT Practitioner/D1\n\n" + `{"resourceType":"Practitioner","id":"D1"}`, status: 403}, {id: "W12", as: "D1", ask: "POST PractitionerRole\n\n" + `{"resourceType":"PractitionerRole"}`, status: 403},
		{id: "W13", as: "D0", ask: "POST Appointment\n\n" + visit("§", "D0", "booked"), status: 403, there: "B"}, {id: "W13", as: "D0", ask: "POST CareTeam\n\n" + `{"resourceType":"CareTeam","status":"active","subject":{"reference":"Patient/B"},"participant":[{"member":{"reference":"Practitioner/D0"}}]}`, status: 403},
		{id: "W13", as: "D0", ask: "POST Encounter\n\n" + `{"resourceType":"Encounter","status":"in-progress","class":{"code":"AMB"},"subject":{"reference":"Patient/B"},"participant":[{"individual":{"reference":"Practitioner/D0"}}]}`, status: 403}, {id: "W13", as: "D0", ask: "GET Patient/§", status: 404, there: "B"},
		{id: "W14", as: "PX", ask: "PUT Patient/A\n\n" + me(""), status: 403},
		{id: "W15", as: "PA", ask: "POST Appointment\n\n" + visit("§", "D1", "booked"), status: 403, there: "B"}, {id: "W15", as: "PA", ask: "POST Appointment\n\n" + visit("A", "D1", "fulfilled"), status: 403}, {id: "W15", as: "PA", ask: "POST Appointment\n\n" + visit("A", "D2", "proposed"), status: 201},
		{id: "C06", as: "PA", ask: "PATCH Appointment/AB" + jsonPatch(`[{"op":"test","path":"/participant/0/actor/reference","value":"Patient/B"}]`), status: 403}, {id: "C06", as: "PA", ask: "PATCH Appointment/AB" + jsonPatch(`[{"op":"test","path":"/participant/0/actor/reference","value":"Patient/X"}]`), status: 403},
		{id: "W17", as: "D0", ask: bundle("transaction", `{"resource":`+visit("B", "D0", "booked")+`,"request":{"method":"POST","url":"Appointment"}}`, `{"request":{"method":"GET","url":"Patient/B"}}`), status: 403},
		{id: "W18", as: "PA", ask: bundle("transaction", `{"resource":`+strings.Replace(obsOf("A", ""), "Patient/A\"}]", "Patient?identifier=urn:mrn|§\"}]", 1)+`,"request":{"method":"POST","url":"Observation"}}`), status: 412, there: "MRN-B"},
		{id: "W19", as: "D1", ask: "DELETE DiagnosticReport/A", status: 403}, {id: "W19", as: "D1", ask: "PUT DiagnosticReport/A\n\n" + `{"resourceType":"DiagnosticReport","id":"A","status":"final","code":{"text":"other"},"subject":{"reference":"Patient/A"}}`, status: 403},
		{id: "W19", as: "D1", ask: "PUT DiagnosticReport/A\n\n" + `{"resourceType":"DiagnosticReport","id":"A","status":"amended","code":{"text":"other"},"subject":{"reference":"Patient/A"}}`, status: 200}, {id: "W19", as: "D1", ask: "DELETE AuditEvent/A", status: 403},
		{id: "STAFF", as: "STAFF", ask: "POST Patient\n\n" + `{"resourceType":"Patient","name":[{"family":"Walk-in"}]}`, status: 201}, {id: "STAFF", as: "STAFF", ask: "POST Observation\n\n" + obsOf("A", ""), status: 403},
	}
	for typ, body := range map[string]string{
		"Practitioner": "", "PractitionerRole": "", "Schedule": "", "Subscription": "", "AuditEvent": "", "Provenance": "",
		"CareTeam": `,"status":"active","subject":{"reference":"Patient/A"},"participant":[{"member":{"reference":"Practitioner/D0"}}]`,
		"Consent":  `,"status":"active","patient":{"reference":"Patient/A"}`,
	} {
		list = append(list, leak{id: "W10", as: "PA", ask: "POST " + typ + "\n\n" + `{"resourceType":"` + typ + `"` + body + `}`, status: 403})
	}
	return list
}

func TestLeaksWrites(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	for _, l := range leakWrites() {
		t.Run(l.id, func(t *testing.T) {
			c.now = c.now.Add(time.Second)
			l.run(t, c)
		})
	}
	// What somebody else's is stays as it was.
	for _, l := range []leak{
		{id: "W06", as: "OP", ask: "GET Observation/B-vital", status: 200, has: []string{`"versionId":"1"`}},
		{id: "W13", as: "D0", ask: "GET Patient?_summary=count", status: 200, has: []string{total(0)}},
	} {
		l.run(t, c)
	}
}

// TestCareRelations follows relations through their lives.
func TestCareRelations(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	read := func(who, what string, want int) {
		t.Helper()
		if status, _, body := as(who, "GET "+what).send(t, c.fenced); status != want {
			t.Errorf("%s reads %s: %d, not %d: %.300s", who, what, status, want, body)
		}
		// The count goes by the clock too, and no count from before is believed.
		typ, id, _ := strings.Cut(what, "/")
		n := 0
		if want == 200 {
			n = 1
		}
		if _, _, body := as(who, "GET "+typ+"?_summary=count&_id="+id).send(t, c.fenced); !strings.Contains(body, total(n)) {
			t.Errorf("%s counts %s: %.300s", who, what, body)
		}
	}
	commit := func(who, ask string, want int) {
		t.Helper()
		c.now = c.now.Add(time.Second)
		if status, _, body := as(who, ask).send(t, c.fenced); status != want {
			t.Fatalf("%s: %s: %d %s", who, ask, status, body)
		}
	}
	booked := func(status string, start time.Duration, patient, doctor string) string {
		at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format("2006-01-02T15:04:05Z") }
		return fmt.Sprintf(`{"resourceType":"Appointment","id":"N","status":"%s","start":"%s","end":"%s","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"},{"actor":{"reference":"Practitioner/%s"},"status":"accepted"}]}`, status, at(start), at(start+time.Hour), patient, doctor)
	}
	const day = 24 * time.Hour

	t.Log("C20 C21: an appointment opens the record around its time")
	read("D0", "Observation/A-vital", 404)
	put := func(body string) {
		t.Helper()
		c.now = c.now.Add(time.Second)
		if status, _, got := request("PUT Appointment/N\n\n"+body).send(t, c.open); status >= 300 {
			t.Fatalf("%d %s", status, got)
		}
	}
	put(booked("booked", 30*day, "A", "D0"))
	read("D0", "Observation/A-vital", 404)
	put(booked("booked", 2*day, "A", "D0"))
	read("D0", "Observation/A-vital", 200)
	read("D0", "Observation/A-psy", 404)
	put(booked("cancelled", 2*day, "A", "D0"))
	read("D0", "Observation/A-vital", 404)
	put(booked("fulfilled", -100*day, "A", "D0"))
	read("D0", "Observation/A-vital", 404)
	put(booked("fulfilled", -10*day, "A", "D0"))
	read("D0", "Observation/A-vital", 200)

	t.Log("W13: a doctor cannot make the own relation last longer, and may shorten it")
	commit("D0", "PUT Appointment/N\n\n"+booked("booked", 300*day, "A", "D0"), 200)
	list, err := c.relations.Of(t.Context(), refTo("Patient/A"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Holder == "Practitioner/D0" && r.Revoked == nil && r.Ends != nil && r.Ends.After(time.Now().Add(200*day)) {
			t.Errorf("a doctor made a relation last until %s", r.Ends)
		}
	}
	read("D0", "Observation/A-vital", 200)
	commit("D0", "PUT Appointment/N\n\n"+booked("booked", day, "B", "D0"), 403)
	commit("D0", "PUT Appointment/N\n\n"+booked("cancelled", day, "A", "D0"), 200)
	read("D0", "Observation/A-vital", 404)

	t.Log("a patient books, and opens no more than the own record")
	commit("PA", "POST Appointment\n\n"+strings.Replace(booked("booked", day, "A", "D0"), `"id":"N",`, "", 1), 201)
	read("D0", "Observation/A-vital", 200)
	read("D0", "Observation/B-vital", 404)

	t.Log("C20: a connection that is revoked, or ends")
	ends := func(last time.Duration) {
		if _, err := c.relations.Begin(t.Context(), refTo("Practitioner/DF"), refTo("Patient/B"), "connection", "", nil, last); err != nil {
			t.Fatal(err)
		}
	}
	ends(0)
	read("DF", "Observation/B-vital", 200)
	if ended, err := c.relations.End(t.Context(), refTo("Practitioner/DF"), refTo("Patient/B"), "connection"); err != nil || !ended {
		t.Fatal(ended, err)
	}
	read("DF", "Observation/B-vital", 404)
	ends(300 * time.Millisecond)
	read("DF", "Observation/B-vital", 200)
	time.Sleep(400 * time.Millisecond)
	read("DF", "Observation/B-vital", 404)

	t.Log("H07: a label that comes later hides old versions too")
	read("D1", "Observation/A-lab", 200)
	if status, _, body := request("PATCH Observation/A-lab"+jsonPatch(`[{"op":"add","path":"/meta/security","value":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}]`)).send(t, c.open); status != 200 {
		t.Fatal(body)
	}
	read("D1", "Observation/A-lab", 404)
	for _, l := range hiddenFrom("H07", "D1", "Observation/A-lab") {
		l.run(t, c)
	}
	request("DELETE Observation/A-lab").send(t, c.open)
	for _, l := range hiddenFrom("H07", "D1", "Observation/A-lab") {
		l.run(t, c)
	}
}

// TestBreakGlass is O13 and O14.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	people := cast()
	told := 0
	glass := &authz.Glass{Gate: c.gate, Begin: c.relations.Begin, Told: func(_ context.Context, _, _ fhir.Key, _ string, _ int64) { told++ }}
	attempt := func(who, patient, reason string) fhir.Code {
		_, err := glass.Break(authz.With(t.Context(), people[who]), refTo(patient), reason)
		return fhir.CodeOf(err)
	}
	for _, l := range hiddenFrom("O13", "D0", "Observation/B-vital", "Observation/A-psy") {
		l.run(t, c)
	}
	for _, x := range []struct {
		who, patient, reason string
		want                 fhir.Code
	}{
		{"D0", "Patient/B", " ", fhir.Unprocessable}, {"D1-STALE", "Patient/B", "unconscious", fhir.Forbidden}, {"DU", "Patient/B", "x", fhir.Forbidden}, {"PA", "Patient/B", "x", fhir.Forbidden},
		{"ANON", "Patient/B", "x", fhir.Unauthorized}, {"APPU", "Patient/B", "x", fhir.Forbidden}, {"D0", "Group/GAB", "x", fhir.Unprocessable}, {"D0", "Patient/nobody", "x", ""}, {"D0", "Patient/B", "unconscious", ""}, {"D0", "Patient/A", "unconscious", ""},
	} {
		if got := attempt(x.who, x.patient, x.reason); got != x.want {
			t.Errorf("%s breaks the glass of %s (%q): %q, not %q", x.who, x.patient, x.reason, got, x.want)
		}
	}
	if told != 3 {
		t.Errorf("told %d times", told)
	}
	for _, l := range []leak{
		{id: "O13", as: "D0", ask: "GET Observation/B-vital", status: 200}, {id: "O13", as: "D0", ask: "GET Observation/A-psy", status: 200},
		{id: "O14", as: "D0", ask: "GET Observation/§", status: 404, there: "A-therapy"}, {id: "O14", as: "D0", ask: "GET Observation?patient=A&_security=PSYTHPN&_summary=count", status: 200, has: []string{total(0)}},
	} {
		l.run(t, c)
	}
	if list, err := c.relations.From(t.Context(), authz.GlassSource, 10); err != nil || len(list) != 3 || list[0].Reason != "unconscious" || list[0].Ends.Sub(list[0].Starts) != 4*time.Hour {
		t.Errorf("for review: %+v %v", list, err)
	}
}

// TestConsents: what a consent denies is hidden, from whom it is denied.
func TestConsents(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	deny := func(provision string) {
		t.Helper()
		c.put(t, `Consent/C {"resourceType":"Consent","id":"C","status":"active","patient":{"reference":"Patient/A"},"provision":`+provision+`}`)
	}
	sees := func(who, what string, want bool) {
		t.Helper()
		status := 404
		if want {
			status = 200
		}
		leak{id: "O02", as: who, ask: "GET " + what, status: status}.run(t, c)
	}
	sees("D1", "Condition/A-hiv", true)
	deny(`{"type":"deny","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Condition"}]}`)
	sees("D1", "Condition/A-hiv", false)
	sees("D1", "Condition/A-hiv/_history/1", false)
	sees("D1", "Observation/A-vital", true)
	sees("PA", "Condition/A-hiv", true)
	deny(`{"type":"deny","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}],"provision":[{"type":"permit","actor":[{"role":{"text":"x"},"reference":{"reference":"Practitioner/D2"}}]}]}`)
	sees("D1", "Condition/A-hiv", false)
	sees("D1", "Observation/A-vital", true)
	if _, err := c.relations.Begin(t.Context(), refTo("Practitioner/D2"), refTo("Patient/A"), "connection", "", nil, 0); err != nil {
		t.Fatal(err)
	}
	sees("D2", "Condition/A-hiv", true)
	deny(`{"type":"deny","actor":[{"role":{"text":"x"},"reference":{"reference":"Practitioner/D1"}}]}`)
	sees("D1", "Patient/A", false)
	sees("D2", "Patient/A", true)
	deny(`{"type":"deny","period":{"end":"2020-01-01"}}`)
	sees("D1", "Patient/A", true)
	deny(`{"type":"deny"}`)
	sees("D1", "Patient/A", false)
	request("DELETE Consent/C").send(t, c.open)
	sees("D1", "Patient/A", true)
	t.Log("a consent that shares")
	sees("D0", "Patient/A", false)
	deny(`{"type":"permit","actor":[{"role":{"text":"x"},"reference":{"reference":"Practitioner/D0"}}]}`)
	sees("D0", "Patient/A", true)
}
