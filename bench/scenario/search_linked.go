package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

const heartRate = "8867-4"

// What stands before a reference in the JSON of the raw side, which has no
// table of what refers to what.
var (
	subjectOf   = member{`"subject":{"reference":"`, "Patient/"}
	hospitalOf  = member{`"serviceProvider":{"reference":"`, "Organization/"}
	performerOf = member{`"individual":{"reference":"`, "Practitioner/"}
	resultOf    = member{`{"reference":"`, "Observation/"}
)

type member struct{ before, typ string }

func (m member) append(to []string, content []byte) []string {
	return raw.References(to, content, m.before, m.typ)
}

func askChain(e *Env, r *rand.Rand) *query { return chained(e.any(r).Family, "name") }

// chained asks for the heart rates of people of a name. Postgres finds the
// people first, then what is about them.
func chained(text, param string) *query {
	q := on("Observation").arg("subject:Patient."+param, url.QueryEscape(text)).token("code", b100.LOINC, heartRate)
	q.linked = func(b *b100.Bundle) bool {
		return slices.ContainsFunc(raw.Values(b.Entries[0].Resource, param), func(v any) bool { return begins(v, text) })
	}
	q.special = func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
		patients, err := pg.Named(ctx, "Patient", param, text)
		if err != nil || len(patients) == 0 {
			return 0, 0, err
		}
		n, err = pg.Search(ctx, raw.Find("Observation").Reference("subject", patients...).Token("code", b100.LOINC, heartRate), visit)
		return n, 0, err
	}
	return q
}

// askHas asks for people with a diagnosis. Postgres finds diagnoses until it
// has a page of people; those lie close together.
func askHas(_ *Env, r *rand.Rand) *query {
	code := one(r, b100.Diagnoses())
	q := on("Patient").arg("_has:Condition:patient:code", url.QueryEscape(b100.SNOMED+"|"+code))
	q.linked = func(b *b100.Bundle) bool {
		return slices.ContainsFunc(b.Entries, func(entry b100.Entry) bool {
			return entry.Template.Type == "Condition" && b100.Code(entry.Resource) == code
		})
	}
	q.special = func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
		var patients []string
		for most := 2 * q.count; ; most *= 10 {
			patients = patients[:0]
			n, err := pg.Search(ctx, raw.Find("Condition").Token("code", b100.SNOMED, code).Most(most), func(content []byte) {
				patients = subjectOf.append(patients, content)
			})
			if err != nil {
				return 0, 0, err
			}
			if len(patients) >= q.count || n < most {
				break
			}
		}
		n, err = pg.ReadMany(ctx, patients[:min(len(patients), q.count)], visit)
		return n, 0, err
	}
	return q
}

// askInclude asks for the encounters of a patient with patient and hospital.
func askInclude(e *Env, r *rand.Rand) *query {
	q := on("Encounter").patient(e.any(r)).arg("_include", "Encounter:patient").arg("_include", "Encounter:service-provider")
	q.bring = func(*b100.Bundle) []int { return []int{0, 1} } // all ten are of one patient at one hospital
	q.special = included(q, subjectOf, hospitalOf)
	return q
}

// included asks Postgres for the matches, then for what they refer to.
func included(q *query, members ...member) rawQuestion {
	return func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
		var refs []string
		n, err = pg.Search(ctx, q.find, func(content []byte) {
			for _, m := range members {
				refs = m.append(refs, content)
			}
			if visit != nil {
				visit(content)
			}
		})
		if err != nil {
			return 0, 0, err
		}
		more, err := pg.ReadMany(ctx, refs, visit)
		return n + more, 0, err
	}
}

// askRevInclude asks for a patient with diagnoses and prescriptions.
func askRevInclude(e *Env, r *rand.Rand) *query {
	q := thePatient(e.any(r)).arg("_revinclude", "Condition:patient").arg("_revinclude", "MedicationRequest:patient")
	q.bring = func(*b100.Bundle) []int {
		return slices.Concat(b100.Positions("Condition"), b100.Positions("MedicationRequest"))
	}
	q.special = func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
		n, err = pg.About(ctx, q.in.RawRefs[0], []string{"Condition.patient", "MedicationRequest.patient"}, visit)
		return n, 0, err
	}
	return q
}

// thePatient asks for the patient of a bundle by id.
func thePatient(l *Loaded) *query {
	q := on("Patient").arg("_id", l.patientID())
	q.in = l
	q.special = func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
		n, err = pg.ReadMany(ctx, q.in.RawRefs[:1], visit)
		return n, 0, err
	}
	return q
}

// everything is a patient's whole record: all of its bundle.
func everythingServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return everythingOf(e.any(w.Rand)) })
}

func everythingOf(l *Loaded) string { return "/Patient/" + l.patientID() + "/$everything?_count=200" }

// compartment is what leads from the types of the data set to the patient.
var compartment = []string{"Encounter.patient", "Observation.patient", "Condition.patient", "MedicationRequest.patient", "Procedure.patient",
	"Immunization.patient", "DiagnosticReport.patient", "Claim.patient", "ExplanationOfBenefit.patient"}

func everythingRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		n, err := recordOf(ctx, w.PG, e.any(w.Rand), nil)
		if err == nil && n != b100.Size {
			err = fmt.Errorf("a record of %d resources", n)
		}
		return err
	}
}

// recordOf is what refers to the patient, and the people and places of the
// encounters.
func recordOf(ctx context.Context, pg *raw.Conn, l *Loaded, visit raw.Visit) (int, error) {
	var refs []string
	n, err := pg.About(ctx, l.RawRefs[0], compartment, func(content []byte) {
		refs = hospitalOf.append(performerOf.append(refs, content), content)
		if visit != nil {
			visit(content)
		}
	})
	if err != nil {
		return 0, err
	}
	more, err := pg.ReadMany(ctx, refs, visit)
	return n + more, err
}

// checkEverything finds each resource of a bundle in the record of its
// patient, once, as it was sent, and nothing else.
func checkEverything(ctx context.Context, e *Env, conn *client.Conn) error {
	r := b100.Rand(stream)
	for range asks {
		l := e.any(r)
		resp, err := conn.Get(everythingOf(l))
		if err != nil {
			return err
		}
		b, err := parseBundle(resp, "searchset")
		if err != nil {
			return err
		}
		if err := e.wholeRecord(l, b); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) wholeRecord(l *Loaded, b bundle) error {
	sent := map[string][]byte{}
	for at, entry := range b100.New(l.N).Entries {
		sent[l.Refs[at]] = entry.Template.Append(nil, l.Refs)
	}
	if len(b.Entry) < len(sent) || e.Fresh && len(b.Entry) != len(sent) {
		return fmt.Errorf("$everything has %d entries, the patient's bundle has %d", len(b.Entry), len(sent))
	}
	for _, entry := range b.Entry {
		i, err := identify(entry.Resource)
		if err != nil {
			return err
		}
		ref := i.ResourceType + "/" + i.ID
		if sent[ref] == nil {
			if e.Fresh {
				return fmt.Errorf("%s comes twice or does not belong to the patient", ref)
			}
			continue
		}
		if entry.FullURL == "" {
			return fmt.Errorf("%s has no fullUrl", ref)
		}
		if err := same(sent[ref], entry.Resource, e.Exact); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
		delete(sent, ref)
	}
	if len(sent) > 0 {
		return fmt.Errorf("%d resources of the patient are missing", len(sent))
	}
	return nil
}

// ErrTooFew says that a scenario needs more data than were loaded.
var ErrTooFew = errors.New("too few data")
