// Package spec is the FHIR R4 (4.0.1) definitions as data, and questions
// about them: which types there are and what elements they have, what can be
// searched, who belongs to which compartment, which operations exist, which
// codes a value set admits. Definitions decide; the other rooms interpret.
//
// [R4] parses definitions.gz at its first call and answers from memory ever
// after; the codes, of which most processes need few, wait in codes.gz until
// [Definitions.Codes] is first asked, and the terminology resources, one by one,
// in terminology.gz until [Canonical.JSON] is. The files are written by
// internal/generate from a pinned package and hold facts only, see SOURCE.md.
//
// Everything returned is shared and must not be changed. All methods are safe
// for concurrent use.
//
// The package does not judge resources, compile expressions or know profiles
// beyond R4's own; it says what R4 says.
package spec

//go:generate go run ./internal/generate
