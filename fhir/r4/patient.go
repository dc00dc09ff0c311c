package r4

import (
	"fmt"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// NewPatient builds an active patient known by a medical record number.
func NewPatient(id string, mrn models.Identifier, name models.HumanName, gender models.AdministrativeGender, born time.Time) models.Patient {
	mrn.Type = new(Concept("Medical record number", Coding(Terminology+"v2-0203", "MR", "Medical record number")))
	mrn.Use = new(models.IdentifierUseUsual)
	return models.Patient{
		Id: &id, Identifier: []models.Identifier{mrn}, Active: new(true),
		Name: []models.HumanName{name}, Gender: &gender, BirthDate: new(Date(born)),
	}
}

// MRN is the patient's medical record number, "" if there is none.
func MRN(p models.Patient) string {
	for _, i := range p.Identifier {
		if i.Type == nil || i.Value == nil {
			continue
		}
		for _, c := range i.Type.Coding {
			if c.Code != nil && *c.Code == "MR" {
				return *i.Value
			}
		}
	}
	return ""
}

// Age is the completed years from a birth date, which may be a year or a month
// only (then its first day counts), to the day of at.
func Age(birthDate string, at time.Time) (int, error) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		born, err := time.Parse(layout, birthDate)
		if err != nil {
			continue
		}
		years := at.Year() - born.Year()
		if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
			years--
		}
		return years, nil
	}
	return 0, fmt.Errorf("age: the birth date is not a FHIR date")
}
