package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// searches is the scenarios that ask by GET alone. They are checked and timed
// while the server holds what was loaded and nothing else.
func searches() []Scenario {
	return []Scenario{
		row("s_ident", "Patient?identifier={mrn}", askIdentifier),
		row("s_name", "Patient?name={family}", askName),
		row("s_birth", "Patient?birthdate=ge{date}", askBirth),
		row("s_obs_pat_code", "Observation?patient={id}&code={loinc}", askPatientCode),
		row("s_obs_code", "Observation?code={loinc}", askCode),
		{Name: "s_page50", Group: Search, Request: "s_obs_code, the 50th page by its link",
			questions: everyCode, Prepare: preparePages, Check: checkPages, Server: pageServer, Raw: pageRaw},
		row("s_obs_pat_cat_sort", "Observation?patient={id}&category={…}&_sort=-date", askPatientCategory),
		row("s_obs_code_date", "Observation?code={loinc}&date=ge{y}&date=lt{y+1}&_sort=-date", askCodeDate),
		row("s_obs_code_value", "Observation?code={loinc}&value-quantity=gt{70 %}", askCodeValue),
		row("s_enc_pat_sort", "Encounter?patient={id}&_sort=-date", askEncounters),
		row("s_chain", "Observation?subject:Patient.name={family}&code={heart rate}", askChain),
		row("s_has", "Patient?_has:Condition:patient:code={snomed}", askHas),
		row("s_include", "Encounter?patient={id}&_include=…:patient&_include=…:service-provider", askInclude),
		row("s_revinclude", "Patient?_id={id}&_revinclude=Condition, MedicationRequest", askRevInclude),
		row("s_count", "Observation?code={loinc}&_summary=count", askCount),
		row("s_total", "Observation?code={loinc}&_total=accurate", askTotal),
		{Name: "everything", Group: Search, Request: "GET /Patient/{id}/$everything?_count=200",
			Check: checkEverything, Server: everythingServer, Raw: everythingRaw},
	}
}

// row is a scenario whose operations are searches drawn by an asker.
func row(name, request string, ask asker) Scenario {
	s := Scenario{Name: name, Group: Search, Request: request, questions: drawn(ask), Server: searchServer(ask), Raw: searchRaw(ask)}
	s.Check = checkQuestions(s)
	return s
}

func searchServer(ask asker) func(context.Context, *Env, *Worker) measure.Op {
	return func(_ context.Context, e *Env, w *Worker) measure.Op {
		return func() error {
			q := ask(e, w.Rand)
			resp, err := w.HTTP.Get(q.path(), q.headers...)
			if err != nil {
				return err
			}
			return status(resp, http.StatusOK)
		}
	}
}

func searchRaw(ask asker) func(context.Context, *Env, *Worker) measure.Op {
	return func(ctx context.Context, e *Env, w *Worker) measure.Op {
		return func() error {
			_, _, err := ask(e, w.Rand).ask(ctx, w.PG, nil)
			return err
		}
	}
}

func one[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func askIdentifier(e *Env, r *rand.Rand) *query {
	q := on("Patient").token("identifier", b100.MRN, e.any(r).MRN)
	return q
}

func askName(e *Env, r *rand.Rand) *query { return on("Patient").starts("name", e.any(r).Family) }

func askBirth(e *Env, r *rand.Rand) *query {
	return on("Patient").date("birthdate", "ge", e.any(r).Birth)
}

func anyCode(r *rand.Rand) string { return one(r, b100.Measurements).Code }

func askPatientCode(e *Env, r *rand.Rand) *query {
	return on("Observation").patient(e.any(r)).token("code", b100.LOINC, anyCode(r))
}

func askCode(_ *Env, r *rand.Rand) *query {
	return on("Observation").token("code", b100.LOINC, anyCode(r))
}

func askPatientCategory(e *Env, r *rand.Rand) *query {
	return on("Observation").patient(e.any(r)).code("category", category, one(r, categories)).newest("date")
}

// category is the system of the categories of observations.
const category = "http://terminology.hl7.org/CodeSystem/observation-category"

var categories = []string{"laboratory", "vital-signs"}

func askCodeDate(_ *Env, r *rand.Rand) *query {
	year := 2014 + r.IntN(10)
	q := on("Observation").token("code", b100.LOINC, anyCode(r)).
		between("date", fmt.Sprintf("%d-01-01", year), fmt.Sprintf("%d-01-01", year+1)).newest("date")
	q.find = q.find.WalkLast()
	return q
}

func askCodeValue(_ *Env, r *rand.Rand) *query {
	m := one(r, b100.Measurements)
	return on("Observation").token("code", b100.LOINC, m.Code).number("value-quantity", "gt", seventy(m))
}

// seventy is seven tenths of the way: a value that few exceed and none has.
func seventy(m b100.Measurement) string {
	tenths := m.Low + (m.High-m.Low)*7/10
	return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10) + "5"
}

func askEncounters(e *Env, r *rand.Rand) *query {
	return on("Encounter").patient(e.any(r)).newest("date")
}

func askCount(_ *Env, r *rand.Rand) *query {
	q := on("Observation").token("code", b100.LOINC, anyCode(r)).arg("_summary", "count")
	q.total, q.only = true, true
	return q
}

func askTotal(_ *Env, r *rand.Rand) *query {
	q := on("Observation").token("code", b100.LOINC, anyCode(r)).arg("_total", "accurate")
	q.total = true
	return q
}

// everyCode asks for each kind of observation.
func everyCode(*Env, *rand.Rand) (all []*query) {
	for _, m := range b100.Measurements {
		all = append(all, on("Observation").token("code", b100.LOINC, m.Code))
	}
	return all
}

func (l *Loaded) patientID() string { return l.Refs[0][len("Patient/"):] }
