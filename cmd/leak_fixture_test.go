package cmd

import (
	"fmt"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// asHeader names who asks. It exists in tests only: a server reads sessions
// and tokens.
const asHeader = "X-Test-As"

func refTo(s string) fhir.Key {
	var k fhir.Key
	for i := range s {
		if s[i] == '/' {
			k.Type, k.ID = s[:i], s[i+1:]
		}
	}
	return k
}

func scopesOf(text string) authz.Scopes {
	list, err := authz.ParseScopes(text)
	if err != nil {
		panic(err)
	}
	return list
}

// cast are those who ask in the cases, by their names there.
func cast() map[string]authz.Principal {
	recently := time.Now().Add(-time.Minute)
	patient := func(id string) authz.Principal {
		return authz.Principal{Account: "account-" + id, Roles: []authz.Role{authz.Patient}, Self: []fhir.Key{{Type: "Patient", ID: id}}}
	}
	doctor := func(id string, l authz.Licence) authz.Principal {
		return authz.Principal{Account: "account-" + id, Roles: []authz.Role{authz.Practitioner}, Self: []fhir.Key{{Type: "Practitioner", ID: id}}, Licence: l, Factor: recently}
	}
	proxy := func(of string, until time.Time, rights ...string) authz.Principal {
		return authz.Principal{Account: "account-X", Self: []fhir.Key{refTo("RelatedPerson/X")},
			Proxies: []authz.Proxy{{Patient: fhir.Key{Type: "Patient", ID: of}, Related: refTo("RelatedPerson/X"), Rights: rights, Until: until}}}
	}
	app := patient("A")
	app.Client, app.Patient = "app", "A"
	app.Scopes = scopesOf("launch/patient patient/Patient.r patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs patient/Condition.rs offline_access")
	appAll := app
	appAll.Scopes = scopesOf("patient/*.rs")
	appWrite := app
	appWrite.Scopes = scopesOf("patient/Observation.u")
	appOdd := app
	appOdd.Scopes = scopesOf("patient/Observation.dus patient/observation.rs patient/Observation.read?category=x")
	appu := doctor("D1", authz.Verified)
	appu.Client, appu.Scopes = "appu", scopesOf("user/Observation.rs")
	d1stale := doctor("D1", authz.Verified)
	d1stale.Factor = time.Now().Add(-48 * time.Hour)
	plugin := func(name, s string) authz.Principal { return authz.Principal{Plugin: name, Scopes: scopesOf(s)} }
	forPA := patient("A")
	forPA.Plugin, forPA.Scopes = "email", scopesOf("system/*.cruds")
	return map[string]authz.Principal{
		"ANON": {}, "PA": patient("A"), "PB": patient("B"), "PT": patient("T"),
		"PX": proxy("A", time.Time{}, "read", "book"), "PX0": proxy("A", time.Now().Add(-time.Second), "read", "book"), "PXT": proxy("T", time.Time{}, "read"),
		"D1": doctor("D1", authz.Verified), "D0": doctor("D0", authz.Verified), "D2": doctor("D2", authz.Verified), "DU": doctor("D0", authz.Submitted), "DS": doctor("D1", authz.Suspended), "D1-STALE": d1stale,
		"DF":    doctor("DF", authz.Verified),
		"ADM":   {Account: "account-adm", Roles: []authz.Role{authz.Administrator}, Factor: recently},
		"STAFF": {Account: "account-staff", Roles: []authz.Role{authz.Staff}},
		"APP":   app, "APP-ALL": appAll, "APP-U": appWrite, "APP-ODD": appOdd, "APPU": appu,
		"SYS":   {Client: "backend", Cohort: []fhir.Key{refTo("Organization/O1")}, Scopes: scopesOf("system/Observation.rs")},
		"SYS-0": {Client: "backend", Scopes: scopesOf("system/Observation.rs")},
		"PLG-E": plugin("email", "system/*.cruds"), "PLG-T": plugin("telehealth", "system/*.cruds"), "PLG-S": plugin("scheduling", "system/*.cruds"), "PLG-E/PA": forPA,
		"OP": {Operator: true},
	}
}

// opened is when the clinic did: its appointments are about that day.
var opened = time.Now()

// leakData is the ward of the cases. Each line is "Type/id body".
func leakData() []string {
	in := func(days int) string {
		return opened.UTC().Add(time.Duration(days) * 24 * time.Hour).Format("2006-01-02T15:04:05Z")
	}
	obs := func(id, subject, category, more string) string {
		return fmt.Sprintf(`Observation/%s {"resourceType":"Observation","id":"%s","status":"final","identifier":[{"system":"urn:obs","value":"%s"}],"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"%s"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"2026-01-02"%s}`, id, id, id, category, subject, more)
	}
	label := func(codes ...string) string {
		text := ""
		for i, c := range codes {
			system := "v3-ActCode"
			if c == "R" || c == "V" {
				system = "v3-Confidentiality"
			}
			if i > 0 {
				text += ","
			}
			text += `{"system":"http://terminology.hl7.org/CodeSystem/` + system + `","code":"` + c + `"}`
		}
		return `,"meta":{"security":[` + text + `]}`
	}
	appointment := func(id, status, more string, actors ...string) string {
		text := ""
		for i, a := range actors {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf(`{"actor":{"reference":"%s","display":"called %s"},"status":"accepted"}`, a, a)
		}
		return fmt.Sprintf(`Appointment/%s {"resourceType":"Appointment","id":"%s","status":"%s","reasonCode":[{"text":"cough"}],"start":"%s","end":"%s"%s,"participant":[%s]}`, id, id, status, in(1), in(1), more, text)
	}
	of := func(typ, id, patient, more string) string {
		return fmt.Sprintf(`%s/%s {"resourceType":"%s","id":"%s"%s}`, typ, id, typ, id, fmt.Sprintf(more, patient))
	}
	return []string{
		`Organization/O1 {"resourceType":"Organization","id":"O1","name":"First"}`,
		`Organization/O2 {"resourceType":"Organization","id":"O2","name":"Second"}`,
		`Practitioner/D1 {"resourceType":"Practitioner","id":"D1","name":[{"family":"House"}],"birthDate":"1960-05-05","address":[{"city":"Hometown"}],"telecom":[{"system":"email","value":"private@example.org"}],"qualification":[{"code":{"text":"licence 1234"}}]}`,
		`Practitioner/D0 {"resourceType":"Practitioner","id":"D0","name":[{"family":"Nobody"}]}`,
		`Practitioner/D2 {"resourceType":"Practitioner","id":"D2","name":[{"family":"Wilson"}]}`,
		`Practitioner/DF {"resourceType":"Practitioner","id":"DF","name":[{"family":"Future"}]}`,
		`Patient/A {"resourceType":"Patient","id":"A","identifier":[{"system":"urn:mrn","value":"MRN-A"}],"name":[{"family":"Aaron"}],"birthDate":"1980-01-01","telecom":[{"system":"phone","value":"111"}],"managingOrganization":{"reference":"Organization/O1"}}`,
		`Patient/B {"resourceType":"Patient","id":"B","identifier":[{"system":"urn:mrn","value":"MRN-B"}],"name":[{"family":"Smith"}],"birthDate":"1980-02-02","telecom":[{"system":"phone","value":"222"}],"managingOrganization":{"reference":"Organization/O2"},"generalPractitioner":[{"reference":"Practitioner/D2"}]}`,
		`Patient/T {"resourceType":"Patient","id":"T","name":[{"family":"Teen"}]}`,
		`RelatedPerson/X {"resourceType":"RelatedPerson","id":"X","patient":{"reference":"Patient/A"}}`,
		of("Encounter", "A", "A", `,"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/%s"}`),
		of("Encounter", "B", "B", `,"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/%s"},"participant":[{"individual":{"reference":"Practitioner/D2"}}]`),
		obs("A-vital", "A", "vital-signs", `,"encounter":{"reference":"Encounter/A"},"performer":[{"reference":"Practitioner/D1"}]`),
		obs("A-lab", "A", "laboratory", ""), obs("A-psy", "A", "exam", label("R", "PSY")), obs("A-therapy", "A", "exam", label("PSYTHPN")),
		obs("A-own", "A", "social-history", `,"performer":[{"reference":"Patient/A"}]`),
		obs("A-secret", "A", "exam", label("NOPAT")),
		obs("T-plain", "T", "exam", ""), obs("T-repro", "T", "exam", label("SEX")),
		obs("B-vital", "B", "vital-signs", `,"encounter":{"reference":"Encounter/B"},"performer":[{"reference":"Practitioner/D2"}]`),
		obs("F", "B", "exam", `,"focus":[{"reference":"Patient/A"}]`), obs("G", "B", "exam", `,"performer":[{"reference":"Patient/A"}]`),
		obs("H", "B", "exam", ""), obs("H", "A", "exam", ""), obs("DEL-B", "B", "exam", ""), obs("DEL-A", "A", "exam", ""),
		of("Condition", "A-hiv", "A", `,"subject":{"reference":"Patient/%s"},"code":{"text":"x"}`+label("HIV")), of("Condition", "B1", "B", `,"subject":{"reference":"Patient/%s"},"code":{"text":"x"}`),
		of("DiagnosticReport", "A", "A", `,"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}`),
		of("DiagnosticReport", "B", "B", `,"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}`),
		of("DocumentReference", "A", "A", `,"status":"current","subject":{"reference":"Patient/%s"},"content":[{"attachment":{"url":"Binary/A1"}}]`),
		of("DocumentReference", "B", "B", `,"status":"current","subject":{"reference":"Patient/%s"},"content":[{"attachment":{"url":"Binary/B1"}}]`),
		of("Binary", "A1", "A", `,"contentType":"text/plain","securityContext":{"reference":"Patient/%s"},"data":"aGVsbG8="`),
		of("Binary", "A2", "A", `,"contentType":"text/plain","securityContext":{"reference":"DocumentReference/%s"},"data":"aGVsbG8="`),
		of("Binary", "B1", "B", `,"contentType":"text/plain","securityContext":{"reference":"Patient/%s"},"data":"aGVsbG8="`),
		`Binary/N {"resourceType":"Binary","id":"N","contentType":"text/plain","data":"aGVsbG8="}`,
		of("MedicationRequest", "A", "A", `,"status":"active","intent":"order","medicationCodeableConcept":{"text":"X"},"subject":{"reference":"Patient/%s"},"requester":{"reference":"Practitioner/D1"}`),
		of("MedicationRequest", "B", "B", `,"status":"active","intent":"order","medicationCodeableConcept":{"text":"X"},"subject":{"reference":"Patient/%s"},"requester":{"reference":"Practitioner/D2"}`),
		appointment("A1", "booked", "", "Patient/A", "Practitioner/D1"),
		appointment("AB", "proposed", `,"comment":"both of them"`, "Patient/B", "Patient/A", "Practitioner/D1"),
		appointment("B1", "booked", "", "Patient/B", "Practitioner/D2"),
		of("CareTeam", "A", "A", `,"status":"active","subject":{"reference":"Patient/%s"}`),
		`Group/GAB {"resourceType":"Group","id":"GAB","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/A"}},{"entity":{"reference":"Patient/B"}}]}`,
		of("List", "B", "B", `,"status":"current","mode":"working","subject":{"reference":"Patient/%s"}`),
		of("Device", "B", "B", `,"patient":{"reference":"Patient/%s"}`),
		of("Task", "A", "A", `,"status":"requested","intent":"order","for":{"reference":"Patient/%s"}`), of("Task", "B", "B", `,"status":"requested","intent":"order","for":{"reference":"Patient/%s"}`),
		of("AuditEvent", "A", "A", `,"type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}},"entity":[{"what":{"reference":"Patient/%s"}}]`),
		of("AuditEvent", "B", "B", `,"type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}},"entity":[{"what":{"reference":"Patient/%s"}}]`),
		`Schedule/S {"resourceType":"Schedule","id":"S","actor":[{"reference":"Practitioner/D1"}],"comment":"about somebody"}`,
		`Slot/S1 {"resourceType":"Slot","id":"S1","schedule":{"reference":"Schedule/S"},"status":"busy","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z","comment":"about somebody"}`,
	}
}

// clinicTest is a server with the policies, accounts and relations of the
// cases.
type clinicTest struct {
	*world
	relations *storage.Relations
	gate      *authz.Gate
}

// newClinic returns a server with the data for which keep holds.
func newClinic(t *testing.T, keep func(line string) bool) *clinicTest {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.Postgres(t), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	dir, err := blob.Dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	set, err := authz.CompilePolicies(authz.DefaultPolicies())
	if err != nil {
		t.Fatal(err)
	}
	c := &clinicTest{world: &world{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, relations: storage.NewRelations(db), gate: authz.NewGate(set)}
	c.gate.Factor = 12 * time.Hour
	params := search.NewRegistry(spec.R4())
	params.Base = "http://test/fhir"
	pages, err := search.NewPages(make([]byte, search.PageKeySize))
	if err != nil {
		t.Fatal(err)
	}
	people := cast()
	relating := &engine.Relating{Rules: authz.Rules()}
	app := func(g engine.Gate, references bool) *fiber.App {
		e := &engine.Engine{Spec: spec.R4(), Params: params, Store: storage.NewResources(db, params), Gate: g, Pages: pages, Relating: relating,
			Objects: storage.NewObjects(db, blob.New(dir, "")), Operations: ownOperations(), References: references,
			Now:   func() time.Time { return c.now },
			NewID: func() string { c.ids++; return fmt.Sprintf("made-%d", c.ids) },
		}
		a := rest.NewApp()
		a.Use(func(ctx *fiber.Ctx) error {
			ctx.SetUserContext(authz.With(ctx.UserContext(), people[ctx.Get(asHeader)]))
			return ctx.Next()
		})
		rest.Mount(a.Group("/fhir"), e, rest.Config{Base: "http://test/fhir", Spec: spec.R4(), Params: params, Now: func() time.Time { return c.now }})
		return a.App
	}
	c.open, c.fenced = app(authz.Open{}, false), app(c.gate, true)
	for _, line := range leakData() {
		if keep == nil || keep(line) {
			c.put(t, line)
		}
	}
	for _, id := range []string{"Observation/DEL-B", "Observation/DEL-A"} {
		c.now = c.now.Add(time.Second)
		request("DELETE "+id).send(t, c.open)
	}
	for _, p := range []string{"A"} {
		if _, err := c.relations.Begin(t.Context(), refTo("Practitioner/D1"), fhir.Key{Type: "Patient", ID: p}, "connection", "", nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *clinicTest) put(t *testing.T, line string) {
	t.Helper()
	c.now = c.now.Add(time.Second)
	for i := range line {
		if line[i] == ' ' {
			if status, _, body := request("PUT "+line[:i]+"\n\n"+line[i+1:]).send(t, c.open); status >= 300 {
				t.Fatalf("%s: %d %s", line, status, body)
			}
			return
		}
	}
}
