package r4

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// NewMedicationRequest builds an order of a coded drug.
func NewMedicationRequest(id, status string, drug models.CodeableConcept, subject, requester models.Reference, authored time.Time) models.MedicationRequest {
	return models.MedicationRequest{
		Id: &id, Status: status, Intent: "order", MedicationCodeableConcept: drug,
		Subject: subject, Requester: &requester, AuthoredOn: new(DateTime(authored)),
	}
}

// Dose says how a drug is taken: Times per Every Period ("2 per 1 d"), so much
// at a time, by which route.
type Dose struct {
	Text     string
	Times    int
	Every    int
	Period   string // UCUM: h, d, wk
	Amount   float64
	Unit     Unit
	Route    models.CodeableConcept
	AsNeeded bool
	Days     int // length of the course; 0 goes on
}

// Instruction is the dose as an element of dosageInstruction.
func (d Dose) Instruction() models.Dosage {
	repeat := models.TimingRepeat{Frequency: &d.Times, Period: new(json.Number(strconv.Itoa(d.Every))), PeriodUnit: &d.Period}
	if d.Days > 0 {
		repeat.BoundsDuration = Days(d.Days)
	}
	dosage := models.Dosage{
		Text: &d.Text, Timing: &models.Timing{Repeat: &repeat}, Route: &d.Route,
		DoseAndRate: []models.DosageDoseAndRate{{DoseQuantity: new(d.Unit.Quantity(d.Amount))}},
	}
	if d.AsNeeded {
		dosage.AsNeededBoolean = new(true)
	}
	return dosage
}

// Instruction is what the patient is told, one sentence per dosage.
func Instruction(m models.MedicationRequest) string {
	var texts []string
	for _, d := range m.DosageInstruction {
		if d.Text != nil {
			texts = append(texts, *d.Text)
		}
	}
	return strings.Join(texts, " ")
}

// Drug is the name of what was ordered, "" when it is only referred to.
func Drug(m models.MedicationRequest) string { return conceptText(m.MedicationCodeableConcept) }
