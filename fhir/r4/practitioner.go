package r4

import models "github.com/samply/golang-fhir-models/fhir-models/fhir"

// NewPractitioner builds an active practitioner with a National Provider
// Identifier.
func NewPractitioner(id, npi string, name models.HumanName, gender models.AdministrativeGender) models.Practitioner {
	return models.Practitioner{
		Id: &id, Active: new(true), Name: []models.HumanName{name}, Gender: &gender,
		Identifier: []models.Identifier{{
			Use: new(models.IdentifierUseOfficial), System: new(NPI), Value: &npi,
			Type: new(Concept("National provider identifier", Coding(Terminology+"v2-0203", "PRN", "Provider number"))),
		}},
	}
}

// NPIOf completes nine digits to an NPI: the check digit is Luhn's over the
// digits with the issuer prefix 80840 before them. Real NPIs begin with 1 or
// 2; anything else is a number nobody has.
func NPIOf(nine string) string {
	sum, double := 0, true
	for all, i := "80840"+nine, len(nine)+4; i >= 0; i-- {
		d := int(all[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return nine + string(rune('0'+(10-sum%10)%10))
}

// Licence is a qualification to practise, with the number the issuer gave it.
func Licence(degree models.CodeableConcept, issuer, number string, since string) models.PractitionerQualification {
	return models.PractitionerQualification{
		Identifier: []models.Identifier{{System: &issuer, Value: &number}},
		Code:       degree, Period: &models.Period{Start: &since},
		Issuer: &models.Reference{Display: new("Licensing board of the demo clinic")},
	}
}
