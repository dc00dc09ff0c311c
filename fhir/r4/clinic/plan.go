package clinic

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// plan is who sees whom when; resources are made from it patient by patient.
type plan struct {
	calendar
	people []*person
	latin  func(string) string // text in the encoding of a PDF's core fonts
}

// person is a patient with everything that was decided beforehand.
type person struct {
	cast
	n        int // number, from 1
	born     time.Time
	gp       *doctor
	ailments []*ailment
	visits   []*visit // in the order of time; those that wait for a time come last
}

// ailment is a problem that somebody has.
type ailment struct {
	*problem
	doctor  *doctor
	began   int    // day, relative to today
	treated int    // day of the first visit for it that we know of
	visit   *visit // the only visit of an acute problem; nil for a lasting one

	followed int // visits planned for it
}

// visit is an appointment, and the encounter it became.
type visit struct {
	n       int
	doctor  *doctor
	day     int
	start   time.Time // zero while waiting for a time
	status  models.AppointmentStatus
	ailment *ailment // the reason; nil for a check-up
	virtual bool
}

// waits is 1 for a visit that has no time yet, else 0.
func (v *visit) waits() int {
	if v.start.IsZero() {
		return 1
	}
	return 0
}

// purposes of drawing lots: each has a stream of its own, so that a change in
// one leaves the others as they were.
const (
	forPlan = iota + 1
	forBody
	forBlood
	forPerson
	forTrace
)

// lots is the random source of one person for one purpose.
func lots(n int, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(0x77656264_6f63746f, uint64(n)<<8|purpose))
}

// newPlan decides everything that patients compete for. Nothing it decides
// depends on the date, save for shifting to the days on which a doctor works.
func newPlan(now time.Time) *plan {
	y, m, d := now.Date()
	p := &plan{
		calendar: calendar{today: time.Date(y, m, d, 0, 0, 0, 0, now.Location()), taken: map[cell]models.AppointmentStatus{}},
		latin:    fpdf.New("P", "mm", "A4", "").UnicodeTranslatorFromDescriptor(""),
	}
	for i, row := range patients {
		p.people = append(p.people, p.enrol(i+1, row))
	}
	return p
}

func (c *plan) enrol(n int, row cast) *person {
	r := lots(n, forPlan)
	p := &person{cast: row, n: n, gp: of("family")}
	p.born = time.Date(c.today.Year()-row.age, time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, c.today.Location())
	if row.age < 18 {
		p.gp = of("pediatrics")
	}
	for _, key := range strings.Fields(row.problems) {
		a := &ailment{problem: named(problems, key), began: -140 - r.IntN(30)}
		if span := a.years; span[1] > 0 {
			a.began = -365*span[0] - r.IntN(365*(span[1]-span[0])+1)
		}
		if limit := -365 * (row.age - 2); row.age < 18 && a.began < limit {
			a.began = limit
		}
		a.doctor = of(a.specialty)
		if a.specialty == "family" {
			a.doctor = p.gp
		}
		p.ailments = append(p.ailments, a)
	}
	busy := map[int]bool{}
	c.past(p, r, busy)
	c.future(p, r, busy)
	slices.SortStableFunc(p.visits, func(a, b *visit) int {
		return cmp.Or(cmp.Compare(a.waits(), b.waits()), cmp.Compare(a.day, b.day))
	})
	for i, v := range p.visits {
		v.n = i + 1
	}
	return p
}

// past spreads visits over two years: a check-up every half year, follow-ups
// by the doctors of the problems, and now and then something acute.
func (c *plan) past(p *person, r *rand.Rand, busy map[int]bool) {
	last := -3 - p.diedDaysAgo
	count := min(4+len(p.ailments)+r.IntN(2), 6)
	for i := range count {
		want := -730 + (i*2+1)*(730+last)/(2*count) + r.IntN(21) - 10
		v := &visit{doctor: p.gp, status: models.AppointmentStatusFulfilled}
		switch known := p.chronic(want - 5); {
		case i%3 != 0 && len(known) > 0:
			v.ailment = slices.MinFunc(known, func(a, b *ailment) int { return cmp.Compare(a.followed, b.followed) })
			v.ailment.followed++
			v.doctor = v.ailment.doctor
			v.virtual = i > 2 && r.IntN(5) == 0
		case i%3 == 1 || r.IntN(4) == 0:
			v.ailment = &ailment{problem: p.catches(r), doctor: p.gp, visit: v}
		}
		switch r.IntN(16) {
		case 0:
			v.status = models.AppointmentStatusNoshow
		case 1:
			v.status = models.AppointmentStatusCancelled
		}
		if i == count-1 || v.ailment != nil && v.ailment.visit != nil {
			v.status = models.AppointmentStatusFulfilled
		}
		first := -735
		if len(p.visits) > 0 {
			first = p.visits[len(p.visits)-1].day + 1
		}
		var ok bool
		if v.day, v.start, ok = c.book(v.doctor, max(want, first), first, last, r.IntN(6), busy, v.status); !ok {
			panic(fmt.Sprintf("clinic: no place for visit %d of patient %d", i, p.n))
		}
		p.visits = append(p.visits, v)
		if a := v.ailment; a != nil && a.visit != nil {
			a.began, a.treated = v.day-2, v.day
			p.ailments = append(p.ailments, a)
		} else if a != nil && a.treated == 0 && v.status == models.AppointmentStatusFulfilled {
			a.treated = v.day
		}
	}
}

// catches draws an acute problem that the person can have.
func (p *person) catches(r *rand.Rand) *problem {
	keys := []string{"pharyngitis", "sinusitis", "bronchitis", "ankle-sprain"}
	switch {
	case p.age < 10:
		keys = append(keys, "otitis-media", "otitis-media")
	case p.sex == 'f' && p.age > 17:
		keys = append(keys, "cystitis")
	}
	return named(acute, keys[r.IntN(len(keys))])
}

// future books the next weeks, most of all today, which is what one looks at
// first.
func (c *plan) future(p *person, r *rand.Rand, busy map[int]bool) {
	if p.diedDaysAgo > 0 {
		return
	}
	chronic := p.chronic(0)
	for range []int{0, 1, 1, 2}[r.IntN(4)] {
		v := &visit{doctor: p.gp, status: models.AppointmentStatusBooked}
		if len(chronic) > 0 && r.IntN(3) > 0 {
			v.ailment = chronic[r.IntN(len(chronic))]
			v.doctor = v.ailment.doctor
		}
		v.virtual = r.IntN(4) == 0
		want := r.IntN(horizon)
		if r.IntN(3) == 0 {
			want = 0
		}
		switch r.IntN(20) {
		case 0, 1:
			v.status = models.AppointmentStatusPending
		case 2:
			v.status = models.AppointmentStatusProposed
		case 3, 4:
			v.status = models.AppointmentStatusCancelled
		case 5:
			v.status, v.day = models.AppointmentStatusWaitlist, want
			p.visits = append(p.visits, v)
			continue
		}
		var ok bool
		if v.day, v.start, ok = c.book(v.doctor, want, 0, horizon-1, r.IntN(6), busy, v.status); ok {
			p.visits = append(p.visits, v)
		}
	}
}

// chronic are the ailments that had begun by a day and are not over.
func (p *person) chronic(day int) []*ailment {
	var list []*ailment
	for _, a := range p.ailments {
		if a.visit == nil && a.began < day {
			list = append(list, a)
		}
	}
	return list
}

func (p *person) has(key string) *ailment {
	for _, a := range p.ailments {
		if a.key == key {
			return a
		}
	}
	return nil
}

// grown says whether the person was of age throughout the two years.
func (p *person) grown() bool { return p.age > 20 }

// years is the age in completed years on a day.
func (p *person) years(on time.Time) int {
	age, err := r4.Age(r4.Date(p.born), on)
	if err != nil {
		panic(err)
	}
	return age
}

func (p *person) id() string { return fmt.Sprintf("demo-patient-%02d", p.n) }

// own is the id of something that belongs to the person.
func (p *person) own(format string, args ...any) string {
	return fmt.Sprintf("demo-%02d-", p.n) + fmt.Sprintf(format, args...)
}

func (p *person) ref() models.Reference { return r4.Ref("Patient", p.id()) }

func (p *person) encounter(v *visit) models.Reference {
	return r4.Ref("Encounter", p.own("visit-%d", v.n))
}

// seen are the visits that took place.
func (p *person) seen() []*visit {
	var list []*visit
	for _, v := range p.visits {
		if v.status == models.AppointmentStatusFulfilled {
			list = append(list, v)
		}
	}
	return list
}
