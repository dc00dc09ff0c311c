// Package importer brings files of FHIR JSON into a server over the same REST
// API that every other client uses; whether the server is another process or
// this one makes no difference to it.
//
// It goes over the sources more than once and keeps none of them in memory:
// first to survey them (survey.go: what each document provides and what it
// refers to), from which order.go derives in which order they can go; then
// once per rank to deliver them (deliver.go). A last pass tries again what
// was refused while something that it refers to was still to come.
//
// Every request carries an Idempotency-Key made of the content's SHA-256. The
// server writes it down in the transaction of the change, so that an import
// that was cut off at any point can be started again: what was taken is
// recognised, what was not is taken.
package importer
