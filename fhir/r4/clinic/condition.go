package clinic

import (
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// conditionID names the condition; an acute one by the visit that brought it.
func (p *person) conditionID(a *ailment) string {
	if a.visit != nil {
		return p.own("%s-%d", a.key, a.visit.n)
	}
	return p.own("%s", a.key)
}

// condition is a problem of the list, or the diagnosis of one visit, which is
// over by now unless the visit was this week.
func (c *plan) condition(p *person, a *ailment) models.Condition {
	con := models.Condition{
		Id: new(p.conditionID(a)), Subject: p.ref(), Code: new(a.concept()), OnsetDateTime: new(r4.Date(c.date(a.began))),
		ClinicalStatus:     new(r4.Concept("", r4.Coding(r4.Terminology+"condition-clinical", "active", "Active"))),
		VerificationStatus: new(r4.Concept("", r4.Coding(r4.Terminology+"condition-ver-status", "confirmed", "Confirmed"))),
		Category:           []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"condition-category", "problem-list-item", "Problem List Item"))},
		RecordedDate:       new(r4.Date(c.date(max(a.began+3, -735)))), Recorder: new(a.doctor.ref()),
	}
	if a.visit == nil {
		return con
	}
	con.Category = []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"condition-category", "encounter-diagnosis", "Encounter Diagnosis"))}
	con.Encounter, con.RecordedDate = new(p.encounter(a.visit)), new(r4.Date(a.visit.start))
	if over := a.visit.day + 12; over < 0 {
		con.ClinicalStatus = new(r4.Concept("", r4.Coding(r4.Terminology+"condition-clinical", "resolved", "Resolved")))
		con.AbatementDateTime = new(r4.Date(c.date(over)))
	}
	return con
}
