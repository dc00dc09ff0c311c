package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// permit asks the gate about one type and compiles its grant. A grant that
// cannot be compiled is an error: it must never open more than it says.
func (e *Engine) permit(ctx context.Context, action, typ string) (Area, fhir.Rights, error) {
	g, err := e.Gate.Permit(ctx, fhir.Access{Action: action, Type: typ})
	if err != nil {
		return nil, fhir.Rights{}, err
	}
	if g.Anywhere {
		return entire, fhir.Rights{Chooses: true}, nil
	}
	a := make(Area, 0, len(g.Slices))
	for _, s := range g.Slices {
		c, err := e.slice(typ, s, g.Self)
		if err != nil {
			return nil, fhir.Rights{}, fmt.Errorf("grant of %s %s by %s: %w", action, typ, s.Policy, err)
		}
		a = append(a, c)
	}
	return a, g.Rights, nil
}

// entire shows everything of a type. It is not changed.
var entire = Area{{Slice: fhir.Slice{Anywhere: true}}}

// slice compiles a part of a grant.
func (e *Engine) slice(typ string, s fhir.Slice, self []fhir.Key) (Slice, error) {
	c := Slice{Slice: s, Self: self}
	for _, homes := range s.Within {
		for _, h := range homes {
			if !e.Spec.IsResource(h.Key.Type) || !fhir.ValidID(h.Key.ID) {
				return c, fmt.Errorf("%q is not a compartment", h.Key)
			}
		}
	}
	var err error
	if c.All, err = e.clauses(typ, s.And); err != nil {
		return c, err
	}
	c.One, err = e.clauses(typ, s.Any)
	return c, err
}

func (e *Engine) clauses(typ string, list []string) ([]search.Query, error) {
	var all []search.Query
	for _, clause := range list {
		q, err := e.Params.Parse(search.Request{Type: typ, Query: clause, Criteria: true})
		if err != nil {
			return nil, fmt.Errorf("clause: %w", err)
		}
		all = append(all, q)
	}
	return all, nil
}

// fence asks about every type of a request. A refusal of a type in must
// refuses the request; a refusal of one in may hides the type.
func (e *Engine) fence(ctx context.Context, action string, must, may []string) (Fence, error) {
	f := Fence{Anywhere: true}
	shown := make(map[string]Area, len(must)+len(may))
	rights := map[string]fhir.Rights{}
	var through []string
	for i, typ := range append(must[:len(must):len(must)], may...) {
		a, r, err := e.permit(ctx, action, typ)
		if code := fhir.CodeOf(err); i >= len(must) && (code == fhir.Forbidden || code == fhir.Unauthorized) {
			f.Anywhere = false
			continue
		}
		if err != nil {
			return Fence{}, err
		}
		if !a.entire() || !r.Chooses || len(r.Guards) > 0 {
			f.Anywhere = false
		}
		shown[typ], rights[typ] = a, r
		for _, s := range a {
			through = append(through, s.Through...)
		}
	}
	if f.Anywhere {
		return f, nil
	}
	f.Types, f.Rights = shown, rights
	if len(through) > 0 {
		return f, e.behind(ctx, &f, through)
	}
	return f, nil
}

// asked closes what is open only to a search that names enough. q is the
// search that a fence is for, nil for one that the caller did not write. A
// type of must that is closed thereby refuses the request.
func (f Fence) asked(q *search.Query, must []string) (Fence, error) {
	for typ, area := range f.Types {
		if !slices.ContainsFunc(area, func(s Slice) bool { return s.Asks != nil }) {
			continue
		}
		var wants *fhir.Asks
		area = slices.DeleteFunc(slices.Clone(area), func(s Slice) bool {
			if s.Asks == nil || q != nil && len(q.Types) == 1 && q.Types[0] == typ && names(q.Filters, s.Asks) {
				return false
			}
			wants = s.Asks
			return true
		})
		if len(area) == 0 && slices.Contains(must, typ) {
			return Fence{}, fhir.Errorf(fhir.Forbidden, "a search of %s must name %d of these: %s", typ, wants.Least, strings.Join(wants.Of, ", "))
		}
		f.Types[typ] = area
	}
	return f, nil
}

// names says whether filters name enough of what is asked for, each exactly.
func names(filters []search.Filter, asks *fhir.Asks) bool {
	var named []string
	for _, f := range filters {
		if f.Op == search.Leaf && f.Modifier == "" && len(f.Values) == 1 && slices.Contains(asks.Of, f.Param.Code) && !slices.Contains(named, f.Param.Code) {
			named = append(named, f.Param.Code)
		}
	}
	return len(named) >= asks.Least
}

// behind adds what the caller can read of the types through which others are
// reached.
func (e *Engine) behind(ctx context.Context, f *Fence, types []string) error {
	f.Through = map[string]Area{}
	slices.Sort(types)
	for _, typ := range slices.Compact(types) {
		a, _, err := e.permit(ctx, "read", typ)
		switch fhir.CodeOf(err) {
		case "":
			f.Through[typ] = a
		case fhir.Forbidden, fhir.Unauthorized:
		default:
			return err
		}
	}
	return nil
}
