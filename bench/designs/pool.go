package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// pool is what is asked for: a sample of what was loaded, drawn while loading,
// and how frequent each code is.
type pool struct {
	Patients     []patient
	Observations []observation
	Conditions   []coded
	Changed      [][2]int64 // observations whose status is changed while the clock runs, and the patients

	Codes     map[string]int       // observations by system|code
	Diagnoses map[string]int       // conditions by system|code
	Values    map[string][]float64 // of some observations, by system|code
	Seen      [3]int               // of which the samples are
	Count     int
}

type patient struct {
	ID, Family  string
	Identifiers [][2]string // system, value
}

type coded struct{ System, Code string }

type observation struct {
	coded
	Patient, Category string
	Year              int
}

const sample = 20_000

// keep puts the n-th of its kind into the sample, in place of another if that
// is full.
func keep[T any](list []T, seen *int, v T, r *rand.Rand) []T {
	*seen++
	if len(list) < sample {
		return append(list, v)
	}
	if at := r.IntN(*seen); at < sample {
		list[at] = v
	}
	return list
}

// add notes what a resource can be asked for.
func (p *pool) add(e *entry, v *values, r *rand.Rand) {
	if p.Codes == nil {
		p.Codes, p.Diagnoses, p.Values = map[string]int{}, map[string]int{}, map[string][]float64{}
	}
	p.Count++
	token := func(code string) (found coded) {
		source := v.source(e.typ, code)
		for _, t := range e.says.Tokens {
			if t.Param == source && t.TypeCode == "" && t.System != "" {
				return coded{t.System, t.Code}
			}
		}
		return coded{}
	}
	switch e.typ {
	case "Patient":
		one := patient{ID: e.id}
		for _, t := range e.says.Tokens {
			if t.Param == "identifier" && t.TypeCode == "" && t.System != "" {
				one.Identifiers = append(one.Identifiers, [2]string{t.System, t.Code})
			}
		}
		for _, s := range e.says.Strings {
			if s.Param == "family" {
				one.Family = s.Text
			}
		}
		if one.Family != "" && len(one.Identifiers) > 0 {
			p.Patients = keep(p.Patients, &p.Seen[0], one, r)
		}
	case "Observation":
		one := observation{coded: token("code"), Category: token("category").Code}
		for _, f := range e.says.References {
			if f.Param == v.source("Observation", "patient") {
				one.Patient = f.ID
			}
		}
		for _, d := range e.says.Dates {
			if d.Param == v.source("Observation", "date") {
				one.Year = d.Low.Year()
			}
		}
		name := one.System + "|" + one.Code
		p.Codes[name]++
		for _, q := range e.says.Quantities {
			if value, err := strconv.ParseFloat(q.High, 64); err == nil && q.Param == v.source("Observation", "value-quantity") && len(p.Values[name]) < 1000 {
				p.Values[name] = append(p.Values[name], value)
			}
		}
		if one.Code != "" && one.Patient != "" && one.Year > 0 {
			p.Observations = keep(p.Observations, &p.Seen[1], one, r)
			if len(p.Changed) < sample {
				p.Changed = append(p.Changed, [2]int64{e.rid, search.Hash("Patient/" + one.Patient)})
			}
		}
	case "Condition":
		if one := token("code"); one.Code != "" {
			p.Diagnoses[one.System+"|"+one.Code]++
			p.Conditions = keep(p.Conditions, &p.Seen[2], one, r)
		}
	}
}

func (p *pool) save(file string) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (p *pool) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	*p = pool{}
	return json.Unmarshal(text, p)
}

// drawn is what one question is about. A question uses what it needs.
type drawn struct {
	patient, family string
	identifier      token
	code, category  token
	frequent        bool // the code has so many rows that finding all does not pay
	from, to        time.Time
	above           string
	diagnosis       token
	widespread      bool  // likewise the diagnosis
	rid, home       int64 // an observation whose status changes, and its patient
	back            bool  // it changes back
}

// manyRows is from where on the server walks an order instead of finding all.
const manyRows = 1000

// draw draws at random. Codes come as often as they are in the data.
func (p *pool) draw(v *values, r *rand.Rand) drawn {
	who, o, c := p.Patients[r.IntN(len(p.Patients))], p.Observations[r.IntN(len(p.Observations))], p.Conditions[r.IntN(len(p.Conditions))]
	identifier := who.Identifiers[r.IntN(len(who.Identifiers))]
	name, diagnosis := o.System+"|"+o.Code, c.System+"|"+c.Code
	d := drawn{
		patient: "Patient/" + o.Patient, family: search.Fold(strings.TrimRight(who.Family, "0123456789")),
		identifier: v.asked("Patient", "identifier", identifier[0], identifier[1]),
		code:       v.asked("Observation", "code", o.System, o.Code),
		category:   v.asked("Observation", "category", "", o.Category),
		frequent:   p.Codes[name] >= manyRows,
		from:       time.Date(o.Year, 1, 1, 0, 0, 0, 0, time.UTC), to: time.Date(o.Year+1, 1, 1, 0, 0, 0, 0, time.UTC),
		above:      "0",
		diagnosis:  v.asked("Condition", "code", c.System, c.Code),
		widespread: p.Diagnoses[diagnosis]*p.Diagnoses[diagnosis] > 40*p.Seen[0],
	}
	changed := p.Changed[r.IntN(len(p.Changed))]
	d.rid, d.home = changed[0], changed[1]
	if values := slices.Sorted(slices.Values(p.Values[name])); len(values) > 0 {
		d.above = strconv.FormatFloat(values[len(values)*7/10], 'f', -1, 64)
	}
	return d
}
