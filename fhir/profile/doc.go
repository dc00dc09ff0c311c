// Package profile holds resources against profiles: StructureDefinitions that
// constrain a type of R4 (http://hl7.org/fhir/R4/profiling.html).
//
// [Read] makes a [Profile] of a StructureDefinition: a tree of elements with
// their slices, from its snapshot when it has one, else from its differential.
// A [Checker] finds profiles by their canonical URLs and holds resources
// against them. One that came without a snapshot is laid over its base first,
// down to a type of R4.
//
// One file per subject: read.go StructureDefinitions, merge.go profiles over
// their bases, check.go elements and cardinality, slice.go which item belongs
// to which slice, match.go fixed values and patterns, value.go the items of an
// element, rules.go types, bindings and invariants.
//
// What R4 itself asks for is the business of fhir/validate. Must-support means
// nothing here: it is about systems and not about resources.
package profile
