package clinic

import (
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// length of one consultation, and of one slot.
const length = 30 * time.Minute

// horizon is for how many days from today on slots are published.
const horizon = 28

// calendar holds every doctor's consultations, past and to come.
type calendar struct {
	today time.Time // midnight
	taken map[cell]models.AppointmentStatus
}

// cell is one place in a doctor's calendar.
type cell struct {
	doctor int
	start  int64 // Unix seconds
}

// date is midnight of the day that many days from today.
func (c *calendar) date(day int) time.Time { return c.today.AddDate(0, 0, day) }

// at is a time of the clock on a day.
func (c *calendar) at(day, hour, minute int) time.Time {
	y, m, d := c.date(day).Date()
	return time.Date(y, m, d, hour, minute, 0, 0, c.today.Location())
}

// consultations are the start times of a doctor's consultations on a day,
// whether taken or not.
func (c *calendar) consultations(d *doctor, day int) []time.Time {
	var starts []time.Time
	for _, s := range d.sessions {
		if s.day != c.date(day).Weekday() {
			continue
		}
		for minutes := 0; minutes < sessionHours*60; minutes += int(length / time.Minute) {
			starts = append(starts, c.at(day, s.from+minutes/60, minutes%60))
		}
	}
	return starts
}

// onLeave says whether the doctor's consultations of the day are called off.
func onLeave(d *doctor, day int) bool { return d.n == away && day >= awayFrom && day <= awayTo }

// book finds the doctor a free place on the day nearest to the wanted one that
// is not earlier than first or later than last and that the patient has not
// been given already, and takes it. prefer chooses among the places of a day.
func (c *calendar) book(d *doctor, want, first, last, prefer int, busy map[int]bool, status models.AppointmentStatus) (day int, start time.Time, ok bool) {
	for away := 0; away <= last-first; away++ {
		for _, day := range []int{want - away, want + away} {
			if day < first || day > last || busy[day] || onLeave(d, day) {
				continue
			}
			starts := c.consultations(d, day)
			for i := range starts {
				start := starts[(i+prefer)%len(starts)]
				if _, taken := c.taken[cell{d.n, start.Unix()}]; !taken {
					c.taken[cell{d.n, start.Unix()}] = status
					busy[day] = true
					return day, start, true
				}
			}
		}
	}
	return 0, time.Time{}, false
}
