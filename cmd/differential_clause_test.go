package cmd

// The law of fences for grants that narrow by searches: what a clause hides
// must show as little as what a compartment hides, whatever kind of condition
// the clause is.

import (
	"context"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

// clauses is a policy that narrows types by searches, and opens or refuses
// others.
type clauses struct {
	policy
	of     map[string][]string
	inside []string // compartments that narrow the same types besides
}

func (c clauses) Permit(ctx context.Context, a fhir.Access) (fhir.Grant, error) {
	list, narrowed := c.of[a.Type]
	if !narrowed {
		return c.policy.Permit(ctx, a)
	}
	s := fhir.Slice{Anywhere: c.inside == nil, And: list}
	if !s.Anywhere {
		s.Within = policy{within: c.inside}.homes()
	}
	return fhir.Grant{Slices: []fhir.Slice{s}}, nil
}

// narrowings say "of patient 1" in every kind of condition that a clause may
// be. Each list is a conjunction.
func narrowings() map[string]map[string][]string {
	base := map[string][]string{
		"Patient": {"identifier=urn:mrn|m1"}, "Observation": {"patient=1"}, "Encounter": {"patient=1"}, "Condition": {"patient=1"},
		"MedicationRequest": {"patient=1"}, "List": {"subject=Patient/1"}, "DiagnosticReport": {"patient=1"},
	}
	with := func(more map[string][]string) map[string][]string {
		all := maps.Clone(base)
		maps.Copy(all, more)
		return all
	}
	return map[string]map[string][]string{
		"leaves": with(map[string][]string{"Patient": {"birthdate=1981", "gender=female"}, "Observation": {"subject=Patient/1", "status:not=entered-in-error"}}),
		"chains": with(map[string][]string{
			"Observation": {"subject:Patient.identifier=urn:mrn|m1"}, "Encounter": {"patient.name=family1"}, "Condition": {"patient.birthdate=lt1982"},
			"DiagnosticReport": {"result.subject:Patient.family=family1"},
		}),
		"_has":    with(map[string][]string{"Patient": {"_has:List:subject:_id=l1", "_has:Condition:patient:code=44054006"}, "Encounter": {"_has:Observation:encounter:patient=1"}}),
		"_filter": with(map[string][]string{"Patient": {"_filter=identifier eq \"m1\" or name eq \"nobody\""}, "Observation": {"_filter=not (patient eq Patient/2) and patient eq Patient/1"}}),
		"not":     with(map[string][]string{"Patient": {"identifier:not=urn:mrn|m2"}, "List": {"_id:not=l2"}, "Condition": {"_id:not=c2", "_lastUpdated=gt2020"}}),
		"text":    with(map[string][]string{"Patient": {"name:contains=LY1", "deceased:missing=false"}, "MedicationRequest": {"_filter=authoredon lt 2020-05-02", "code:text=aspirin 1"}}),
	}
}

// TestClausesLeaveNoTrace: what a clause hides shows in no match, chain, _has,
// inclusion, order, total, history or $everything.
func TestClausesLeaveNoTrace(t *testing.T) {
	t.Parallel()
	open := policy{refused: []string{"Basic"}, open: []string{"Organization", "Practitioner", "Location"}}
	for name, of := range narrowings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visible, hidden := ward()
			c := clauses{policy: open, of: of}
			if name == "leaves" { // both kinds of narrowing at once
				c.inside = []string{"Patient/1", "Patient/2"}
			}
			all, some := worldsOf(t, c, visible, hidden)
			found := 0
			count := func(r request) {
				if strings.Contains(same(t, all, some, r), `"mode":"match"`) {
					found++
				}
			}
			for _, r := range []request{
				"GET Patient/2", "GET Patient/2/_history", "GET Patient/1/_history", "GET Observation/o2-0/_history/1", "GET _history?_count=7", "GET Observation/_history", "GET Patient/_history?_since=2026-01-01T00:00:05Z",
				"GET Patient/1/$everything", "GET Patient/2/$everything", "GET Patient/$everything?_count=3", "GET Patient/1/$everything?_type=Observation,List&start=2020-02", "GET Encounter/e2-0/$everything", "GET Practitioner/doc/$everything",
				"GET Observation/$lastn?code=8867-4", "GET Observation/$lastn?code=8867-4&patient=2&max=3",
			} {
				count(r)
			}
			random := rand.New(rand.NewPCG(20261124, uint64(len(name))))
			s := searches{random}
			for typ := range of { // whatever shows one feature shows all of them somewhere
				for _, piece := range pieces[typ] {
					count(request("GET " + typ + "?_total=accurate&" + s.choose(piece)))
				}
				for _, piece := range append(results[""], results[typ]...) {
					count(request("GET " + typ + "?" + s.choose(piece)))
				}
			}
			for range 100 {
				count(s.next())
			}
			if found < 60 {
				t.Errorf("only %d requests found anything: the comparison is worth little", found)
			}
		})
	}
}

// TestClausesHoldForWrites: requests of every kind, writes too, behind clauses.
func TestClausesHoldForWrites(t *testing.T) {
	t.Parallel()
	c := clauses{policy: policy{refused: []string{"Basic", "Binary"}, open: []string{"Organization", "Practitioner"}}, of: map[string][]string{
		"Patient": {"identifier=urn:mrn|m1"}, "Observation": {"subject=Patient/1"}, "Condition": {"patient.identifier=urn:mrn|m1"},
	}}
	visible, hidden := seed()
	all, some := worldsOf(t, c, visible, hidden)
	for _, r := range every() {
		same(t, all, some, r)
	}
	// Not even what would be hidden at once can be written.
	for _, r := range []request{
		"POST Observation\n\n" + `{"resourceType":"Observation","status":"final","code":{"text":"new"},"subject":{"reference":"Patient/2"}}`,
		"POST Patient\n\n" + `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"m3"}]}`,
		"PUT Observation/o13\n\n" + `{"resourceType":"Observation","id":"o13","status":"final","code":{"text":"new"},"subject":{"reference":"Patient/2"}}`,
		"PATCH Observation/o13\nContent-Type: application/json-patch+json\n\n" + `[{"op":"replace","path":"/subject/reference","value":"Patient/2"}]`,
	} {
		if status, _, body := r.send(t, all.fenced); status != 403 {
			t.Errorf("%s\nanswered %d %.300s", r, status, body)
		}
	}
	if status, _, body := request("POST Observation\n\n"+`{"resourceType":"Observation","status":"final","code":{"text":"new"},"subject":{"reference":"Patient/1"}}`).send(t, all.fenced); status != 201 {
		t.Errorf("what the clause shows cannot be written: %d %.300s", status, body)
	}
}
