package clinic

import (
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// prescriptions are the orders for all ailments. A line of therapy begins at
// the first visit for its ailment and takes its next step at the second, where
// the order before is stopped. What somebody takes already for another
// ailment is not ordered again, nor is another drug of its class.
func (c *plan) prescriptions(p *person) []models.MedicationRequest {
	var list []models.MedicationRequest
	taken := map[string]bool{}
	for _, a := range p.ailments {
		visits := p.seenFor(a)
		if len(visits) == 0 {
			continue
		}
		for _, line := range a.drugs {
			before := -1
			for step, key := range line {
				d := p.suited(key)
				if step >= len(visits) || taken[d.key] || taken[d.class] {
					break
				}
				if d.dose.Days == 0 {
					taken[d.key], taken[d.class] = true, d.class != ""
				}
				order := c.order(p, a, visits[step], d)
				if before >= 0 {
					list[before].Status = "stopped"
					list[before].StatusReason = new(r4.Concept("Dose increased"))
					order.PriorPrescription = new(r4.Ref("MedicationRequest", *list[before].Id))
				}
				before = len(list)
				list = append(list, order)
			}
		}
	}
	return list
}

// seenFor are the visits that took place because of an ailment.
func (p *person) seenFor(a *ailment) []*visit {
	var list []*visit
	for _, v := range p.seen() {
		if v.ailment == a {
			list = append(list, v)
		}
	}
	return list
}

// suited is the drug, or the one given instead when the person is allergic.
func (p *person) suited(key string) *drug {
	d := medicine(key)
	if d.class != "" && strings.Contains(p.cast.allergies, d.class) {
		return medicine("azithromycin")
	}
	return d
}

func (c *plan) order(p *person, a *ailment, v *visit, d *drug) models.MedicationRequest {
	id := p.own("rx-%s", d.key)
	status := "active"
	if a.visit != nil {
		id = p.own("rx-%s-%d", d.key, v.n)
	}
	if d.dose.Days > 0 && v.day+d.dose.Days < 0 || p.diedDaysAgo > 0 {
		status = "completed"
	}
	at := v.start.Add(12 * time.Minute)
	m := r4.NewMedicationRequest(id, status, d.concept(), p.ref(), v.doctor.ref(), at)
	m.Category = []models.CodeableConcept{r4.Concept("", r4.Coding(r4.Terminology+"medicationrequest-category", "outpatient", "Outpatient"))}
	m.Encounter = new(p.encounter(v))
	m.ReasonCode = []models.CodeableConcept{a.reason()}
	m.ReasonReference = []models.Reference{r4.Ref("Condition", p.conditionID(a))}
	m.DosageInstruction = []models.Dosage{d.dose.Instruction()}
	m.DispenseRequest = &models.MedicationRequestDispenseRequest{
		ValidityPeriod:         &models.Period{Start: new(r4.Date(at)), End: new(r4.Date(at.AddDate(2, 0, 0)))},
		NumberOfRepeatsAllowed: &d.refills, Quantity: new(pieces.Quantity(float64(d.pack))),
	}
	return m
}
