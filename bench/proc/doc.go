// Package proc reads from /proc who used the processors and the memory, so
// that a figure of the bench says what it cost and whether somebody else was
// at work meanwhile.
//
// It is Linux's /proc; elsewhere reading fails, and the bench goes on without.
package proc
