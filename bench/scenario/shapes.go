package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// The thirty shapes are in the manner of mock.health: what applications ask of
// a FHIR server all day, drawn anew each time. Each is a scenario of its own
// (group "shapes"), and shapes30 is all of them in turn.
func thirty() []Scenario {
	shape := func(name, request string, ask asker) Scenario {
		s := row("q_"+name, request, ask)
		s.Group = Shapes
		return s
	}
	return []Scenario{
		shape("pat_id", "Patient?_id={id}", func(e *Env, r *rand.Rand) *query { return thePatient(e.any(r)) }),
		shape("pat_identifier", "Patient?identifier={system}|{mrn}", askIdentifier),
		shape("pat_family", "Patient?family={family}", func(e *Env, r *rand.Rand) *query { return on("Patient").starts("family", e.any(r).Family) }),
		shape("pat_family_birth", "Patient?family={family}&birthdate={date}", func(e *Env, r *rand.Rand) *query {
			l := e.any(r)
			return walked(on("Patient").starts("family", l.Family).date("birthdate", "", l.Birth))
		}),
		shape("pat_birth_range", "Patient?birthdate=ge{y}&birthdate=lt{y+5}", func(_ *Env, r *rand.Rand) *query {
			year := 1930 + r.IntN(85)
			return on("Patient").between("birthdate", january(year), january(year+5))
		}),
		shape("pat_gender_birth", "Patient?gender={gender}&birthdate=ge{y}", func(_ *Env, r *rand.Rand) *query {
			return walked(on("Patient").code("gender", "", one(r, genders)).date("birthdate", "ge", january(1940+r.IntN(70))))
		}),
		shape("pat_youngest", "Patient?gender={gender}&_sort=-birthdate", func(_ *Env, r *rand.Rand) *query {
			q := on("Patient").code("gender", "", one(r, genders)).newest("birthdate")
			q.find = q.find.Between("birthdate", time.Time{}, time.Time{})
			return walked(q)
		}),
		shape("pat_city_gender", "Patient?address-city={city}&gender={gender}", func(_ *Env, r *rand.Rand) *query {
			return on("Patient").starts("address-city", one(r, b100.Cities)).code("gender", "", one(r, genders))
		}),
		shape("pat_has_condition", "Patient?_has:Condition:patient:code={snomed}", askHas),
		shape("pat_revinclude", "Patient?_id={id}&_revinclude=Condition, MedicationRequest", askRevInclude),
		shape("obs_pat", "Observation?patient={id}", func(e *Env, r *rand.Rand) *query { return on("Observation").patient(e.any(r)) }),
		shape("obs_pat_code", "Observation?patient={id}&code={loinc}", askPatientCode),
		shape("obs_pat_newest", "Observation?patient={id}&category={…}&_sort=-date", askPatientCategory),
		shape("obs_pat_code_year", "Observation?patient={id}&code={loinc}&date=ge{y}&date=lt{y+1}", func(e *Env, r *rand.Rand) *query {
			year := 2014 + r.IntN(10)
			return on("Observation").patient(e.any(r)).token("code", b100.LOINC, anyCode(r)).between("date", january(year), january(year+1))
		}),
		shape("obs_encounter", "Observation?encounter={id}", func(e *Env, r *rand.Rand) *query {
			return on("Observation").refers("encounter", e.any(r), 3+b100.Ref(r.IntN(10)))
		}),
		shape("obs_code", "Observation?code={loinc}", askCode),
		shape("obs_codes", "Observation?patient={id}&code={loinc},{loinc},{loinc}", func(e *Env, r *rand.Rand) *query {
			p := r.Perm(len(b100.Measurements))
			code := func(i int) string { return b100.Measurements[p[i]].Code }
			return on("Observation").patient(e.any(r)).token("code", b100.LOINC, code(0), code(1), code(2))
		}),
		shape("obs_code_value", "Observation?code={loinc}&value-quantity=gt{70 %}", askCodeValue),
		shape("obs_code_year", "Observation?code={loinc}&date=ge{y}&date=lt{y+1}&_sort=-date", askCodeDate),
		shape("obs_chain", "Observation?subject:Patient.family={family}&code={heart rate}", func(e *Env, r *rand.Rand) *query {
			return chained(e.any(r).Family, "family")
		}),
		shape("obs_count", "Observation?code={loinc}&_summary=count", askCount),
		shape("obs_total", "Observation?code={loinc}&_total=accurate", askTotal),
		shape("enc_pat_newest", "Encounter?patient={id}&_sort=-date", askEncounters),
		shape("enc_class_year", "Encounter?class={class}&date=ge{y}&date=lt{y+1}", func(_ *Env, r *rand.Rand) *query {
			year := 2014 + r.IntN(10)
			return walked(on("Encounter").code("class", "http://terminology.hl7.org/CodeSystem/v3-ActCode", one(r, []string{"AMB", "EMER", "IMP", "HH"})).
				between("date", january(year), january(year+1)))
		}),
		shape("enc_include", "Encounter?patient={id}&_include=…:patient&_include=…:service-provider", askInclude),
		shape("cond_pat", "Condition?patient={id}", func(e *Env, r *rand.Rand) *query { return on("Condition").patient(e.any(r)) }),
		shape("cond_code", "Condition?code={snomed}", func(_ *Env, r *rand.Rand) *query {
			return on("Condition").token("code", b100.SNOMED, one(r, b100.Diagnoses()))
		}),
		shape("med_pat_status", "MedicationRequest?patient={id}&status=active", func(e *Env, r *rand.Rand) *query {
			return on("MedicationRequest").patient(e.any(r)).code("status", "", "active")
		}),
		shape("imm_pat", "Immunization?patient={id}&_sort=-date", func(e *Env, r *rand.Rand) *query {
			return on("Immunization").patient(e.any(r)).newest("date")
		}),
		shape("report_results", "DiagnosticReport?patient={id}&_include=DiagnosticReport:result", func(e *Env, r *rand.Rand) *query {
			q := on("DiagnosticReport").patient(e.any(r)).arg("_include", "DiagnosticReport:result")
			q.bring = func(b *b100.Bundle) (found []int) {
				for _, entry := range b.Entries {
					results, _ := entry.Resource.Get("result").(b100.Array)
					for _, v := range results {
						found = append(found, int(v.(b100.Object).Get("reference").(b100.Ref)))
					}
				}
				return found
			}
			q.special = included(q, resultOf)
			return q
		}),
	}
}

var genders = []string{"male", "female"}

func january(year int) string { return fmt.Sprintf("%d-01-01", year) }

// walked lets Postgres go through the last condition.
func walked(q *query) *query {
	q.find = q.find.WalkLast()
	return q
}

// inTurn is all of some scenarios one after the other.
func inTurn(name, request string, all []Scenario) Scenario {
	s := Scenario{Name: name, Group: Public, Request: request}
	turn := func(side func(Scenario) func(context.Context, *Env, *Worker) measure.Op) func(context.Context, *Env, *Worker) measure.Op {
		return func(ctx context.Context, e *Env, w *Worker) measure.Op {
			var ops []measure.Op
			for _, one := range all {
				ops = append(ops, side(one)(ctx, e, w))
			}
			next := w.Rand.IntN(len(ops))
			return func() error {
				op := ops[next]
				next = (next + 1) % len(ops)
				return op()
			}
		}
	}
	s.Server = turn(func(one Scenario) func(context.Context, *Env, *Worker) measure.Op { return one.Server })
	s.Raw = turn(func(one Scenario) func(context.Context, *Env, *Worker) measure.Op { return one.Raw })
	for _, one := range all {
		s.questions = both(s.questions, one.questions)
	}
	s.Check = checkQuestions(s)
	return s
}

// both is the questions of two; nil asks none.
func both(a, b func(*Env, *rand.Rand) []*query) func(*Env, *rand.Rand) []*query {
	if a == nil {
		return b
	}
	return func(e *Env, r *rand.Rand) []*query { return slices.Concat(a(e, r), b(e, r)) }
}
