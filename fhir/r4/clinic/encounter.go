package clinic

import (
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// encounter is what became of an appointment that was kept.
func (c *plan) encounter(p *person, v *visit) models.Encounter {
	end := v.start.Add(time.Duration(15+v.n*7%13) * time.Minute)
	kind := r4.Concept("Check-up", r4.Coding(r4.SNOMED, "185349003", "Encounter for check up"))
	e := models.Encounter{
		Id: new(p.own("visit-%d", v.n)), Status: models.EncounterStatusFinished,
		Class:   r4.Coding(r4.Terminology+"v3-ActCode", "AMB", "ambulatory"),
		Subject: new(p.ref()), Period: r4.Period(v.start, end), ServiceProvider: &clinicRef,
		Appointment: []models.Reference{r4.Ref("Appointment", p.appointmentID(v))},
		Participant: []models.EncounterParticipant{{
			Type:       []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"v3-ParticipationType", "PPRF", "primary performer"))},
			Individual: new(v.doctor.ref()),
		}},
	}
	if v.virtual {
		e.Class = r4.Coding(r4.Terminology+"v3-ActCode", "VR", "virtual")
		kind = r4.Concept("Video visit", r4.Coding(r4.SNOMED, "448337001", "Telemedicine consultation with patient"))
	} else {
		e.Location = []models.EncounterLocation{{Location: v.doctor.room()}}
	}
	if v.ailment != nil {
		if !v.virtual {
			kind = r4.Concept("Follow-up", r4.Coding(r4.SNOMED, "390906007", "Follow-up encounter"))
		}
		if v.ailment.visit != nil {
			kind = r4.Concept("Visit for a complaint", r4.Coding(r4.SNOMED, "185345009", "Encounter for symptom"))
		}
		e.ReasonCode = []models.CodeableConcept{v.ailment.reason()}
		e.Diagnosis = []models.EncounterDiagnosis{{Condition: r4.Ref("Condition", p.conditionID(v.ailment))}}
	}
	e.Type = []models.CodeableConcept{kind}
	return e
}

// vitals are the observations of a visit in person: all of them at the doctors
// whom they concern most, pressure, pulse and weight at the others.
func (c *plan) vitals(p *person, v *visit, m vitals) []models.Observation {
	at := v.start.Add(4 * time.Minute)
	adult := p.years(v.start) >= 18
	id := func(name string) string { return p.own("visit-%d-%s", v.n, name) }
	one := func(name string, sign r4.VitalSign, value float64) models.Observation {
		return r4.NewVital(id(name), sign, p.ref(), at, value, adult)
	}
	list := []models.Observation{
		r4.NewBloodPressure(id("blood-pressure"), p.ref(), at, m.systolic, m.diastolic, adult),
		one("heart-rate", r4.HeartRate, m.heartRate),
		one("weight", r4.Weight, m.weight),
	}
	switch v.doctor.specialty().key {
	case "family", "pediatrics", "cardiology", "endocrinology", "pulmonology":
		bmi := one("bmi", r4.BMI, m.bmi)
		bmi.DerivedFrom = []models.Reference{r4.Ref("Observation", id("weight")), r4.Ref("Observation", id("height"))}
		list = append(list,
			one("respiratory-rate", r4.RespiratoryRate, m.respRate),
			one("oxygen-saturation", r4.OxygenSaturation, m.spo2),
			one("temperature", r4.Temperature, m.temperature),
			one("height", r4.Height, m.height), bmi)
	}
	for i := range list {
		list[i].Encounter = new(p.encounter(v))
		list[i].Performer = []models.Reference{v.doctor.ref()}
	}
	return list
}

// home are blood pressures that people with hypertension take themselves, every
// six weeks since treatment began.
func (c *plan) home(p *person, b *body) []models.Observation {
	a := p.has("hypertension")
	if a == nil || a.treated == 0 {
		return nil
	}
	var list []models.Observation
	for day := a.treated + 15; day < -p.diedDaysAgo; day += 45 {
		m := b.measure(&c.calendar, day)
		o := r4.NewBloodPressure(p.own("home-%02d-blood-pressure", len(list)+1), p.ref(), c.at(day, 7, 40), m.systolic, m.diastolic, p.grown())
		o.Performer = []models.Reference{p.ref()}
		o.Note = []models.Annotation{{Text: "Measured at home."}}
		list = append(list, o)
	}
	return list
}
