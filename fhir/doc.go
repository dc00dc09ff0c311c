// Package fhir is the vocabulary every room of the house speaks: keys,
// resources, changes, grants, errors, and the one door to clinical data,
// [Service]. It imports none of our other rooms.
//
// Start with service.go, which says what the house offers; the other half of
// the contract, what the engine needs in order to offer it, is
// fhir/engine/needs.go.
package fhir
