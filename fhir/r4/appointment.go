package r4

import (
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// VirtualService is the extension that carries the join page of a video visit.
// R4 has no element for it; this is R5's Appointment.virtualService in the form
// the specification gives to elements of another version
// (versions.html#extensions).
const VirtualService = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService"

// NewAppointment builds an appointment from start to end. Both times are zero
// for one that waits for a time, which only proposed, cancelled and waitlist
// may do (invariants app-2 and app-3).
func NewAppointment(id string, status models.AppointmentStatus, start, end time.Time, participants ...models.AppointmentParticipant) models.Appointment {
	a := models.Appointment{Id: &id, Status: status, Participant: participants}
	if !start.IsZero() {
		a.Start, a.End = new(DateTime(start)), new(DateTime(end))
		a.MinutesDuration = new(int(end.Sub(start) / time.Minute))
	}
	return a
}

// Participant is somebody, or a place, that has to be there.
func Participant(actor models.Reference, status models.ParticipationStatus) models.AppointmentParticipant {
	return models.AppointmentParticipant{Actor: &actor, Required: new(models.ParticipantRequiredRequired), Status: status}
}

// SetVirtual makes the appointment a video visit that is joined at url.
func SetVirtual(a *models.Appointment, url string) {
	a.Extension = append(a.Extension, models.Extension{
		Url:       VirtualService,
		Extension: []models.Extension{{Url: "address", ValueUrl: &url}},
	})
}

// Virtual is the address of the join page of a video visit, "" for a visit in
// person.
func Virtual(a models.Appointment) string {
	for _, e := range a.Extension {
		if e.Url != VirtualService {
			continue
		}
		for _, part := range e.Extension {
			if part.Url == "address" && part.ValueUrl != nil {
				return *part.ValueUrl
			}
		}
	}
	return ""
}
