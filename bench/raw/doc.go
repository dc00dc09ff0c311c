// Package raw does to Postgres what a FHIR server has to do for the scenarios
// of the bench, and nothing else: no HTTP, no parsing, no validation, no
// authorization. It is the floor that the server is measured against.
//
// Each write is one prepared statement that writes the same rows as a server:
// the head of the resource, its version with the JSON, and one narrow row per
// search value in five index tables. What to index is known in advance ([Plan]
// reads it off the generated resource before the clock starts). A worker
// remembers the number, version and index rows of what it has written, so an
// update sends only the rows that differ.
//
// The floor is laid low on purpose: no compartment rows, no indexes for the
// history of a type or of the system, no audit, no events.
package raw
