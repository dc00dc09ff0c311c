package fhir

// Actor is who acts, and for whom.
type Actor struct {
	Reference  string // "Practitioner/3", "" for nobody in particular
	Client     string // the application
	OnBehalfOf string
}

// Access is a question to the gate: may the caller do this to that?
type Access struct {
	Action string // read, vread, search, history, create, update, patch, delete, operate
	Type   string // resource type, or "" for the system
	Name   string // operation name when Action is operate
}

// Grant is the gate's yes: who it was given to and the slice of the data it
// opens. The zero Grant opens nothing.
type Grant struct {
	Actor    Actor
	Anywhere bool     // no fence
	Within   []string // compartments ("Patient/7"); membership in any one suffices
	And      []string // search clauses of the type ("category=laboratory"); all must hold
}
