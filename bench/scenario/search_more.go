package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// ofBundle counts the resources of a type in a bundle that satisfy a condition.
func ofBundle(typ string, keep func(o b100.Object) bool) func(*b100.Bundle) int {
	return func(b *b100.Bundle) (n int) {
		for _, entry := range b.Entries {
			if entry.Template.Type == typ && keep(entry.Resource) {
				n++
			}
		}
		return n
	}
}

func askPatientCategory(e *Env, r *rand.Rand, count bool) query {
	l, category := e.any(r), []string{"laboratory", "vital-signs"}[r.IntN(2)]
	q := query{path: fmt.Sprintf("/Observation?patient=%s&category=%s&_sort=-date&_count=%d", l.patientID(), category, page)}
	if count {
		q.matches = ofBundle("Observation", func(o b100.Object) bool { return b100.Text(o, "category", "coding", "code") == category })(b100.New(l.N))
	}
	return q
}

func askCodeDate(e *Env, r *rand.Rand, count bool) query {
	code, year := anyCode(r), 2014+r.IntN(10)
	q := query{path: fmt.Sprintf("/Observation?code=%s&date=ge%d-01-01&date=lt%d-01-01&_sort=-date&_count=%d", token(b100.LOINC, code), year, year+1, page)}
	if count {
		q.matches = e.count(ofBundle("Observation", func(o b100.Object) bool {
			return b100.Code(o) == code && strings.HasPrefix(b100.Text(o, "effectiveDateTime"), strconv.Itoa(year))
		}))
	}
	return q
}

func askCodeValue(e *Env, r *rand.Rand, count bool) query {
	m := b100.Measurements[r.IntN(len(b100.Measurements))]
	// Seven tenths of the way: a value that few exceed, and that none has.
	limit := fmt.Sprintf("%d.%d5", (m.Low+(m.High-m.Low)*7/10)/10, (m.Low+(m.High-m.Low)*7/10)%10)
	q := query{path: fmt.Sprintf("/Observation?code=%s&value-quantity=gt%s&_count=%d", token(b100.LOINC, m.Code), limit, page)}
	if count {
		least, _ := strconv.ParseFloat(limit, 64)
		q.matches = e.count(ofBundle("Observation", func(o b100.Object) bool {
			v, err := strconv.ParseFloat(b100.Text(o, "valueQuantity", "value"), 64)
			return err == nil && b100.Code(o) == m.Code && v > least
		}))
	}
	return q
}

func askEncounters(e *Env, r *rand.Rand, _ bool) query {
	return query{path: fmt.Sprintf("/Encounter?patient=%s&_sort=-date&_count=%d", e.any(r).patientID(), page), matches: 10}
}

const heartRate = "8867-4"

func askChain(e *Env, r *rand.Rand, count bool) query {
	family := b100.Families[r.IntN(len(b100.Families))]
	q := query{path: fmt.Sprintf("/Observation?subject:Patient.name=%s&code=%s&_count=%d", family, token(b100.LOINC, heartRate), page)}
	if count {
		q.matches = e.count(func(b *b100.Bundle) int {
			if !called(b, family) {
				return 0
			}
			return measured(heartRate)(b)
		})
	}
	return q
}

// called says whether a part of the name of a bundle's patient begins so.
func called(b *b100.Bundle, text string) bool {
	for _, part := range b100.Names(b.Entries[0].Resource) {
		if strings.HasPrefix(strings.ToLower(part), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

func askHas(e *Env, r *rand.Rand, count bool) query {
	codes := b100.Diagnoses()
	code := codes[r.IntN(len(codes))]
	q := query{path: fmt.Sprintf("/Patient?_has:Condition:patient:code=%s&_count=%d", token(b100.SNOMED, code), page)}
	if count {
		q.matches = e.count(func(b *b100.Bundle) int {
			return min(1, ofBundle("Condition", func(o b100.Object) bool { return b100.Code(o) == code })(b))
		})
	}
	return q
}

// everything is a patient's whole record: all of its bundle.
func everythingServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return "/Patient/" + e.any(w.Rand).patientID() + "/$everything?_count=200" })
}

func checkEverything(_ context.Context, e *Env, conn *client.Conn) error {
	resp, err := conn.Get("/Patient/" + e.any(b100.Rand(stream)).patientID() + "/$everything?_count=200")
	if err != nil {
		return err
	}
	b, err := parseBundle(resp, "searchset")
	if err != nil {
		return err
	}
	if len(b.Entry) < b100.Size || e.Fresh && len(b.Entry) != b100.Size {
		return fmt.Errorf("$everything has %d entries, the patient's bundle has %d", len(b.Entry), b100.Size)
	}
	return nil
}

// deepest is how many pages are turned for the scenario of a late page.
const deepest = 50

// preparePages turns the pages for each code and keeps the links to the last.
func preparePages(_ context.Context, e *Env) error {
	if e.pages != nil {
		return nil
	}
	conn := e.Client.Conn()
	for _, m := range b100.Measurements {
		path := fmt.Sprintf("/Observation?code=%s&_count=%d", token(b100.LOINC, m.Code), page)
		for range deepest - 1 {
			resp, err := conn.Get(path)
			if err != nil {
				return err
			}
			b, err := parseBundle(resp, "searchset")
			if err != nil {
				return err
			}
			next := b.next()
			if next == "" {
				break
			}
			u, err := url.Parse(next)
			if err != nil {
				return err
			}
			path = "/Observation?" + u.RawQuery
		}
		e.pages = append(e.pages, path)
	}
	return nil
}

func pageServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return e.pages[w.Rand.IntN(len(e.pages))] })
}

func checkPages(_ context.Context, e *Env, conn *client.Conn) error {
	if len(e.pages) == 0 {
		return errors.New("no pages")
	}
	resp, err := conn.Get(e.pages[0])
	if err != nil {
		return err
	}
	b, err := parseBundle(resp, "searchset")
	if err == nil && len(b.Entry) == 0 {
		return errors.New("a late page is empty")
	}
	return err
}

// next is the link to the following page, "" at the end.
func (b bundle) next() string {
	for _, l := range b.Link {
		if l.Relation == "next" {
			return l.URL
		}
	}
	return ""
}
