// Package cmd is the programme: its commands, its settings, and the one place
// where the rooms are put together.
//
// [Run] reads .env, the environment and the arguments (config.go), and hands
// over to a command: serve.go, import.go, migrate.go, doctor.go, version.go.
// Every command that touches data gets it the same way: services.go starts
// what nobody configured, house.go builds the engine and the FHIR door on top
// of it. serve puts that door on a listener; import talks to the same door
// inside the process, or to that of a server that is already running.
//
// The laws of the house (who may import whom, which library lives where, no
// clinical names in generic rooms) are tests of this package, and so are the
// scripts in testdata/script, which drive the real binary.
package cmd
