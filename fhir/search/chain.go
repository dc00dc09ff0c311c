package search

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// http://hl7.org/fhir/R4/search.html#chaining and #has

const (
	defaultChain = 8
	maxChains    = 3000 // links tried for one request: a reference to anything may lead to every type
)

// deeper counts a link.
func (p *parsing) deeper(depth int) error {
	if most := cmp.Or(p.registry.MaxChain, defaultChain); depth >= most {
		return fhir.Errorf(fhir.Value, "a chain has at most %d links", most)
	}
	if p.chains++; p.chains > maxChains {
		return fhir.Errorf(fhir.TooCostly, "the chain may lead through too many types; name them, as in subject:Type.param")
	}
	return nil
}

// chain reads link[:Type].rest: rest is a parameter of what the reference
// points at.
func (p *parsing) chain(types []string, link, rest, value string, depth int) (Filter, error) {
	if err := p.deeper(depth); err != nil {
		return Filter{}, err
	}
	code, target, named := strings.Cut(link, ":")
	params := p.paramsOf(types, code)
	if params == nil {
		return Filter{}, p.unknown(types, code)
	}
	if params[0].Type != "reference" {
		return Filter{}, fhir.Errorf(fhir.Invalid, "%s is no reference, so that nothing can follow it in a chain", code)
	}
	f := Filter{Op: Chain, Param: params[0], Params: params}
	reach := p.reach(params)
	if named {
		if !p.registry.definitions.IsResource(target) {
			return Filter{}, fhir.Errorf(fhir.Value, "there is no resource type %s", clip(target))
		}
		if !slices.Contains(reach, target) {
			return Filter{}, fhir.Errorf(fhir.Invalid, "%s of %s cannot refer to a resource of type %s", code, among(types), target)
		}
		end, err := p.condition([]string{target}, rest, value, depth+1)
		f.Targets, f.Filters = []string{target}, []Filter{end}
		return f, err
	}
	f.Implied = true
	return p.implied(f, reach, rest, value, depth)
}

// implied finds the types that have the rest of a chain whose link names none.
// The types whose parameter is of one kind are searched together.
func (p *parsing) implied(f Filter, reach []string, rest, value string, depth int) (Filter, error) {
	groups := map[string][]string{}
	var kinds []string
	var refused error
	for _, typ := range reach {
		end, err := p.condition([]string{typ}, rest, value, depth+1)
		if err != nil {
			// That a type has no such parameter says less than what is wrong
			// with the parameter of another.
			if _, skip := errors.AsType[*unknown](err); refused == nil || !skip {
				refused = err
			}
			if fhir.CodeOf(err) == fhir.TooCostly {
				return Filter{}, err
			}
			continue
		}
		kind := end.kind()
		if groups[kind] == nil {
			kinds = append(kinds, kind)
		}
		groups[kind] = append(groups[kind], typ)
	}
	var either []Filter
	for _, kind := range kinds {
		end, err := p.condition(groups[kind], rest, value, depth+1)
		if err != nil {
			return Filter{}, err
		}
		one := f
		one.Targets, one.Filters = groups[kind], []Filter{end}
		either = append(either, one)
	}
	switch len(either) {
	case 0:
		return Filter{}, refused
	case 1:
		return either[0], nil
	}
	return Filter{Op: Or, Filters: either}, nil
}

// kind tells apart conditions that cannot be asked of several types at once.
func (f Filter) kind() string {
	switch {
	case f.Op == Or && len(f.Filters) > 0:
		return "or " + f.Filters[0].kind()
	case f.Param == nil:
		return ""
	case f.Op == Has:
		return "has"
	}
	return f.Param.Type
}

// reach are the types that the references of the parameters can point at.
func (p *parsing) reach(params []*Param) []string {
	var list []string
	for _, param := range params {
		targets := param.Targets
		switch {
		case param.only != "":
			targets = []string{param.only}
		case len(targets) == 0 || slices.Contains(targets, "Resource"):
			return p.registry.definitions.ResourceTypes()
		}
		list = append(list, targets...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// has reads Type:link:rest of _has: rest is a parameter of resources of Type
// that refer to the ones that are searched.
func (p *parsing) has(types []string, text, value string, depth int) (Filter, error) {
	if err := p.deeper(depth); err != nil {
		return Filter{}, err
	}
	source, tail, one := strings.Cut(text, ":")
	link, rest, two := strings.Cut(tail, ":")
	if !one || !two || rest == "" {
		return Filter{}, fhir.Errorf(fhir.Value, "_has is written as _has:Type:reference:parameter")
	}
	if !p.registry.definitions.IsResource(source) {
		return Filter{}, fhir.Errorf(fhir.Value, "there is no resource type %s", clip(source))
	}
	param := p.registry.Param(source, link)
	switch {
	case param == nil:
		return Filter{}, p.unknown([]string{source}, link)
	case param.Type != "reference":
		return Filter{}, fhir.Errorf(fhir.Invalid, "%s of %s is no reference", link, source)
	}
	reach := p.reach([]*Param{param})
	if !slices.ContainsFunc(types, func(typ string) bool { return slices.Contains(reach, typ) }) {
		return Filter{}, fhir.Errorf(fhir.Invalid, "%s of %s cannot refer to %s", link, source, among(types))
	}
	end, err := p.condition([]string{source}, rest, value, depth+1)
	return Filter{Op: Has, Targets: []string{source}, Param: param, Params: []*Param{param}, Filters: []Filter{end}}, err
}

// Reached calls visit with the types at the other end of every chain and _has
// within the filters, and whether the request names them.
func Reached(filters []Filter, visit func(types []string, named bool)) {
	for _, f := range filters {
		if f.Op == Chain || f.Op == Has {
			visit(f.Targets, !f.Implied)
		}
		Reached(f.Filters, visit)
	}
}
