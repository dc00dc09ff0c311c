package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// permit asks the gate about one type and compiles its grant. A grant that
// cannot be compiled is an error: it must never open more than it says.
func (e *Engine) permit(ctx context.Context, action, typ string) (Area, error) {
	g, err := e.Gate.Permit(ctx, fhir.Access{Action: action, Type: typ})
	if err != nil {
		return Area{}, err
	}
	a := Area{Anywhere: g.Anywhere}
	for _, within := range g.Within {
		t, id, ok := strings.Cut(within, "/")
		if !ok || !e.Spec.IsResource(t) || !fhir.ValidID(id) {
			return Area{}, fmt.Errorf("grant of %s %s: %q is not a compartment", action, typ, within)
		}
		a.Within = append(a.Within, fhir.Key{Type: t, ID: id})
	}
	for _, clause := range g.And {
		q, err := e.Params.Parse(search.Request{Type: typ, Query: clause, Criteria: true})
		if err != nil {
			return Area{}, fmt.Errorf("grant of %s %s: clause: %w", action, typ, err)
		}
		a.And = append(a.And, q)
	}
	return a, nil
}

// fence asks about every type of a request. A refusal of a type in must
// refuses the request; a refusal of one in may hides the type.
func (e *Engine) fence(ctx context.Context, action string, must, may []string) (Fence, error) {
	f := Fence{Anywhere: true}
	shown := make(map[string]Area, len(must)+len(may))
	for i, typ := range append(must[:len(must):len(must)], may...) {
		a, err := e.permit(ctx, action, typ)
		if code := fhir.CodeOf(err); i >= len(must) && (code == fhir.Forbidden || code == fhir.Unauthorized) {
			f.Anywhere = false
			continue
		}
		if err != nil {
			return Fence{}, err
		}
		if !a.Anywhere || len(a.And) > 0 {
			f.Anywhere = false
		}
		shown[typ] = a
	}
	if f.Anywhere {
		return f, nil
	}
	f.Types = shown
	return f, nil
}
