// Package storagetest gives tests the real services: a Postgres database of
// their own, a Redis server, an S3 bucket. It is started by need, by whatever
// test asks first, and ends with the test process, however that ends.
//
//	url := storagetest.Postgres(t) // migrated and empty; dropped after the test
//
// One postmaster serves a test process. The schema is applied once, to a
// template that each test's database is cloned from. The cluster lies in a
// temporary directory that a janitor process removes, and it does not sync to
// disk: what a test proves about crashes of the server, it proves with a
// cluster of its own from storage/embedded.
//
// The server's own programmes must be installed; a test that lacks one fails
// and says which. Nothing is skipped.
package storagetest
