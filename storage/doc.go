// Package storage keeps resources in Postgres and implements engine.Store.
//
// One pgx pool serves everything. The hot paths (read, search, write) speak
// pgx with prepared statements of constant text; bun, on the same pool, is
// for ordinary queries. What a fence shows is one SQL predicate (fence.go)
// that stands in every statement that can return a resource, before LIMIT.
//
// A write is one batch of a few statements, whatever the number of versions
// in it (commit.go): one round trip and one transaction. What a resource was
// is never overwritten: versions are rows that are only ever inserted.
package storage
