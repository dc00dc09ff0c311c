package r4

// granular are the categories by which a person can narrow what an app sees
// of a type: those that the certification of health IT in the USA asks for
// (170.315 (g)(10), granular scopes of US Core).
var granular = map[string][]string{
	"Condition": {
		"http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis",
		"http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item",
		"http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern",
	},
	"Observation": {
		"http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
		"http://terminology.hl7.org/CodeSystem/observation-category|social-history",
		"http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
		"http://terminology.hl7.org/CodeSystem/observation-category|survey",
		"http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh",
	},
}

// Granular are the values of category, as system|code, that a scope on a type
// can be narrowed to, nil when there are none. When a person chooses some of
// them, the scope on the whole type is not granted.
func Granular(typ string) []string { return granular[typ] }
