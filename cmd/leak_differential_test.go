package cmd

// L10: whoever asks, random searches answer the same whether the data that are
// hidden from them are there or were never there. And an oracle that knows the
// policy in its own words says what should be found at all.

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// visibleTo are the lines of the data that each of the roles sees, in the
// words of the catalogue and not in those of the policies. What is seen in
// part, and what has versions that are hidden, stays whole in both worlds.
var visibleTo = map[string]func(id string) bool{
	"PA": func(id string) bool { return mine.MatchString(id) && id != "Observation/A-secret" },
	"D1": func(id string) bool {
		return mine.MatchString(id) && id != "Observation/A-psy" && id != "Observation/A-therapy" && !strings.HasPrefix(id, "AuditEvent/")
	},
	"D0": func(id string) bool { return public.MatchString(id) },
	"APP": func(id string) bool {
		return public.MatchString(id) || id == "Patient/A" || id == "Observation/A-vital" || strings.HasPrefix(id, "Condition/A")
	},
	"PXT": func(id string) bool {
		return public.MatchString(id) || id == "Patient/T" || id == "Observation/T-plain" || id == "RelatedPerson/X"
	},
	"SYS": func(id string) bool {
		return strings.HasPrefix(id, "Observation/A-") && id != "Observation/A-psy" && id != "Observation/A-therapy" || id == "Observation/H" || public.MatchString(id)
	},
}

var (
	public = regexp.MustCompile(`^(Organization|Practitioner|Schedule|Slot)/`)
	mine   = regexp.MustCompile(`^((Organization|Practitioner|Schedule|Slot)/|[A-Za-z]+/A\d*$|[A-Za-z]+/A-|Observation/(H|DEL-A)$|Appointment/AB$|RelatedPerson/X$)`)
)

// probes are pieces of random searches on the data of the cases.
var probes = map[string][]string{
	"Observation": {"patient={A,B}", "subject=Patient/{A,B,T}", "code=8867-4", "category={vital-signs,laboratory,exam}", "_security={R,PSY,SEX,NOPAT}", "_security:not={R,SEX,NOPAT}", "identifier=urn:obs|{A-psy,B-vital,A-secret,T-repro,A-lab}", "subject:Patient.name={Smith,Aaron,Teen}", "patient.identifier=MRN-{A,B}", "patient.organization.name={First,Second}",
		"performer:Practitioner.name={House,Wilson}", "performer=Patient/A", "focus=Patient/A", "encounter.class=AMB", "date=2026", "status:not=amended", "_id={A-psy,B-vital,A-vital,A-secret}", "_has:DiagnosticReport:result:status=final", "_filter=subject eq Patient/{A,B}", "_lastUpdated=gt2020"},
	"Patient":           {"name={Smith,Aaron,Teen}", "identifier={MRN-A,MRN-B}", "birthdate=1980", "phone={111,222}", "_has:Observation:patient:code=8867-4", "_has:Observation:subject:_security={R,SEX,NOPAT}", "_has:Observation:performer:_id=G", "_has:Condition:patient:_security=HIV", "general-practitioner=D2", "organization.name=Second", "_has:Appointment:patient:status={booked,proposed}"},
	"Practitioner":      {"name={House,Wilson}", "_has:Patient:general-practitioner:family=Smith", "_has:Observation:performer:code=8867-4", "_has:MedicationRequest:requester:status=active", "_has:Encounter:practitioner:patient={A,B}", "_id={D0,D1,D2}"},
	"Appointment":       {"status={booked,proposed}", "practitioner={D1,D2}", "patient=A", "actor=Practitioner/{D1,D2}", "date=ge2026", "practitioner.name={House,Wilson}", "patient.name={Smith,Aaron}"},
	"Condition":         {"patient={A,B}", "_security=HIV", "patient.name={Smith,Aaron}", "_id={A-hiv,B1}"},
	"DiagnosticReport":  {"patient={A,B}", "status=final", "subject:Patient.name={Smith,Aaron}"},
	"DocumentReference": {"patient={A,B}", "status=current"},
	"Encounter":         {"patient={A,B}", "class=AMB", "participant.name=Wilson", "_has:Observation:encounter:code=8867-4"},
	"MedicationRequest": {"patient={A,B}", "requester={D1,D2}", "requester.name={House,Wilson}"},
	"Organization":      {"name={First,Second}", "_has:Patient:organization:family={Smith,Aaron}"},
}

var endings = []string{"_total=accurate", "_summary=count", "_count={1,2,3}", "_sort={,-}_lastUpdated", "_sort={,-}_id", "_include=*", "_include:iterate=*", "_count=0", "_elements=status,subject", "_summary=true"}

var following = map[string][]string{
	"Observation":  {"_sort={,-}date", "_sort={,-}subject", "_sort=code,-date", "_include=Observation:subject", "_include=Observation:encounter", "_include=Observation:focus&_include=Observation:performer", "_revinclude=DiagnosticReport:result"},
	"Patient":      {"_sort={,-}name", "_sort=-birthdate", "_revinclude=Observation:subject", "_revinclude=Observation:performer&_revinclude=Observation:focus", "_revinclude=Appointment:actor", "_revinclude=AuditEvent:entity", "_include=Patient:general-practitioner", "_revinclude=Appointment:actor&_include:iterate=Appointment:actor&_revinclude:iterate=Observation:subject"},
	"Practitioner": {"_sort={,-}name", "_revinclude=Appointment:actor", "_revinclude=Observation:performer", "_revinclude=Patient:general-practitioner", "_revinclude=Encounter:practitioner&_include:iterate=Encounter:patient"},
	"Appointment":  {"_sort={,-}date", "_include=Appointment:actor", "_include=Appointment:patient"},
	"Organization": {"_revinclude=Patient:organization"},
}

func TestEveryRoleLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for who, sees := range visibleTo {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			// That a client has a cohort stands in the patients, which it need not see.
			kept := func(line string) bool {
				id, _, _ := strings.Cut(line, " ")
				return sees(id) || who == "SYS" && id == "Patient/A"
			}
			all, some := newClinic(t, nil), newClinic(t, kept)
			// Both clocks, and so all times, run alike.
			stamps := regexp.MustCompile(`2026-01-01T00:\d\d:\d\d(\.000)?Z|"versionId":"\d+"`)
			ask := func(r request) string {
				all.now = all.now.Add(1e9)
				some.now = all.now
				status1, _, body1 := r.send(t, all.fenced)
				status2, _, body2 := r.send(t, some.fenced)
				clean := func(body string) string { return stamps.ReplaceAllString(cursors.ReplaceAllString(body, ""), "") }
				if status1 != status2 || clean(body1) != clean(body2) {
					t.Errorf("%s\n%d with hidden data: %.900s\n%d without: %.900s", r, status1, body1, status2, body2)
				}
				if status1 >= 500 {
					t.Errorf("%s: %d %s", r, status1, body1)
				}
				return body1
			}
			found := 0
			s := searches{rand.New(rand.NewPCG(20261124, 5))}
			var types []string
			for typ := range probes {
				types = append(types, typ)
			}
			slices.Sort(types)
			for range 250 {
				typ := s.pick(types)
				var params []string
				for range 1 + s.random.IntN(2) {
					params = append(params, s.choose(s.pick(probes[typ])))
				}
				for range s.random.IntN(3) {
					params = append(params, s.choose(s.pick(append(slices.Clone(endings), following[typ]...))))
				}
				path := typ
				if s.random.IntN(6) == 0 && typ != "Practitioner" && typ != "Organization" {
					path = s.pick([]string{"Patient/A/", "Patient/B/", "Practitioner/D1/", "Practitioner/D2/"}) + typ
				}
				body := ask(as(who, "GET "+path+"?"+strings.Join(params, "&")))
				if strings.Contains(body, `"mode":"match"`) {
					found++
				}
				for _, m := range fullURLs.FindAllStringSubmatch(body, -1) {
					if !sees(m[1]) {
						t.Errorf("%s?%s shows %s", path, strings.Join(params, "&"), m[1])
					}
				}
			}
			for _, l := range leakReads() {
				if l.as == who && !strings.Contains(l.ask, "_history") { // where the data differ, versions count from elsewhere
					ask(as(who, strings.ReplaceAll(l.ask, "§", l.there)))
				}
			}
			if found == 0 {
				t.Error("nothing was ever found: the comparison is worth nothing")
			}
			// The oracle: every line that should be seen by its type is found.
			for _, line := range leakData() {
				id, _, _ := strings.Cut(line, " ")
				typ, rid, _ := strings.Cut(id, "/")
				status, _, body := as(who, "GET "+typ+"?_id="+rid).send(t, all.fenced)
				shown := status == 200 && strings.Contains(body, entryID(typ, rid))
				if shown && !sees(id) {
					t.Errorf("%s is found", id)
				}
				if !shown && status == 200 && sees(id) && !strings.HasPrefix(rid, "DEL-") {
					t.Errorf("%s is not found", id)
				}
			}
		})
	}
}

var fullURLs = regexp.MustCompile(`"fullUrl":"http://test/fhir/([A-Za-z]+/[^"]+)"`)
