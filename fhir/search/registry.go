package search

import "github.com/webdoctor/webdoctor/fhir/spec"

// Registry knows the search parameters of every resource type.
type Registry struct {
	// Base is the server's own base URL, without a slash at its end:
	// references that begin with it are local.
	Base string

	definitions *spec.Definitions
}

// NewRegistry prepares the parameters of the definitions.
func NewRegistry(d *spec.Definitions) *Registry { return &Registry{definitions: d} }
