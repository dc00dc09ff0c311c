package authz

// Scope is one SMART scope on clinical data, parsed
// (hl7.org/fhir/smart-app-launch/STU2.2, scopes and launch context).
type Scope struct {
	Text    string      // exactly as asked for and granted
	Level   string      // patient, user or system
	Type    string      // resource type, "*" for all
	Actions string      // those of "cruds" that it covers, in that order
	Filter  [][2]string // search parameters that must hold, as name and value; nil for none
}
