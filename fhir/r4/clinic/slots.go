package clinic

import (
	"fmt"
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// slots are the published consultations from today to the horizon.
func (c *plan) slots() []byte {
	var t transaction
	for _, d := range doctors {
		for day := range horizon {
			for _, start := range c.consultations(d, day) {
				s := models.Slot{
					Id: new(slotID(d, day, start)), Schedule: r4.Ref("Schedule", d.id()+"-schedule"), Status: c.slotStatus(d, day, start),
					Specialty: []models.CodeableConcept{r4.Concept("", r4.Coding(r4.SNOMED, d.specialty().snomed, d.specialty().setting))},
					Start:     r4.DateTime(start), End: r4.DateTime(start.Add(length)),
				}
				if s.Status == models.SlotStatusBusyUnavailable {
					s.Comment = new(awayWhy)
				}
				t.put(s)
			}
		}
	}
	return t.close()
}

// slotID names a slot by week, weekday and time, so that the ids are the same
// whatever day the four weeks begin on.
func slotID(d *doctor, day int, start time.Time) string {
	weekday := strings.ToLower(start.Weekday().String()[:3])
	return fmt.Sprintf("%s-slot-w%d-%s-%s", d.id(), day/7+1, weekday, start.Format("1504"))
}

// slotStatus follows the appointment in the slot: what is not confirmed yet
// holds it tentatively, what was cancelled gives it back.
func (c *plan) slotStatus(d *doctor, day int, start time.Time) models.SlotStatus {
	if onLeave(d, day) {
		return models.SlotStatusBusyUnavailable
	}
	status, taken := c.taken[cell{d.n, start.Unix()}]
	switch {
	case !taken || status == models.AppointmentStatusCancelled:
		return models.SlotStatusFree
	case status == models.AppointmentStatusBooked:
		return models.SlotStatusBusy
	}
	return models.SlotStatusBusyTentative
}
