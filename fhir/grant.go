package fhir

// Actor is who acts, and for whom.
type Actor struct {
	Reference  string // "Practitioner/3", "" for nobody in particular
	Client     string // the application
	OnBehalfOf string
}

// Access is a question to the gate: may the caller do this to that?
type Access struct {
	// Action is read, vread, search, create, update, patch, delete, operate,
	// or one of the three histories: history-instance, history-type,
	// history-system.
	Action string
	Type   string // resource type, or "" for the system
	Name   string // operation name when Action is operate
}

// Grant is the gate's yes: who it was given to, the part of the data it
// opens, and what must be minded in writing there. The zero Grant opens
// nothing.
type Grant struct {
	Actor    Actor
	Anywhere bool    // no fence
	Slices   []Slice // else: what any one of these opens
	Rights
}

// Rights are what a grant says besides how far it reaches.
type Rights struct {
	Self    []Key   // the resources that are the caller
	Guards  []Guard // what must hold of a version that is written, all of it
	Chooses bool    // the caller may choose the ids of new resources
}

// Slice is a part of the resources of a type. All that it says must hold of a
// resource. A Slice that says neither Anywhere nor Within nor Through opens
// nothing.
type Slice struct {
	Policy   string // which policy opens it
	Anywhere bool   // wherever it lies
	Public   bool   // about no patient: the patient of a launch does not narrow it
	Within   []Homes
	And      []string // searches of the type that must all hold ("category=laboratory")
	Any      []string // searches of which one must hold, if there are any

	Asks     *Asks    // what a search must name for this to be open to it
	Withheld []string // security labels that hide a resource unless a care relation opens them
	Consents bool     // what consents of the patient deny the caller is hidden
	Through  []string // types: only what belongs to a resource of these that the caller can read

	Hidden  []string  // elements that are cut out of what is shown, and cannot be searched by
	Foreign []Foreign // items of elements that are cut out likewise
}

// Homes are compartments: to be a member of any one of them suffices.
type Homes []Home

// Home is a compartment, or those of all patients with whom its resource has
// a care relation now.
type Home struct {
	Key     Key
	Related bool
	By      []string // the parameters that make a member; "" for the compartment's own resource; nil for any
}

// Foreign describes items that are about somebody else.
type Foreign struct {
	Element   string   // "participant": an array of the resource
	Reference string   // "actor": the item's reference
	Type      string   // to a resource of this type, which is not one of Own
	Own       []string // "Patient/7"
	With      []string // elements that are cut too if any item is
}

// Guard is a rule about an element of what is written, "Type.element" or
// "Type.element.member"; "*" stands for all types.
type Guard struct {
	Element string
	Keep    bool     // it stays as it is, and is absent in a new resource
	Own     bool     // it refers to the caller, if it changes
	From    []string // the rule is about a value that was one of these; nil: any
	To      []string // it becomes one of these, if it changes; with From: whether it changes or not
}

// Asks is the least that a search must name to be answered: so many of these
// parameters, each with a value.
type Asks struct {
	Least int
	Of    []string
}
