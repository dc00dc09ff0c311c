package clinic_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

func TestAppointments(t *testing.T) {
	t.Parallel()
	holdAppointments(t, today(t), day)
}

// holdAppointments proves the laws of the calendar: what has been is over and
// what comes is not, a kept appointment and only a kept one became an
// encounter, nobody is in two places at once, doctors work only when they say
// they do, and the slots agree.
func holdAppointments(t *testing.T, w *world, now time.Time) {
	t.Helper()
	encounters := map[string]resource{}
	for _, e := range w.of("Encounter") {
		encounters[e.text("appointment", "0", "reference")] = e
	}
	busy := map[string][]string{} // whoever or wherever -> start times
	slots := map[string]models.AppointmentStatus{}
	y, m, d := now.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	todays := 0
	for _, res := range w.of("Appointment") {
		a, err := r4.Read[models.Appointment](res.json)
		if err != nil {
			t.Fatalf("%s: %v", res.key(), err)
		}
		if a.Start == nil {
			if a.Status != models.AppointmentStatusWaitlist || len(a.RequestedPeriod) == 0 {
				t.Errorf("%s has no time but is %s", res.key(), a.Status)
			}
			continue
		}
		start := when(t, *a.Start)
		if length := when(t, *a.End).Sub(start); length != 30*time.Minute || *a.MinutesDuration != 30 {
			t.Errorf("%s takes %s", res.key(), length)
		}
		allowed := []models.AppointmentStatus{models.AppointmentStatusFulfilled, models.AppointmentStatusNoshow, models.AppointmentStatusCancelled}
		if !start.Before(midnight) {
			allowed = []models.AppointmentStatus{models.AppointmentStatusBooked, models.AppointmentStatusPending, models.AppointmentStatusProposed, models.AppointmentStatusCancelled}
			if len(a.Slot) != 1 {
				t.Errorf("%s has %d slots", res.key(), len(a.Slot))
			} else {
				slots[*a.Slot[0].Reference] = a.Status
			}
			if start.Before(midnight.AddDate(0, 0, 1)) {
				todays++
			}
		}
		if !slices.Contains(allowed, a.Status) {
			t.Errorf("%s at %s is %s", res.key(), *a.Start, a.Status)
		}
		if created := when(t, *a.Created); !created.Before(start) || !created.Before(midnight) {
			t.Errorf("%s was made at %s for %s", res.key(), *a.Created, *a.Start)
		}
		if (a.Status == models.AppointmentStatusCancelled) != (a.CancelationReason != nil) {
			t.Errorf("%s is %s with reason %v", res.key(), a.Status, a.CancelationReason)
		}
		holdEncounter(t, res, a, encounters[res.key()])
		for _, p := range a.Participant {
			if a.Status == models.AppointmentStatusCancelled {
				break
			}
			who := *p.Actor.Reference
			if slices.Contains(busy[who], *a.Start) {
				t.Errorf("%s is needed twice at %s", who, *a.Start)
			}
			busy[who] = append(busy[who], *a.Start)
			if strings.HasPrefix(who, "Practitioner/") && !works(t, w, who, start.In(now.Location())) {
				t.Errorf("%s does not work at %s", who, *a.Start)
			}
		}
	}
	if todays == 0 {
		t.Error("nobody is expected today")
	}
	holdSlots(t, w, slots)
}

// holdEncounter proves that an appointment was kept exactly if there is an
// encounter, with the same people, at the same time, in the same manner.
func holdEncounter(t *testing.T, res resource, a models.Appointment, e resource) {
	t.Helper()
	if (a.Status == models.AppointmentStatusFulfilled) != (e.typ != "") {
		t.Errorf("%s is %s, its encounter is %q", res.key(), a.Status, e.id)
	}
	if e.typ == "" {
		return
	}
	if e.text("period", "start") != *a.Start || !when(t, e.text("period", "start")).Before(when(t, e.text("period", "end"))) ||
		e.text("subject", "reference") != *a.Participant[0].Actor.Reference ||
		e.text("participant", "0", "individual", "reference") != *a.Participant[1].Actor.Reference ||
		(e.text("class", "code") == "VR") != (r4.Virtual(a) != "") {
		t.Errorf("%s is not what %s planned", e.key(), res.key())
	}
}

// works says whether a doctor's role names that time.
func works(t *testing.T, w *world, practitioner string, at time.Time) bool {
	t.Helper()
	role := w.by["PractitionerRole/"+strings.TrimPrefix(practitioner, "Practitioner/")+"-role"]
	clock := at.Format("15:04:05")
	for hours := range role.doc.Children(role.at("availableTime")) {
		from := role.doc.Text(role.doc.Get(hours, "availableStartTime"))
		to := role.doc.Text(role.doc.Get(hours, "availableEndTime"))
		for weekday := range role.doc.Children(role.doc.Get(hours, "daysOfWeek")) {
			if role.doc.Text(weekday) == strings.ToLower(at.Weekday().String()[:3]) && clock >= from && clock < to {
				return !onLeave(role, at)
			}
		}
	}
	return false
}

func onLeave(role resource, at time.Time) bool {
	date := at.Format(time.DateOnly)
	return role.text("notAvailable", "0", "description") != "" &&
		date >= role.text("notAvailable", "0", "during", "start") && date <= role.text("notAvailable", "0", "during", "end")
}

// holdSlots proves that a slot is busy exactly if an appointment is in it.
func holdSlots(t *testing.T, w *world, taken map[string]models.AppointmentStatus) {
	t.Helper()
	for _, s := range w.of("Slot") {
		status, ok := taken[s.key()]
		want := "busy-tentative"
		switch {
		case s.text("comment") != "":
			want = "busy-unavailable"
		case !ok || status == models.AppointmentStatusCancelled:
			want = "free"
		case status == models.AppointmentStatusBooked:
			want = "busy"
		}
		if got := s.text("status"); got != want {
			t.Errorf("%s is %s, not %s", s.key(), got, want)
		}
		delete(taken, s.key())
		if !when(t, s.text("start")).Before(when(t, s.text("end"))) {
			t.Errorf("%s ends before it begins", s.key())
		}
	}
	for slot := range taken {
		t.Errorf("%s is booked and does not exist", slot)
	}
}
