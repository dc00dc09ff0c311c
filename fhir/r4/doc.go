// Package r4 knows the manners of the six first-class resources: how a new
// Patient, Practitioner, Appointment, Observation, DiagnosticReport or
// MedicationRequest is built in Go, and how a stored one is read for display.
//
// Building: a New function takes what the resource cannot be without and
// returns the struct of golang-fhir-models; the caller fills in the rest and
// turns it into bytes with [Marshal].
//
// Reading: [Read] parses stored bytes into the same struct, and the functions
// beside each builder say what a page wants to know ([Name], [Age], [Value],
// [Virtual], [Instruction]). A struct that was read must never be marshalled
// and stored again: contained resources, primitive extensions and unknown
// elements are not in it, and the bytes are the record. Changes to a stored
// resource are patches of its bytes.
package r4
