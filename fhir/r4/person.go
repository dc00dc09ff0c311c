package r4

import (
	"fmt"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Account is the system of identifiers that name the account of a person.
const Account = "urn:webdoctor:account"

// NewPerson writes a Patient or a Practitioner of somebody who made an
// account: what they said of themselves, and the account as an identifier.
// Born and gender are "" when they were not told.
func NewPerson(typ, account, given, family, born, gender string) ([]byte, error) {
	name := models.HumanName{Use: new(models.NameUseOfficial)}
	if family != "" {
		name.Family = &family
	}
	if given != "" {
		name.Given = []string{given}
	}
	known := []models.Identifier{{Use: new(models.IdentifierUseSecondary), System: new(Account), Value: &account}}
	var sex *models.AdministrativeGender
	if gender != "" {
		sex = new(models.AdministrativeGender)
		if err := sex.UnmarshalJSON([]byte(`"` + gender + `"`)); err != nil {
			return nil, fmt.Errorf("gender: %w", err)
		}
	}
	var birth *string
	if born != "" {
		birth = &born
	}
	switch typ {
	case "Patient":
		return Marshal(models.Patient{Identifier: known, Active: new(true), Name: []models.HumanName{name}, Gender: sex, BirthDate: birth})
	case "Practitioner":
		return Marshal(models.Practitioner{Identifier: known, Active: new(true), Name: []models.HumanName{name}, Gender: sex, BirthDate: birth})
	}
	return nil, fmt.Errorf("%s is no person", typ)
}
