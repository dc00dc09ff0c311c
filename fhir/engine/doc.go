// Package engine implements fhir.Service, one file per interaction.
//
// First the gate is asked (needs.go); its grant is compiled into a [Fence]
// (fence.go); then the store reads or writes behind that fence. Every write
// goes through commit.go, whichever interaction it came from: there is one
// place that parses, resolves, versions, extracts index values and stores.
//
// The engine knows resources by definition, not by name, and it knows nothing
// of HTTP, SQL, tokens or cookies.
package engine
