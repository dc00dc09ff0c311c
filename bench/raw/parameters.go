package raw

import "slices"

type kind uint8

const (
	isToken kind = iota
	isString
	isDate
	isQuantity
	isReference
)

// parameter is an R4 search parameter: where its values stand in a resource.
type parameter struct {
	name  string
	kind  kind
	paths string // separated by spaces
}

// types are the resource types of the data set; their order gives their number.
var types = []string{
	"Patient", "Location", "Organization", "Practitioner", "Encounter", "Observation", "Condition", "MedicationRequest",
	"Procedure", "Immunization", "DiagnosticReport", "Claim", "ExplanationOfBenefit", binary,
}

const binary = "Binary"

func typeNumber(name string) int16 { return int16(slices.Index(types, name)) }

// parameters are the search parameters of R4 that find something in the data
// set, except composites and the text of tokens.
var parameters = map[string][]parameter{
	"Patient": slices.Concat(common, address, person, []parameter{
		{"birthdate", isDate, "birthDate"},
		{"language", isToken, "communication.language"},
	}),
	"Practitioner": slices.Concat(common, address, person, []parameter{{"active", isToken, "active"}}),
	"Organization": slices.Concat(common, address, named, []parameter{
		{"active", isToken, "active"}, {"type", isToken, "type"}, {"phonetic", isString, "name"},
	}),
	"Location": slices.Concat(common, address, named),
	"Encounter": slices.Concat(common, care, []parameter{
		{"class", isToken, "class"}, {"type", isToken, "type"}, {"date", isDate, "period"},
		{"participant", isReference, "participant.individual"}, {"practitioner", isReference, "participant.individual"},
		{"participant-type", isToken, "participant.type"}, {"service-provider", isReference, "serviceProvider"},
	}),
	"Observation": slices.Concat(common, care, coded, []parameter{
		{"date", isDate, "effectiveDateTime"},
		{"value-quantity", isQuantity, "valueQuantity"},
		{"combo-code", isToken, "code component.code"}, {"component-code", isToken, "component.code"},
		{"combo-value-quantity", isQuantity, "valueQuantity component.valueQuantity"},
		{"component-value-quantity", isQuantity, "component.valueQuantity"},
	}),
	"Condition": slices.Concat(common, care, coded, []parameter{
		{"clinical-status", isToken, "clinicalStatus"}, {"verification-status", isToken, "verificationStatus"},
		{"onset-date", isDate, "onsetDateTime"}, {"recorded-date", isDate, "recordedDate"},
	}),
	"MedicationRequest": slices.Concat(common, care, []parameter{
		{"code", isToken, "medicationCodeableConcept"}, {"intent", isToken, "intent"},
		{"authoredon", isDate, "authoredOn"}, {"requester", isReference, "requester"},
	}),
	"Procedure": slices.Concat(common, care, coded, []parameter{{"date", isDate, "performedPeriod"}}),
	"Immunization": slices.Concat(common, []parameter{
		{"vaccine-code", isToken, "vaccineCode"}, {"patient", isReference, "patient"}, {"date", isDate, "occurrenceDateTime"},
	}),
	"DiagnosticReport": slices.Concat(common, care, coded, []parameter{
		{"date", isDate, "effectiveDateTime"}, {"issued", isDate, "issued"},
		{"performer", isReference, "performer"}, {"result", isReference, "result"},
	}),
	"Claim": slices.Concat(common, bill, []parameter{
		{"use", isToken, "use"}, {"priority", isToken, "priority"}, {"item-encounter", isReference, "item.encounter"},
	}),
	"ExplanationOfBenefit": slices.Concat(common, bill, []parameter{
		{"claim", isReference, "claim"}, {"care-team", isReference, "careTeam.provider"}, {"encounter", isReference, "item.encounter"},
	}),
}

// Groups of parameters that several types have.
var (
	common = []parameter{
		{"identifier", isToken, "identifier"}, {"status", isToken, "status"}, {"_profile", isToken, "meta.profile"}, {"_language", isToken, "language"},
	}
	care = []parameter{
		{"subject", isReference, "subject"}, {"patient", isReference, "subject"}, {"encounter", isReference, "encounter"},
	}
	coded = []parameter{{"code", isToken, "code"}, {"category", isToken, "category"}}
	named = []parameter{{"name", isString, "name"}}
	bill  = []parameter{
		{"patient", isReference, "patient"}, {"provider", isReference, "provider"}, {"created", isDate, "created"},
	}
	address = []parameter{
		{"address", isString, "address.line address.city address.state address.postalCode address.country"},
		{"address-city", isString, "address.city"}, {"address-state", isString, "address.state"},
		{"address-postalcode", isString, "address.postalCode"}, {"address-country", isString, "address.country"},
	}
	person = []parameter{
		{"name", isString, "name.family name.given name.prefix"}, {"phonetic", isString, "name.family name.given name.prefix"},
		{"family", isString, "name.family"}, {"given", isString, "name.given"}, {"gender", isToken, "gender"},
		{"telecom", isToken, "telecom"}, {"phone", isToken, "telecom"},
	}
)
