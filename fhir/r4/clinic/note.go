package clinic

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

// note is what the doctor wrote about the last visit, as plain text inside the
// document reference.
func (c *plan) note(p *person, v *visit, measured []models.Observation, orders []models.MedicationRequest) models.DocumentReference {
	text := []byte(p.noteText(v, measured, orders))
	at := v.start.Add(40 * time.Minute)
	return models.DocumentReference{
		Id: new(p.own("visit-%d-note", v.n)), Status: models.DocumentReferenceStatusCurrent, DocStatus: new(models.CompositionStatusFinal),
		Type:     new(r4.Concept("Progress note", r4.Coding(r4.LOINC, "11506-3", "Progress note"))),
		Category: []models.CodeableConcept{r4.Concept("Clinical note", r4.Coding("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note"))},
		Subject:  new(p.ref()), Date: new(r4.DateTime(at)), Author: []models.Reference{v.doctor.ref()}, Custodian: &clinicRef,
		Content: []models.DocumentReferenceContent{{Attachment: models.Attachment{
			ContentType: new("text/plain;charset=utf-8"), Data: new(base64.StdEncoding.EncodeToString(text)),
			Title: new("Note of " + v.start.Format("2 January 2006")), Creation: new(r4.DateTime(at)),
		}}},
		Context: &models.DocumentReferenceContext{Encounter: []models.Reference{p.encounter(v)}, Period: r4.Period(v.start, v.start.Add(length))},
	}
}

func (p *person) noteText(v *visit, measured []models.Observation, orders []models.MedicationRequest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n%s\n\n", v.start.Format("2 January 2006"), r4.Name([]models.HumanName{v.doctor.name()}), p.why(v))
	if v.virtual {
		b.WriteString("Seen by video.\n")
	}
	for _, o := range measured {
		fmt.Fprintf(&b, "%s: %s\n", *o.Code.Text, r4.Value(o))
	}
	b.WriteString("\nProblems: ")
	for i, a := range p.chronic(v.day) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.snomedName)
	}
	if len(p.chronic(v.day)) == 0 {
		b.WriteString("none")
	}
	b.WriteString(".\n")
	for _, m := range orders {
		if m.Status == "active" {
			fmt.Fprintf(&b, "Takes %s. %s\n", r4.Drug(m), r4.Instruction(m))
		}
	}
	b.WriteString("\nPlan: go on as before, next visit as agreed.\n")
	return b.String()
}

// upload is a report of another laboratory that the patient has sent in and
// nobody has looked at yet.
func (c *plan) upload(p *person, v *visit) (models.DocumentReference, models.Binary) {
	at := c.at(v.day-9, 19, 12)
	title := "Outside laboratory report"
	data := c.textPDF(p, v, title, "Uploaded by the patient", []string{
		"Vitamin D (25-hydroxy): 31 ng/mL (reference 20-50)",
		"Vitamin B12: 412 pg/mL (reference 200-900)",
	})
	file := binary(p.own("upload-file"), "application/pdf", p.ref(), data)
	return models.DocumentReference{
		Id: new(p.own("upload")), Status: models.DocumentReferenceStatusCurrent, DocStatus: new(models.CompositionStatusPreliminary),
		Type:    new(r4.Concept("Laboratory report", r4.Coding(r4.LOINC, "11502-2", "Laboratory report"))),
		Subject: new(p.ref()), Date: new(r4.DateTime(at)), Author: []models.Reference{p.ref()},
		Content: []models.DocumentReferenceContent{{Attachment: r4.Attach(*file.Id, "application/pdf", title, data, at)}},
	}, file
}
