// Package tree is one JSON document as a flat tree of nodes over its own
// bytes. Nothing is copied and nothing is rewritten: a node knows where its
// value stands, so that reading is a walk and editing is a [Splice].
//
// [Parse] is the strict gate for every body that enters the house. It refuses
// what encoding/json lets pass: duplicate names, invalid UTF-8, lone
// surrogates, \u0000, nesting over [MaxDepth], anything after the value. What
// Parse accepted may be trusted to be well-formed JSON; whether it is good
// FHIR is for other rooms to say.
//
// The package knows nothing of FHIR but the shape of its paths
// ("Patient.name[0].given[1]").
package tree
