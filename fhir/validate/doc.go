// Package validate says whether a document is good FHIR, by the definitions
// of fhir/spec and, about value sets that those cannot enumerate, by what
// [Terms] knows.
//
// There are three questions. [Validator.Structure] asks what makes a record
// readable: names, shapes, nulls, siblings, choices, cardinality, the text of
// primitives, and the codes of required bindings. [Validator.Strict] asks for
// everything that R4 calls an error: invariants, references, contained
// resources, narratives, R4's own extensions and concepts of required bindings
// as well. [Validator.Validate] adds what is only doubtful, and where in the
// text each issue stands.
//
// All are one walk over the document. First it finds the shape of the root's
// resource type, then it holds every object against its shape. A shape is a
// type of the definitions made ready for that walk; the ones a resource type
// needs are built, and their invariants parsed, when the first such resource
// comes.
//
// One file per subject: structure.go objects and their properties,
// primitives.go the JSON form of primitive values, lexical.go, number.go,
// temporal.go and binary.go their texts, cardinality.go what must be there,
// terminology.go the codes, rules.go what comes after the structure of an
// object, invariant.go FHIRPath, reference.go, contained.go, extension.go,
// xhtml.go what their names say, shape.go the tables, expression.go where an
// issue is.
//
// Profiles are the business of fhir/profile, and whether what a reference
// points at exists that of fhir/engine.
package validate
