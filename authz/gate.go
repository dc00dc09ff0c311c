// Package authz says who you are and what you may. Until accounts exist it
// has one gate, [Open], which permits everything; the server therefore
// listens on loopback addresses only.
package authz

import (
	"context"

	"github.com/webdoctor/webdoctor/fhir"
)

// Open permits everything to everybody.
type Open struct{}

// Permit grants access without a fence.
func (Open) Permit(context.Context, fhir.Access) (fhir.Grant, error) {
	return fhir.Grant{Anywhere: true}, nil
}
