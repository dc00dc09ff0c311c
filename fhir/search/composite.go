package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// http://hl7.org/fhir/R4/search.html#composite
//
// A composite parameter asks for values that stand together. Where its root
// occurs once in a resource, they always do: the composite is the conjunction
// of its components and has no rows. Where the root repeats, as components of
// an observation do, a link writes rows that keep together what stands
// together. Which it is, is decided by the compiled expressions.

// composite is what a composite parameter is made of.
type composite struct {
	forms []form
	// lead is the first component wherever it stands, when other parameters
	// have its rows: a condition that every match satisfies, from whose rows
	// a search can start. It may be nil.
	lead *Param
}

// form is one place at which a composite finds its values.
type form struct {
	whole []*Param // of each component: the parameter that says it, nil if the link does
	link  *link    // nil if there is nothing to link
}

// parts are what composites of a type are made of besides its parameters.
// Composites that ask the same share them.
type parts struct {
	params []*Param // not searched by under a name
	byName map[string]*Param
	links  map[string]*link
	leads  []lead
}

// lead is a first component, and where it stands.
type lead struct {
	of     *composite
	param  *Param
	places []*place
}

// addComposite compiles a composite. It is understood only if every component
// is, at every place where the composite finds values.
func (c *compiler) addComposite(p *Param, def *spec.SearchParam) bool {
	e, err := path.Parse(def.Expression)
	if err != nil || len(def.Components) < 2 {
		return false
	}
	components := make([]*path.Expr, len(def.Components))
	for i, component := range def.Components {
		if components[i], err = path.Parse(component.Expression); err != nil {
			return false
		}
	}
	p.composite = &composite{}
	first := lead{of: p.composite}
	for _, alternative := range e.Alternatives() {
		roots, ok := c.places(alternative)
		if !ok {
			return false
		}
		for i := range roots {
			f, ok := c.form(def, alternative.String(), &roots[i], components, &first)
			if !ok {
				return false
			}
			p.composite.forms = append(p.composite.forms, f)
		}
	}
	if len(p.composite.forms) == 0 {
		return false
	}
	first.param.Code = def.Code + " begins"
	c.program.parts.leads = append(c.program.parts.leads, first)
	return true
}

// form compiles the components at one root.
func (c *compiler) form(def *spec.SearchParam, rootText string, root *place, components []*path.Expr, first *lead) (form, bool) {
	f := form{whole: make([]*Param, len(components))}
	var link []linkPart
	single := root.single()
	for i, e := range components {
		at, absolute := c.from(root), fromResource(e)
		places, ok := at.allPlaces(e)
		typ := c.componentType(def, i, places)
		if !ok || typ == nil {
			return form{}, false
		}
		param := &Param{Type: typ.Type, On: c.on, Targets: typ.Targets, registry: c.registry, program: c.program}
		if i == 0 {
			first.param = &Param{Type: typ.Type, On: c.on, Targets: typ.Targets, registry: c.registry, program: c.program}
			for j := range places {
				if reads(typ.Type, &places[j]) != nil {
					first.places = append(first.places, &places[j])
				}
			}
		}
		switch {
		case absolute:
			f.whole[i] = c.whole(param, e.String(), places)
		case single:
			f.whole[i] = c.whole(param, rootText+"."+e.String(), places)
		default:
			link = append(link, linkPart{param: param, expression: e})
		}
	}
	if len(link) == 1 { // alone it stands together with nothing
		i := slices.Index(f.whole, nil)
		places, _ := c.from(root).allPlaces(link[0].expression)
		f.whole[i] = c.whole(link[0].param, rootText+"."+link[0].expression.String(), places)
		return f, true
	}
	if len(link) == 0 {
		return f, true
	}
	var ok bool
	f.link, ok = c.link(rootText, root, link)
	return f, ok
}

// from is the compiler of paths that begin at a place.
func (c *compiler) from(at *place) *compiler {
	in := *c
	in.at = at
	return &in
}

// allPlaces resolves all alternatives of an expression.
func (c *compiler) allPlaces(e *path.Expr) ([]place, bool) {
	var places []place
	for _, alternative := range e.Alternatives() {
		found, ok := c.places(alternative)
		if !ok {
			return nil, false
		}
		places = append(places, found...)
	}
	return places, true
}

// fromResource says whether a path begins with %resource.
func fromResource(e *path.Expr) bool {
	for e.On != nil || e.Kind == path.Type {
		if e.On == nil {
			e = e.Args[0]
			continue
		}
		e = e.On
	}
	return e.Kind == path.Constant
}

// componentType is the parameter that says of what type a component is: the
// one that its definition names, unless that cannot read what the expression
// selects. R4 has a composite whose two definitions are exchanged.
func (c *compiler) componentType(def *spec.SearchParam, i int, places []place) *spec.SearchParam {
	all := c.definitions.AllSearchParams()
	order := append([]spec.Component{def.Components[i]}, def.Components...)
	for _, component := range order {
		at := slices.IndexFunc(all, func(s *spec.SearchParam) bool { return s.URL == component.Definition })
		if at >= 0 && slices.ContainsFunc(places, func(p place) bool { return reads(all[at].Type, &p) != nil }) {
			return all[at]
		}
	}
	return nil
}

// whole is the parameter that says what a component does, of the resource as
// a whole. Its values are mostly those of a parameter that has a name
// (cover.go).
func (c *compiler) whole(p *Param, name string, places []place) *Param {
	p.Code = name + ":" + p.Type
	p.Key = Hash(p.On, ".", p.Code)
	parts := &c.program.parts
	if known := parts.byName[p.Code]; known != nil {
		return known
	}
	if parts.byName == nil {
		parts.byName = map[string]*Param{}
	}
	c.emit(p, places)
	parts.byName[p.Code] = p
	parts.params = append(parts.params, p)
	return p
}

// single says whether the place occurs at most once in a resource.
func (at *place) single() bool {
	for ; at != nil; at = at.parent {
		if at.many && !at.first {
			return false
		}
	}
	return true
}

// together adds the composites that have a value: those all of whose
// components have one at one of their places.
func (s *present) together(g *program) {
	for _, p := range g.derived {
		if p.composite != nil && slices.ContainsFunc(p.composite.forms, func(f form) bool { return f.present(s) }) {
			s.add(p)
		}
	}
}

func (f form) present(s *present) bool {
	return (f.link == nil || s.has(f.link.param)) &&
		!slices.ContainsFunc(f.whole, func(p *Param) bool { return p != nil && !s.has(p) })
}

// Linked says whether what stands under that name as the parameter of a value
// is written for composites alone, and under no name that can be asked for.
func Linked(param string) bool { return strings.Contains(param, linkMark) }
