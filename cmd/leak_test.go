package cmd

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leak is a case of the catalogue of leaks: who asks what, and what must come
// of it. A request that is written with § for an id is asked twice, about what
// is there and about what is not, and both answers have to be the same.
type leak struct {
	id, as string
	ask    string // lines as in request
	status int
	has    []string // what the body must hold, such as references of resources
	not    []string // what it must not
	there  string   // put for §
}

// as adds who asks to a request.
func as(who, ask string) request {
	head, body, found := strings.Cut(ask, "\n\n")
	head += "\n" + asHeader + ": " + who
	if !found {
		return request(head)
	}
	return request(head + "\n\n" + body)
}

const nothingThere = "nothing-is-there"

// ids in bodies, without which answers about two ids are compared.
func withoutID(body, id string) string {
	return cursors.ReplaceAllString(strings.ReplaceAll(body, "/"+id, "/§"), "_page=")
}

var compared = []string{"Etag", "Last-Modified", "Location", "Content-Type", "Cache-Control", "Www-Authenticate", "Retry-After", "Vary"}

func (l leak) run(t *testing.T, c *clinicTest) {
	send := func(ask string) (int, http.Header, string) { return as(l.as, ask).send(t, c.fenced) }
	status, header, body := send(strings.ReplaceAll(l.ask, "§", l.there))
	if status != l.status {
		t.Errorf("%s: %s\nanswered %d, not %d: %.600s", l.as, l.ask, status, l.status, body)
	}
	for _, has := range l.has {
		if !strings.Contains(body, has) {
			t.Errorf("%s: %s\n%s is missing in %.1500s", l.as, l.ask, has, body)
		}
	}
	for _, not := range l.not {
		if strings.Contains(body, not) {
			t.Errorf("%s: %s\n%s must not be in %.1500s", l.as, l.ask, not, body)
		}
	}
	if !strings.Contains(l.ask, "§") {
		return
	}
	status2, header2, body2 := send(strings.ReplaceAll(l.ask, "§", nothingThere))
	if status != status2 || withoutID(body, l.there) != withoutID(body2, nothingThere) {
		t.Errorf("%s: %s\n%s answers %d %.500s\nand what is missing %d %.500s", l.as, l.ask, l.there, status, body, status2, body2)
	}
	for _, h := range compared {
		if withoutID(header.Get(h), l.there) != withoutID(header2.Get(h), nothingThere) {
			t.Errorf("%s: %s\n%s: %q for %s and %q for what is missing", l.as, l.ask, h, header.Get(h), l.there, header2.Get(h))
		}
	}
}

// hiddenFrom are a read and all that is like it, of each reference.
func hiddenFrom(id, who string, refs ...string) (list []leak) {
	for _, ref := range refs {
		typ, rid, _ := strings.Cut(ref, "/")
		for _, ask := range []string{"GET " + typ + "/§", "HEAD " + typ + "/§", "GET " + typ + "/§/_history/1", "GET " + typ + "/§\nIf-None-Match: W/\"1\"", "GET " + typ + "/§\nIf-Modified-Since: Fri, 01 Jan 2027 00:00:00 GMT"} {
			status := 404
			list = append(list, leak{id: id, as: who, ask: ask, status: status, there: rid})
		}
	}
	return list
}

// refusedTo are a read and a search of each type.
func refusedTo(id, who string, types ...string) (list []leak) {
	for _, typ := range types {
		list = append(list, leak{id: id, as: who, ask: "GET " + typ + "/§", status: 403, there: "A"}, leak{id: id, as: who, ask: "GET " + typ, status: 403})
	}
	return list
}

func entryID(typ, id string) string { return `"fullUrl":"http://test/fhir/` + typ + "/" + id + `"` }

func entries(typ string, ids ...string) (list []string) {
	for _, id := range ids {
		list = append(list, entryID(typ, id))
	}
	return list
}

func total(n int) string { return fmt.Sprintf(`"total":%d`, n) }

const newObs = `{"resourceType":"Observation","status":"final","code":{"text":"new"},"performer":[{"reference":"Patient/A"}]%s}`

func obsOf(patient, more string) string {
	return fmt.Sprintf(newObs, fmt.Sprintf(`,"subject":{"reference":"Patient/%s"}`, patient)+more)
}

// reads are the cases of sections 2 to 5 that change nothing.
func leakReads() []leak {
	notB := []string{"B-vital", `Patient/B"`, "Smith", `Observation/F"`, `Observation/G"`}
	ofA := entries("Observation", "A-vital", "A-lab", "A-psy", "A-own", "H")
	list := []leak{
		{id: "T01", as: "ANON", ask: "GET Patient/§", status: 401, there: "A"},
		{id: "T02", as: "ANON", ask: "GET metadata", status: 200},
		{id: "T12", as: "DS", ask: "GET Observation/A-vital", status: 403}, {id: "T12", as: "DS", ask: "GET Observation", status: 403},
		{id: "T13", as: "DU", ask: "GET Patient", status: 403},
		{id: "S01", as: "APP", ask: "GET MedicationRequest?patient=A", status: 403},
		{id: "S02", as: "APP", ask: "GET Observation/§", status: 404, there: "A-lab"},
		{id: "S03", as: "APP", ask: "GET Observation?patient=A&_total=accurate", status: 200, has: append(entries("Observation", "A-vital"), total(1)), not: []string{"A-lab"}},
		{id: "S04", as: "APP", ask: "GET Observation?category=laboratory&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "S05", as: "APP", ask: "GET Patient?_id=A", status: 403}, {id: "S05", as: "APP", ask: "GET Patient/A", status: 200},
		{id: "S06", as: "APP", ask: "GET Patient/A/_history", status: 200}, {id: "S06", as: "APP", ask: "GET Patient/_history", status: 403},
		{id: "S09", as: "APP", ask: "POST Observation/_search\nContent-Type: application/x-www-form-urlencoded\n\npatient=A&_total=accurate", status: 200, has: []string{total(1)}, not: []string{"A-lab"}},
		{id: "S09", as: "APP", ask: "HEAD Observation/A-lab", status: 404}, {id: "S09", as: "APP", ask: "GET MedicationRequest/A\nX-HTTP-Method-Override: DELETE", status: 403},
		{id: "S10", as: "APP", ask: "POST \n\n" + `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"MedicationRequest/A"}},{"request":{"method":"GET","url":"Observation/A-vital"}}]}`, status: 200, has: []string{`"403`, `"200`}},
		{id: "S12", as: "APP-ODD", ask: "GET Observation", status: 403},
		{id: "S13", as: "APPU", ask: "GET Patient?name=x", status: 403}, {id: "S13", as: "APPU", ask: "GET Condition", status: 403},
		{id: "S14", as: "APP-ALL", ask: "GET AuditEvent", status: 403}, {id: "S14", as: "APP-ALL", ask: "GET Subscription", status: 403}, {id: "S14", as: "APP-ALL", ask: "GET Basic", status: 403}, {id: "S14", as: "APP-ALL", ask: "GET Observation?_total=accurate", status: 200, has: ofA},
		{id: "C02", as: "PA", ask: "GET Observation?_total=accurate", status: 200, has: append(slices.Clone(ofA), total(6)), not: append(notB, "A-secret")},
		{id: "C03", as: "PA", ask: "GET Observation?subject=Patient/B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "C03", as: "PA", ask: "GET Observation?patient=B&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "C03", as: "PA", ask: "GET Observation?patient=A,B&_total=accurate", status: 200, has: []string{total(6)}}, {id: "C03", as: "PA", ask: "GET Observation?subject:missing=false&_total=accurate", status: 200, has: []string{total(6)}},
		{id: "C04", as: "PA", ask: "GET Observation?focus=Patient/A&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "C06", as: "PA", ask: "GET Appointment/AB", status: 200, has: []string{"Patient/A", "Practitioner/D1", "SUBSETTED"}, not: []string{"Patient/B", "both of them"}},
		{id: "C06", as: "PA", ask: "GET Appointment", status: 200, has: entries("Appointment", "A1", "AB"), not: []string{"Patient/B", "both of them", "B1"}},
		{id: "C06", as: "PA", ask: "GET Appointment/AB/_history", status: 200, not: []string{"Patient/B", "both of them"}},
		{id: "C06", as: "PA", ask: "GET Appointment?actor=Patient/§", status: 400, there: "B"}, {id: "C06", as: "PA", ask: "GET Appointment?patient=§", status: 400, there: "B"}, {id: "C06", as: "PA", ask: "GET Appointment?patient=A&_total=accurate", status: 200, has: []string{total(2)}},
		{id: "C06", as: "PA", ask: "GET Appointment?practitioner=D1&_total=accurate", status: 200, has: []string{total(2)}}, {id: "C06", as: "PA", ask: "GET Appointment?part-status=accepted", status: 400},
		{id: "C06", as: "PA", ask: "GET Appointment?_include=Appointment:actor", status: 200, not: []string{"Patient/B", "Smith"}}, {id: "C06", as: "PA", ask: "GET Patient/A/$everything?_count=1000", status: 200, has: entries("Appointment", "AB"), not: append(notB, "both of them")},
		{id: "C07", as: "PA", ask: "GET Patient/A/Group", status: 403, not: []string{"Patient/B"}},
		{id: "C08", as: "PA", ask: "GET Patient/§/Observation?_summary=count", status: 200, has: []string{total(0)}, there: "B"}, {id: "C08", as: "PA", ask: "GET Patient/§/*", status: 200, there: "B", not: notB},
		{id: "C08", as: "PA", ask: "GET Practitioner/D1/Observation", status: 200, has: entries("Observation", "A-vital"), not: notB}, {id: "C08", as: "PA", ask: "GET Practitioner/§/Observation", status: 200, there: "D2", not: notB},
		{id: "C09", as: "PA", ask: "GET Slot?schedule=S", status: 200, has: []string{`"status":"busy"`}, not: []string{"about somebody"}}, {id: "C09", as: "PA", ask: "GET Schedule", status: 200, has: []string{"Practitioner/D1"}, not: []string{"about somebody"}},
		{id: "C10", as: "PA", ask: "GET Practitioner?_id=D1", status: 200, has: []string{"House", "SUBSETTED"}, not: []string{"1960", "Hometown", "private@", "1234"}}, {id: "C10", as: "PA", ask: "GET Practitioner/D1", status: 200, not: []string{"1960", "Hometown", "private@", "1234"}},
		{id: "C10", as: "PA", ask: "GET Practitioner/D1/_history", status: 403}, {id: "C10", as: "D1", ask: "GET Practitioner/D1", status: 200, has: []string{"1960"}, not: []string{"SUBSETTED"}}, {id: "C10", as: "D0", ask: "GET Practitioner", status: 200, not: []string{"1960"}},
		{id: "C11", as: "PA", ask: "GET AuditEvent", status: 200, has: entries("AuditEvent", "A"), not: entries("AuditEvent", "B")},
		{id: "C12", as: "PA", ask: "GET Condition/A-hiv", status: 200}, {id: "C12", as: "PA", ask: "GET Observation/A-psy", status: 200},
		{id: "C13", as: "PX", ask: "GET Observation/A-vital", status: 200}, {id: "C13", as: "PX0", ask: "GET Observation/A-vital", status: 403},
		{id: "C14", as: "PX", ask: "GET AuditEvent", status: 403}, {id: "C14", as: "PX", ask: "POST Consent\n\n" + `{"resourceType":"Consent","status":"active","patient":{"reference":"Patient/A"}}`, status: 403},
		{id: "C15", as: "PXT", ask: "GET Observation?_total=accurate", status: 200, has: append(entries("Observation", "T-plain"), total(1)), not: []string{"T-repro"}}, {id: "C15", as: "PXT", ask: "GET Patient/T/$everything", status: 200, not: []string{"T-repro"}},
		{id: "C15", as: "PXT", ask: "GET Patient?_revinclude=Observation:subject", status: 200, has: entries("Observation", "T-plain"), not: []string{"T-repro"}}, {id: "C15", as: "PT", ask: "GET Observation/T-repro", status: 200},
		{id: "C16", as: "D1", ask: "GET Observation?_total=accurate", status: 200, has: append(entries("Observation", "A-vital", "A-lab", "A-secret"), total(5)), not: append(notB, "A-psy", "A-therapy")}, {id: "C16", as: "D1", ask: "GET Condition/A-hiv", status: 200},
		{id: "C17", as: "D1", ask: "GET Observation?patient=B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "C17", as: "D1", ask: "GET Patient", status: 200, has: entries("Patient", "A"), not: notB},
		{id: "C22", as: "ADM", ask: "GET AuditEvent/A", status: 200},
		{id: "C23", as: "SYS", ask: "GET Observation?_total=accurate", status: 200, has: append(entries("Observation", "A-vital"), total(5)), not: append(notB, "A-psy", "T-plain")}, {id: "C23", as: "SYS-0", ask: "GET Observation", status: 403}, {id: "C23", as: "SYS", ask: "GET Patient/A", status: 403},
		{id: "C24", as: "PLG-E", ask: "GET Appointment/A1", status: 200, has: []string{"Patient/A", `"start"`}, not: []string{"cough"}}, {id: "C24", as: "PLG-E", ask: "GET Patient/A", status: 200, has: []string{"Aaron", "111"}, not: []string{"1980", "MRN-A"}},
		{id: "C24", as: "PLG-E", ask: "GET Appointment?reason-code=x", status: 400},
		{id: "L01", as: "PA", ask: "GET Observation?_include=Observation:subject&_include=Observation:focus&_include=Observation:performer&_count=100", status: 200, has: append(entries("Patient", "A"), entries("Practitioner", "D1")...), not: append(notB, "1960")}, {id: "L01", as: "PA", ask: "GET Observation?_include=*", status: 200, not: notB},
		{id: "L02", as: "PA", ask: "GET Patient?_revinclude=Observation:focus&_revinclude=Observation:performer", status: 200, has: entries("Observation", "A-own"), not: notB}, {id: "L02", as: "PA", ask: "GET Patient?_revinclude=AuditEvent:entity", status: 200, has: entries("AuditEvent", "A"), not: entries("AuditEvent", "B")},
		{id: "L02", as: "PA", ask: "GET Patient?_revinclude=Provenance:target", status: 200, not: notB},
		{id: "L03", as: "PA", ask: "GET Patient?_revinclude=Appointment:actor&_include:iterate=Appointment:actor&_revinclude:iterate=Observation:subject", status: 200, has: entries("Appointment", "AB"), not: append(notB, "both of them")},
		{id: "L04", as: "APP", ask: "GET Observation?_include=Observation:encounter", status: 200, has: entries("Observation", "A-vital"), not: entries("Encounter", "A")},
		{id: "L05", as: "PA", ask: "GET Practitioner?_revinclude=Appointment:actor", status: 200, not: append(notB, "B1", "both of them")}, {id: "L05", as: "PA", ask: "GET Organization?_revinclude=Patient:organization", status: 200, has: entries("Patient", "A"), not: notB},
		{id: "L06", as: "PA", ask: "GET Practitioner?_has:Patient:general-practitioner:family=Smith&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L06", as: "PA", ask: "GET Practitioner?_has:Observation:performer:code=8867-4&_total=accurate", status: 200, has: append(entries("Practitioner", "D1"), total(1))},
		{id: "L07", as: "APP", ask: "GET Condition?encounter.class=AMB", status: 403}, {id: "L07", as: "APP-U", ask: "GET Patient?_has:MedicationRequest:subject:status=active", status: 403},
		{id: "L08", as: "D0", ask: "GET Observation?subject:Patient.name=Smith&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L08", as: "D0", ask: "GET Observation?patient.identifier=MRN-B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L08", as: "D0", ask: "GET DiagnosticReport?result.encounter.patient.name=Smith&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "L09", as: "APPU", ask: "GET Observation?subject:Patient.birthdate=1980", status: 403}, {id: "L09", as: "APPU", ask: "GET Observation?patient.birthdate=1980", status: 403},
		{id: "L11", as: "PA", ask: "GET Observation?_summary=count", status: 200, has: []string{total(6)}}, {id: "L11", as: "PA", ask: "GET Observation?_count=0", status: 200, has: []string{total(6)}}, {id: "L11", as: "D1", ask: "GET Patient?_summary=count", status: 200, has: []string{total(1)}},
		{id: "L14", as: "PA", ask: "GET Practitioner?_sort=birthdate", status: 400}, {id: "L14", as: "PA", ask: "GET Practitioner?_sort=email", status: 400},
		{id: "L15", as: "PA", ask: "GET Practitioner?email=private@example.org", status: 400}, {id: "L15", as: "PA", ask: "GET Practitioner?address-city=Hometown", status: 400}, {id: "L15", as: "PA", ask: "GET Observation?performer:Practitioner.email=private@example.org", status: 400}, {id: "L15", as: "D1", ask: "GET Practitioner?email=private@example.org", status: 400},
		{id: "L15", as: "PA", ask: "GET PractitionerRole?practitioner.email=private@example.org", status: 400}, {id: "L15", as: "PA", ask: "GET Practitioner?_filter=email+eq+private@example.org", status: 400},
		{id: "L16", as: "PA", ask: "GET Practitioner/D1?_elements=birthDate", status: 200, not: []string{"1960"}}, {id: "L16", as: "PA", ask: "GET Practitioner?_summary=data&_pretty=true", status: 200, not: []string{"1960", "private@"}}, {id: "L16", as: "PA", ask: "GET Practitioner?_elements=telecom", status: 200, not: []string{"private@"}}, {id: "L16", as: "PA", ask: "GET Appointment/AB?_summary=true", status: 200, not: []string{"Patient/B", "both of them"}},
		{id: "L17", as: "PA", ask: "GET Practitioner?_content=Hometown", status: 400}, {id: "L17", as: "PA", ask: "GET Observation?_list=B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L17", as: "PA", ask: "GET Observation?_filter=subject+eq+Patient/B&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "L18", as: "PA", ask: "GET Observation?_security=NOPAT&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L18", as: "D1", ask: "GET Observation?_security:not=R&_total=accurate", status: 200, has: []string{total(5)}},
		{id: "L19", as: "D1", ask: "GET Observation?_security=R&_summary=count", status: 200, has: []string{total(0)}}, {id: "L19", as: "D1", ask: "GET Observation?patient=A&_security=R&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "L20", as: "PA", ask: "GET Observation?subject=http://test/fhir/Patient/B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L20", as: "PA", ask: "GET Observation?subject=urn:uuid:B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L20", as: "PA", ask: "GET %50atient/B", status: 404},
		{id: "L21", as: "PA", ask: "GET Observation?patient=A&patient=B&_total=accurate", status: 200, has: []string{total(0)}}, {id: "L21", as: "PA", ask: "GET Observation?patient[]=B", status: 400}, {id: "L21", as: "PA", ask: "POST Observation/_search?patient=B\nContent-Type: application/x-www-form-urlencoded\n\npatient=A&_total=accurate", status: 200, has: []string{total(0)}},
		{id: "L23", as: "PA", ask: "GET Observation/$lastn?patient=B&code=8867-4", status: 200, not: notB},
		{id: "H01", as: "PA", ask: "GET Observation/H", status: 200}, {id: "H01", as: "PA", ask: "GET Observation/H/_history", status: 200, has: []string{"_history", total(1)}, not: []string{`Patient/B"`}}, {id: "H01", as: "PA", ask: "GET Observation/H/_history/1", status: 404}, {id: "H01", as: "PA", ask: "GET Observation/H/_history/2", status: 200},
		{id: "H02", as: "PB", ask: "GET Observation/§", status: 404, there: "H"}, {id: "H02", as: "PB", ask: "GET Observation/§/_history/1", status: 404, there: "H"}, {id: "H02", as: "PB", ask: "GET Observation/§/_history", status: 404, there: "H"},
		{id: "H03", as: "PA", ask: "GET Observation/_history", status: 200, not: notB}, {id: "H03", as: "PA", ask: "GET _history?_count=1000", status: 200, not: append(notB, "both of them", "A-secret")},
		{id: "H04", as: "PA", ask: "GET Observation/§", status: 404, there: "DEL-B"}, {id: "H04", as: "PA", ask: "GET Observation/DEL-A", status: 410},
		{id: "B01", as: "PA", ask: "GET Binary/A1", status: 200}, {id: "B01", as: "PA", ask: "GET Binary/A2", status: 200}, {id: "B01", as: "D1", ask: "GET Binary/A2", status: 200},
		{id: "B05", as: "PA", ask: "GET Binary/§\nAccept: */*\nRange: bytes=0-1", status: 404, there: "B1"},
		{id: "O01", as: "PA", ask: "GET Patient/§/$everything", status: 404, there: "B"}, {id: "O03", as: "APP", ask: "GET Patient/A/$everything", status: 403},
		{id: "STAFF", as: "STAFF", ask: "GET Patient?name=Smith", status: 403}, {id: "STAFF", as: "STAFF", ask: "GET Patient?family=Smith&birthdate=1980-02-02&_total=accurate", status: 200, has: []string{total(1)}}, {id: "STAFF", as: "STAFF", ask: "GET Observation?patient.name=Smith", status: 403}, {id: "STAFF", as: "STAFF", ask: "GET Patient/B", status: 200},
		{id: "STAFF", as: "STAFF", ask: "GET Observation?_total=accurate", status: 200, has: append(entries("Observation", "A-vital", "B-vital"), total(2)), not: []string{"A-lab"}}, {id: "STAFF", as: "STAFF", ask: "GET Condition", status: 403}, {id: "STAFF", as: "STAFF", ask: "GET DiagnosticReport/A", status: 403}, {id: "STAFF", as: "STAFF", ask: "GET Appointment?_include=Appointment:patient", status: 200, not: []string{"Smith"}},
	}
	list = append(list, hiddenFrom("C01", "PA", "Patient/B", "Observation/B-vital", "Binary/B1", "Appointment/B1", "Encounter/B", "List/B")...)
	list = append(list, refusedTo("C01", "PA", "Task", "Device", "Group")...)
	list = append(list, hiddenFrom("C04", "PA", "Observation/F")...)
	list = append(list, hiddenFrom("C05", "PA", "Observation/G")...)
	list = append(list, hiddenFrom("C11", "PA", "AuditEvent/B")[:1]...)
	list = append(list, hiddenFrom("C12", "PA", "Observation/A-secret")...)
	list = append(list, hiddenFrom("C16", "D1", "Observation/A-psy", "Observation/A-therapy")...)
	list = append(list, hiddenFrom("C17", "D1", "Patient/B", "Observation/B-vital", "Binary/B1", "Encounter/B", "Condition/B1", "MedicationRequest/B", "Observation/G", "Appointment/B1")...)
	list = append(list, hiddenFrom("C23", "SYS", "Observation/B-vital")...)
	list = append(list, hiddenFrom("B02", "PA", "Binary/B1", "Binary/N")...)
	list = append(list, hiddenFrom("H05", "PA", "Observation/B-vital")...)
	list = append(list, refusedTo("C22", "ADM", "Patient", "Observation", "Condition", "DiagnosticReport", "MedicationRequest", "Appointment", "Encounter")...)
	list = append(list, refusedTo("C25", "PLG-T", "Condition")...)
	list = append(list, refusedTo("C26", "PLG-S", "Observation")...)
	list = append(list, refusedTo("C27", "PLG-E/PA", "Condition", "Observation")...)
	list = append(list, leak{id: "C27", as: "PLG-E/PA", ask: "GET Appointment/A1", status: 200, not: []string{"cough"}}, leak{id: "C27", as: "PLG-E/PA", ask: "GET Appointment/§", status: 404, there: "B1"}, leak{id: "C26", as: "PLG-S", ask: "GET Slot", status: 200})
	for _, q := range []string{"name=Aaron", "identifier=MRN-A", "birthdate=1980-01-01", "phone=111", "_id=A"} {
		list = append(list, leak{id: "C18", as: "D0", ask: "GET Patient?_total=accurate&" + q, status: 200, has: []string{total(0)}})
	}
	return list
}

// caseID is the form of the names of cases.
var caseID = regexp.MustCompile(`^([A-Z]\d\d|STAFF)$`)

// TestLeaksReads asks all cases that read of one server.
func TestLeaksReads(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	for _, l := range leakReads() {
		if !caseID.MatchString(l.id) {
			t.Errorf("%q is no name of a case", l.id)
		}
		t.Run(l.id, func(t *testing.T) { l.run(t, c) })
	}
}
