package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// The walk is the search workload of Health Samurai's benchmark: one search
// after the other through all kinds of parameters, modifiers and prefixes, with
// values drawn from the data. Every request counts.

// station is one search of the walk, and how often it comes in a round.
type station struct {
	name  string
	times int
	ask   asker
}

// asTheyAsk is the headers of that workload.
var asTheyAsk = []client.Header{{Name: "Accept-Encoding", Value: "gzip"}, {Name: "Cache-Control", Value: "no-cache"}}

var prefixes = []string{"", "eq", "lt", "gt", "ge", "le", "sa", "eb"}

// nobody is a text that no name begins with or contains.
const nobody = "Zzyzx"

func stations() (all []station) {
	for _, more := range [][]station{texts(), times(), tokens(), quantities(), composites(), links()} {
		all = append(all, more...)
	}
	return all
}

// texts is nineteen values that are found and one that is not, from the start
// and anywhere.
func texts() (all []station) {
	for _, p := range []struct {
		typ, param string
		from       []string
	}{
		{"Patient", "name", b100.Families}, {"Patient", "address", b100.Cities}, {"Organization", "name", b100.Cities},
	} {
		for _, v := range []struct {
			name  string
			times int
			ask   func(r *rand.Rand) *query
		}{
			{"", 19, func(r *rand.Rand) *query { return on(p.typ).starts(p.param, one(r, p.from)) }},
			{" miss", 1, func(*rand.Rand) *query { return on(p.typ).starts(p.param, nobody) }},
			{":contains", 19, func(r *rand.Rand) *query { return on(p.typ).contains(p.param, one(r, p.from)[1:]) }},
			{":contains miss", 1, func(*rand.Rand) *query { return on(p.typ).contains(p.param, nobody) }},
		} {
			all = append(all, station{p.typ + "." + p.param + v.name, v.times, func(_ *Env, r *rand.Rand) *query { return v.ask(r) }})
		}
	}
	return all
}

func times() (all []station) {
	for _, p := range []struct {
		typ, param  string
		first, last int
	}{{"Patient", "birthdate", 1930, 2019}, {"Observation", "date", 2014, 2023}, {"Encounter", "date", 2014, 2023}} {
		for _, prefix := range prefixes {
			all = append(all, station{p.typ + "." + p.param + " " + prefix, 1, func(_ *Env, r *rand.Rand) *query {
				day := fmt.Sprintf("%d-%02d-%02d", p.first+r.IntN(p.last-p.first+1), 1+r.IntN(12), 1+r.IntN(28))
				return on(p.typ).date(p.param, prefix, day)
			}})
		}
	}
	return all
}

// tokens is a bare code, a code of a system, and lists of two and three.
func tokens() (all []station) {
	var kinds, classes = []string{}, []string{"AMB", "EMER", "IMP", "HH"}
	for _, m := range b100.Measurements {
		kinds = append(kinds, m.Code)
	}
	for _, p := range []struct {
		typ, param, system string
		codes              []string
	}{
		{"Observation", "category", category, append(slices.Clone(categories), "imaging")},
		{"Observation", "code", b100.LOINC, kinds},
		{"Encounter", "class", "http://terminology.hl7.org/CodeSystem/v3-ActCode", classes},
		{"Encounter", "status", "http://hl7.org/fhir/encounter-status", []string{"finished", "planned", "cancelled"}},
	} {
		some := func(r *rand.Rand, n int) (codes []string) {
			for _, i := range r.Perm(len(p.codes))[:n] {
				codes = append(codes, p.codes[i])
			}
			return codes
		}
		name := p.typ + "." + p.param
		all = append(all,
			station{name, 1, func(_ *Env, r *rand.Rand) *query { return on(p.typ).written(p.param, "", some(r, 1)) }},
			station{name + " system", 1, func(_ *Env, r *rand.Rand) *query { return on(p.typ).written(p.param, p.system, some(r, 1)) }},
			station{name + " two", 1, func(_ *Env, r *rand.Rand) *query { return on(p.typ).written(p.param, p.system, some(r, 2)) }},
			station{name + " three", 1, func(_ *Env, r *rand.Rand) *query { return on(p.typ).written(p.param, "", some(r, 3)) }})
	}
	return all
}

// written asks for codes, of a system if one is given, without a raw side: the
// system of a status is not written in the resource.
func (q *query) written(param, system string, codes []string) *query {
	q.noRaw = true
	value := ""
	for i, code := range codes {
		if i > 0 {
			value += ","
		}
		if system != "" {
			code = url.QueryEscape(system + "|" + code)
		}
		value += code
	}
	return q.arg(param, value).test(param, func(v any) bool {
		return raw.Codes(v, func(_, code string) bool { return slices.Contains(codes, code) })
	})
}

func quantities() (all []station) {
	for _, param := range []string{"value-quantity", "component-value-quantity", "combo-value-quantity"} {
		for _, prefix := range prefixes {
			all = append(all, station{"Observation." + param + " " + prefix, 1, func(_ *Env, r *rand.Rand) *query {
				return on("Observation").number(param, prefix, strconv.Itoa(60+r.IntN(120)))
			}})
		}
	}
	return all
}

// composites is a code and a value that stand together.
func composites() (all []station) {
	part := func(v any, code string, limit float64) bool {
		o, _ := v.(b100.Object)
		n, ok := raw.Number(o.Get("valueQuantity"))
		return ok && b100.Code(o) == code && n > limit
	}
	add := func(param, code string, low, high int, whole, parts bool) {
		all = append(all, station{"Observation." + param, 1, func(_ *Env, r *rand.Rand) *query {
			limit := low + r.IntN(high-low)
			q := on("Observation").arg(param, fmt.Sprintf("%s$gt%d", code, limit))
			q.noRaw = true
			q.tests = append(q.tests, func(o b100.Object) bool {
				list, _ := o.Get("component").(b100.Array)
				return whole && part(o, code, float64(limit)) ||
					parts && slices.ContainsFunc(list, func(c any) bool { return part(c, code, float64(limit)) })
			})
			return q
		}})
	}
	add("code-value-quantity", "8867-4", 60, 120, true, false)
	add("component-code-value-quantity", "8480-6", 100, 170, false, true)
	add("combo-code-value-quantity", "8867-4", 60, 120, true, true)
	return all
}

// links is what refers to a patient, an encounter or a doctor.
func links() (all []station) {
	encounters := b100.Positions("Encounter")
	const patient, doctor = b100.Ref(0), b100.Ref(2)
	for _, p := range []struct {
		typ, param string
		to         b100.Ref
	}{
		{"Observation", "subject", patient}, {"Observation", "encounter", -1}, {"Observation", "performer", doctor},
		{"Encounter", "subject", patient}, {"Encounter", "participant", doctor},
		{"MedicationRequest", "subject", patient}, {"MedicationRequest", "encounter", -1}, {"MedicationRequest", "requester", doctor},
	} {
		all = append(all, station{p.typ + "." + p.param, 1, func(e *Env, r *rand.Rand) *query {
			to := p.to
			if to < 0 {
				to = b100.Ref(one(r, encounters))
			}
			return on(p.typ).refers(p.param, e.any(r), to)
		}})
	}
	return all
}

// walk goes through the stations in order; each worker begins somewhere else.
func walk() Scenario {
	all := stations()
	var round []asker
	for n := range 19 { // those that come often do not come in a row
		for _, s := range all {
			if n < s.times {
				round = append(round, s.ask)
			}
		}
	}
	s := Scenario{Name: "walk", Group: Public, Request: fmt.Sprintf("%d searches in turn, as Health Samurai asks; per request", len(round))}
	s.questions = func(e *Env, r *rand.Rand) (questions []*query) {
		for _, s := range all {
			questions = append(questions, s.ask(e, r).asked(asTheyAsk))
		}
		return questions
	}
	s.Server = func(_ context.Context, e *Env, w *Worker) measure.Op {
		next := w.Rand.IntN(len(round))
		return func() error {
			q := round[next](e, w.Rand)
			next = (next + 1) % len(round)
			resp, err := w.HTTP.Get(q.path(), asTheyAsk...)
			if err != nil {
				return err
			}
			return status(resp, http.StatusOK)
		}
	}
	s.Check = checkQuestions(s)
	return s
}

// asked adds headers.
func (q *query) asked(headers []client.Header) *query {
	q.headers = headers
	return q
}
