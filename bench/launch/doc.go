// Package launch builds the server and runs it as its users do: as a process
// of its own, on an empty data directory, with no service configured. That is
// the only way to measure what a start takes and what the process weighs.
package launch
