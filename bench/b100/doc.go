// Package b100 makes the data set of the bench: bundles of exactly one hundred
// resources about one invented patient, shaped like the records that US
// hospitals exchange.
//
// The data are deterministic. Bundle n is drawn from its own stream of a PCG
// generator with a fixed seed, so bundle 7 is the same bytes in every run, on
// every machine, whatever was made before it. Nothing in them is about anybody.
//
// A resource is built as an [Object], which keeps the order of its members,
// and encoded once into a [Template], in which only the places of references
// are open. From there the same resource can be sent as part of a transaction
// (references are urn:uuid), of a batch or on its own (references are literal),
// or written as a row, at the cost of copying bytes.
package b100
