package clinic

import models "github.com/samply/golang-fhir-models/fhir-models/fhir"

// chart is everything about one person, what is referred to before what refers
// to it as far as that goes.
func (c *plan) chart(p *person) []byte {
	var t transaction
	b := newBody(p)
	t.put(c.patient(p))
	t.put(c.coverage(p))
	t.put(c.careTeam(p))
	for _, a := range c.allergies(p) {
		t.put(a)
	}
	for _, i := range c.immunizations(p) {
		t.put(i)
	}
	for _, a := range p.ailments {
		t.put(c.condition(p, a))
	}
	for _, v := range p.visits {
		t.put(c.appointment(p, v))
	}
	seen := p.seen()
	var measured []models.Observation
	for _, v := range seen {
		t.put(c.encounter(p, v))
		measured = nil
		if !v.virtual {
			measured = c.vitals(p, v, b.measure(&c.calendar, v.day))
		}
		for _, o := range measured {
			t.put(o)
		}
	}
	for _, o := range c.home(p, b) {
		t.put(o)
	}
	for _, r := range append(c.laboratory(p, b), c.studies(p, b)...) {
		for _, o := range r.results {
			t.put(o)
		}
		if r.file != nil {
			t.put(*r.file)
		}
		t.put(r.DiagnosticReport)
	}
	orders := c.prescriptions(p)
	for _, m := range orders {
		t.put(m)
	}
	last := seen[len(seen)-1]
	t.put(c.note(p, last, measured, orders))
	if p.n%8 == 5 {
		document, file := c.upload(p, last)
		t.put(file)
		t.put(document)
	}
	return t.close()
}
