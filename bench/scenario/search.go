package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// query is a search drawn at random, and what a brute-force count over the
// loaded bundles says must come back.
type query struct {
	path     string
	matches  int // in all
	included int // on the first page
	total    bool
	only     bool // _summary=count: no entries
}

// page is the _count of the searches.
const page = 20

// asker draws a search from the loaded data: never a fixed one, so that no
// cache of answers helps. With count it also says what must come back.
type asker func(e *Env, r *rand.Rand, count bool) query

// searches is the scenarios that ask by GET alone. They are checked first,
// while the server holds what was loaded and nothing else.
func searches() []Scenario {
	row := func(name, request string, ask asker) Scenario {
		return Scenario{Name: name, Group: Search, Request: request, Check: checkSearch(ask), Server: searchServer(ask)}
	}
	return []Scenario{
		row("s_ident", "Patient?identifier={mrn}", askIdentifier),
		row("s_name", "Patient?name={family}", askName),
		row("s_birth", "Patient?birthdate=ge{date}", askBirth),
		row("s_obs_pat_code", "Observation?patient={id}&code={loinc}", askPatientCode),
		row("s_obs_code", "Observation?code={loinc}", askCode("", query{})),
		row("s_obs_pat_cat_sort", "Observation?patient={id}&category={…}&_sort=-date", askPatientCategory),
		row("s_obs_code_date", "Observation?code={loinc}&date=ge{y}&date=lt{y+1}&_sort=-date", askCodeDate),
		row("s_obs_code_value", "Observation?code={loinc}&value-quantity=gt{70 %}", askCodeValue),
		row("s_enc_pat_sort", "Encounter?patient={id}&_sort=-date", askEncounters),
		row("s_chain", "Observation?subject:Patient.name={family}&code={heart rate}", askChain),
		row("s_has", "Patient?_has:Condition:patient:code={snomed}", askHas),
		row("s_include", "Encounter?patient={id}&_include=…:patient&_include=…:service-provider", askInclude),
		row("s_revinclude", "Patient?_id={id}&_revinclude=Condition, MedicationRequest", askRevInclude),
		row("s_count", "Observation?code={loinc}&_summary=count", askCode("&_summary=count", query{total: true, only: true})),
		row("s_total", "Observation?code={loinc}&_total=accurate", askCode("&_total=accurate", query{total: true})),
		{Name: "everything", Group: Search, Request: "GET /Patient/{id}/$everything?_count=200", Check: checkEverything, Server: everythingServer},
		{Name: "s_page50", Group: Search, Request: "s_obs_code, the 50th page by its link", Prepare: preparePages, Check: checkPages, Server: pageServer},
	}
}

func searchServer(ask asker) func(context.Context, *Env, *Worker) measure.Op {
	return func(_ context.Context, e *Env, w *Worker) measure.Op {
		return get(w, func() string { return ask(e, w.Rand, false).path })
	}
}

// checkSearch asks a few times and counts.
func checkSearch(ask asker) func(context.Context, *Env, *client.Conn) error {
	return func(_ context.Context, e *Env, conn *client.Conn) error {
		r := b100.Rand(stream)
		for range 5 {
			if err := checkQuery(e, conn, ask(e, r, true)); err != nil {
				return err
			}
		}
		return nil
	}
}

func checkQuery(e *Env, conn *client.Conn, q query) error {
	resp, err := conn.Get(q.path)
	if err != nil {
		return err
	}
	b, err := parseBundle(resp, "searchset")
	if err != nil {
		return err
	}
	found := map[string]int{}
	for _, entry := range b.Entry {
		found[entry.Search.Mode]++
		if entry.FullURL == "" || len(entry.Resource) == 0 {
			return fmt.Errorf("%s: an entry without fullUrl or resource", q.path)
		}
	}
	if len(b.Link) == 0 {
		return fmt.Errorf("%s: no link to itself", q.path)
	}
	want := min(q.matches, page)
	if q.only {
		want = 0
	}
	less := found["match"] < want || e.Fresh && found["match"] != want
	if less || found["include"] != q.included {
		return fmt.Errorf("%s: %v, counted were %d matches and %d included", q.path, found, want, q.included)
	}
	if q.total && (b.Total == nil || *b.Total < q.matches || e.Fresh && *b.Total != q.matches) {
		return fmt.Errorf("%s: total %v, counted were %d", q.path, b.Total, q.matches)
	}
	return nil
}

// count adds up over the loaded bundles.
func (e *Env) count(in func(*b100.Bundle) int) (n int) {
	for _, l := range e.Loaded {
		n += in(b100.New(l.N))
	}
	return n
}

func token(system, code string) string { return url.QueryEscape(system + "|" + code) }

func (l *Loaded) patientID() string { return strings.TrimPrefix(l.Refs[0], "Patient/") }

func askIdentifier(e *Env, r *rand.Rand, _ bool) query {
	return query{path: "/Patient?identifier=" + token(b100.MRN, e.any(r).MRN), matches: 1}
}

func askName(e *Env, r *rand.Rand, count bool) query {
	family := b100.Families[r.IntN(len(b100.Families))]
	q := query{path: fmt.Sprintf("/Patient?name=%s&_count=%d", family, page)}
	if count {
		q.matches = e.count(func(b *b100.Bundle) int {
			for _, part := range b100.Names(b.Entries[0].Resource) {
				if strings.HasPrefix(strings.ToLower(part), strings.ToLower(family)) {
					return 1
				}
			}
			return 0
		})
	}
	return q
}

func askBirth(e *Env, r *rand.Rand, count bool) query {
	from := e.any(r).Birth
	q := query{path: fmt.Sprintf("/Patient?birthdate=ge%s&_count=%d", from, page)}
	if count {
		for _, l := range e.Loaded {
			if l.Birth >= from {
				q.matches++
			}
		}
	}
	return q
}

// measured counts the observations of a bundle that have the code.
func measured(code string) func(*b100.Bundle) int {
	return func(b *b100.Bundle) (n int) {
		for _, entry := range b.Entries {
			if entry.Template.Type == "Observation" && b100.Code(entry.Resource) == code {
				n++
			}
		}
		return n
	}
}

func anyCode(r *rand.Rand) string { return b100.Measurements[r.IntN(len(b100.Measurements))].Code }

func askPatientCode(e *Env, r *rand.Rand, count bool) query {
	l, code := e.any(r), anyCode(r)
	q := query{path: fmt.Sprintf("/Observation?patient=%s&code=%s&_count=%d", l.patientID(), token(b100.LOINC, code), page)}
	if count {
		q.matches = measured(code)(b100.New(l.N))
	}
	return q
}

func askCode(more string, q query) asker {
	return func(e *Env, r *rand.Rand, count bool) query {
		code, q := anyCode(r), q
		q.path = fmt.Sprintf("/Observation?code=%s&_count=%d%s", token(b100.LOINC, code), page, more)
		if count {
			q.matches = e.count(measured(code))
		}
		return q
	}
}

func askInclude(e *Env, r *rand.Rand, _ bool) query {
	return query{
		path:    fmt.Sprintf("/Encounter?patient=%s&_include=Encounter:patient&_include=Encounter:service-provider&_count=%d", e.any(r).patientID(), page),
		matches: 10, included: 2, // all ten are of one patient at one hospital
	}
}

func askRevInclude(e *Env, r *rand.Rand, _ bool) query {
	return query{
		path:    fmt.Sprintf("/Patient?_id=%s&_revinclude=Condition:patient&_revinclude=MedicationRequest:patient", e.any(r).patientID()),
		matches: 1, included: 18, // ten conditions and eight prescriptions
	}
}
