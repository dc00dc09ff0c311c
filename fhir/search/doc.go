// Package search knows what a search parameter means: how a value is read
// from a resource (Extract), and how a question is read from a URL (Parse).
// What either costs is storage's business; storage/search_<type>.go is the
// SQL twin of this package's <type>.go.
//
// A [Registry] compiles every SearchParameter.expression of the definitions
// once. [Registry.Extract] turns a resource into [Values], the rows of the
// index; [Registry.Parse] turns a raw query string into a [Query].
package search
