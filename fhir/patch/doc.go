// Package patch changes resources: [JSON] by a JSON Patch (RFC 6902),
// [FHIRPath] by a FHIRPath Patch (http://hl7.org/fhir/R4/fhirpatch.html).
//
// Both are pure functions from bytes to bytes, and both edit by splicing:
// whatever an operation does not touch stays byte for byte what it was, white
// space, escapes and the digits of numbers included. The libraries at hand do
// not: evanphx/json-patch v5.9.11, measured, drops all white space, writes <
// as \u003c, and finds 1 and 1.0 different.
//
// Operations are applied one after the other, each to the document that the
// one before left behind, and the patch succeeds as a whole or not at all.
// The result is again a document that fhir/tree accepts, of the same type and
// id, without empty arrays or objects. Whether it is good FHIR is for
// fhir/validate to say.
//
// Errors are *fhir.Error: Malformed or Invalid for a patch that is none,
// Unprocessable for one that does not fit the resource, BusinessRule for a
// test that failed, TooCostly or TooLarge for one that asks too much. The
// expression names the operation in the patch: "[2].path",
// "Parameters.parameter[2].part[1]".
package patch
