// Package scenario is the table of what the bench measures. A row says what is
// asked of a FHIR server, what raw Postgres has to do for the same, and how to
// tell that the server's answers are right: a server is not timed on what it
// answers wrongly.
//
//	Load   both sides get the same bundles, chunk by chunk in turns
//	Check  each scenario runs once with assertions
//	Server, Raw   what a worker does again and again while the clock runs
//
// Whatever can be made in advance is made in advance (pool.go), so that the
// time measured is not the time of the generator.
package scenario
