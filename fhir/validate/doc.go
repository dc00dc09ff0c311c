// Package validate says whether a document is good FHIR, by the definitions
// of fhir/spec and nothing else.
//
// [Validator.Structure] is the check every write passes: names, shapes, nulls,
// siblings, choices, cardinality, the text of primitives, and the codes of
// required bindings. First it finds the shape of the root's resource type,
// then it walks the document once and holds every object against its shape.
// A shape is a type of the definitions made ready for that walk; the ones a
// resource type needs are built when the first such resource comes.
//
// One file per subject: structure.go objects and their properties,
// primitives.go the JSON form of primitive values, lexical.go, number.go,
// temporal.go and binary.go their texts, cardinality.go what must be there,
// terminology.go the codes, shape.go the tables, expression.go where an issue
// is.
//
// What Structure does not judge: invariants, profiles, the targets of
// references, the inside of narrative, extensible bindings and the required
// ones of Coding and CodeableConcept, which tell what a concept should be
// rather than whether the record can be read.
package validate
