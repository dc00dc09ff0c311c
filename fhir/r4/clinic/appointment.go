package clinic

import (
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

func (p *person) appointmentID(v *visit) string { return p.own("appointment-%d", v.n) }

// appointment is a visit as it was or will be agreed on.
func (c *plan) appointment(p *person, v *visit) models.Appointment {
	var end time.Time
	if !v.start.IsZero() {
		end = v.start.Add(length)
	}
	patient, doctor := agreement(v.status)
	a := r4.NewAppointment(p.appointmentID(v), v.status, v.start, end,
		r4.Participant(p.ref(), patient), r4.Participant(v.doctor.ref(), doctor))
	s := v.doctor.specialty()
	a.ServiceCategory, a.Specialty = []models.CodeableConcept{s.category()}, []models.CodeableConcept{s.concept()}
	a.Description = new(p.why(v))
	a.AppointmentType = new(r4.Concept("", r4.Coding(r4.Terminology+"v2-0276", "CHECKUP", "A routine check-up, such as an annual physical")))
	if v.ailment != nil {
		a.AppointmentType = new(r4.Concept("", r4.Coding(r4.Terminology+"v2-0276", "FOLLOWUP", "A follow up visit from a previous appointment")))
		a.ReasonCode = []models.CodeableConcept{v.ailment.reason()}
		if v.ailment.visit != nil {
			a.AppointmentType = new(r4.Concept("", r4.Coding(r4.Terminology+"v2-0276", "WALKIN", "A previously unscheduled walk-in visit")))
		} else {
			a.ReasonReference = []models.Reference{r4.Ref("Condition", p.conditionID(v.ailment))}
		}
	}
	if v.virtual {
		r4.SetVirtual(&a, "https://clinic.example.org/visit/"+p.appointmentID(v)+"/join")
	} else if !v.start.IsZero() {
		a.Participant = append(a.Participant, r4.Participant(v.doctor.room(), models.ParticipationStatusAccepted))
	}
	a.Created = new(r4.DateTime(c.at(min(v.day-2-v.n%17, -1), 10, 5)))
	if v.day >= 0 && !v.start.IsZero() {
		a.Slot = []models.Reference{r4.Ref("Slot", slotID(v.doctor, v.day, v.start))}
	}
	if v.status == models.AppointmentStatusCancelled {
		a.CancelationReason = new(r4.Concept("", r4.Coding(r4.Terminology+"appointment-cancellation-reason", "pat-cpp", "Patient: Canceled via Patient Portal")))
	}
	if v.start.IsZero() {
		a.RequestedPeriod = []models.Period{*r4.Period(c.at(v.day, am, 0), c.at(v.day+14, pm+sessionHours, 0))}
	}
	return a
}

// agreement is what the two sides have said to an appointment of a status.
func agreement(s models.AppointmentStatus) (patient, doctor models.ParticipationStatus) {
	switch s {
	case models.AppointmentStatusProposed:
		return models.ParticipationStatusNeedsAction, models.ParticipationStatusAccepted
	case models.AppointmentStatusPending, models.AppointmentStatusWaitlist:
		return models.ParticipationStatusAccepted, models.ParticipationStatusNeedsAction
	case models.AppointmentStatusCancelled:
		return models.ParticipationStatusDeclined, models.ParticipationStatusAccepted
	}
	return models.ParticipationStatusAccepted, models.ParticipationStatusAccepted
}

// why says in words what a visit is for.
func (p *person) why(v *visit) string {
	switch {
	case v.ailment == nil && p.age < 18:
		return "Well child visit"
	case v.ailment == nil:
		return "Check-up"
	case v.ailment.visit != nil:
		return v.ailment.snomedName
	}
	return "Follow-up: " + v.ailment.snomedName
}
