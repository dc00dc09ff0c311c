package clinic

import (
	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

func gender(sex byte) models.AdministrativeGender {
	switch sex {
	case 'f':
		return models.AdministrativeGenderFemale
	case 'm':
		return models.AdministrativeGenderMale
	}
	return models.AdministrativeGenderOther
}

func language(code string) models.CodeableConcept {
	return r4.Concept(languages[code], r4.Coding("urn:ietf:bcp:47", code, languages[code]))
}

func phone(number string, use models.ContactPointUse) models.ContactPoint {
	return models.ContactPoint{System: new(models.ContactPointSystemPhone), Value: &number, Use: &use}
}

func email(mailbox string, use models.ContactPointUse) models.ContactPoint {
	return models.ContactPoint{System: new(models.ContactPointSystemEmail), Value: &mailbox, Use: &use}
}

func address(line string, use models.AddressUse) models.Address {
	return models.Address{Use: &use, Line: []string{line}, City: new(town), State: new(state), PostalCode: new(postalCode), Country: new(country)}
}
