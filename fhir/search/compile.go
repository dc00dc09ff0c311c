package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// step is a node of the trie of all paths that the parameters of a resource
// type read. A document is walked once, along it.
type step struct {
	edges  []edge
	guards []guard
	emits  []emit

	// What finish makes of them for the walk.
	members map[string]branch
	written *writing // what is written in the value when no parameter reads its members
}

// branch is what to do with a member: to follow an edge, to read what is
// written for people, or both.
type branch struct {
	edge    *edge
	written *writing // nil where the steps that the edge leads to see to it
}

// edge leads to a member of an object, or to the items of it.
type edge struct {
	name  string
	to    *step // every item
	first *step // the first item only: element[0]
}

// guard leads on from an object whose member name is value: where(name='value').
type guard struct {
	name, value string
	to          *step
}

// emit reads a value for a parameter.
type emit struct {
	param *Param
	read  reader
	code  string // name of the FHIR type that is read
	only  string // of a reference: where(resolve() is only)

	covered bool // the value is indexed under another parameter (cover.go)
}

// finish prepares the walk, once all steps are there. w says what is written for
// people in the value, nil for nothing, or if it is read on another way.
func (s *step) finish(w *writing) {
	for _, g := range s.guards {
		g.to.finish(nil)
	}
	if len(s.edges) == 0 {
		if w != nil && w.kind == writtenMembers {
			s.written = w
		}
		return
	}
	s.members = make(map[string]branch, len(s.edges))
	if w != nil {
		for name, in := range w.members {
			s.members[name] = branch{written: in}
		}
	}
	for i := range s.edges {
		e := &s.edges[i]
		b := branch{edge: e, written: s.members[e.name].written}
		if e.first != nil {
			e.first.finish(nil)
		}
		if e.to != nil {
			var below *writing
			if b.written != nil && b.written.kind == writtenMembers {
				below, b.written = b.written, nil
			}
			e.to.finish(below)
		}
		s.members[e.name] = b
	}
}

// compiler adds the expressions of parameters to the trie of one type.
type compiler struct {
	registry    *Registry
	definitions *spec.Definitions
	on          string
	program     *program
	at          *place // where paths begin that do not begin with a type; nil is the resource
}

// place is a part of an expression resolved: where it stands in a document
// and what type of thing stands there.
type place struct {
	parent  *place
	name    string // JSON name of the member, "" for the resource and for guards
	first   bool   // only the first item
	many    bool   // may occur more than once
	element string // name of the element, without the type of a choice
	guard   *guard
	only    string
	code    string     // name of the type
	typ     *spec.Type // nil for a type that is not defined

	binding string // the value set that an element of type code must be from
}

// add compiles one expression and says whether the parameter can be searched
// by: whether all of the expression that is about the type was understood,
// and yields something that a parameter of that type can read.
func (c *compiler) add(p *Param, expression string) bool {
	e, err := path.Parse(expression)
	if err != nil {
		return false
	}
	if root, ok := c.truth(e); ok {
		return c.addTruth(p, root)
	}
	var places []place
	for _, alternative := range e.Alternatives() {
		found, ok := c.places(alternative)
		if !ok {
			return false
		}
		places = append(places, found...)
	}
	return c.emit(p, places)
}

// reads is how a parameter of that type reads a place, nil if it does not.
func reads(typ string, at *place) reader {
	read := readers[typ][at.code]
	if read == nil && at.typ != nil && at.typ.Kind == spec.Primitive {
		read = readers[typ]["*"]
	}
	return read
}

// emit has a parameter read the places, those that one of its type can, and
// says whether there are any.
func (c *compiler) emit(p *Param, places []place) bool {
	some := false
	if p.Type == "string" {
		places = c.parts(places)
	}
	p.single = true
	var before *place
	for i := range places {
		at := &places[i]
		read := reads(p.Type, at)
		if read == nil {
			continue
		}
		// Of the types of a choice only one can be there.
		p.single = p.single && at.single() && (before == nil || at.element != "" && at.element == before.element && at.parent == before.parent)
		before = at
		switch at.code {
		case "Identifier", "id":
			p.exact, p.identifier = true, p.identifier || at.code == "Identifier"
		case "code":
			if at.binding != "" {
				p.bindings = append(p.bindings, at.binding)
			}
		case "boolean":
			p.bindings = append(p.bindings, booleans)
		case "canonical", "uri", "url", "oid", "uuid":
			p.anywhere = true
		}
		some = true
		if p.Code == "_id" || p.Code == "_lastUpdated" {
			continue // these stand in the row of the resource, not in the index
		}
		s := c.step(at)
		s.emits = append(s.emits, emit{param: p, read: read, code: at.code, only: at.only})
	}
	return some
}

// parts puts the parts of names and addresses in the place of the whole: a
// string parameter matches any of the string fields (search.html#string).
func (c *compiler) parts(places []place) []place {
	var out []place
	for i := range places {
		at := &places[i]
		fields := stringFields[at.code]
		if fields == nil {
			out = append(out, *at)
		}
		for _, name := range fields {
			out = append(out, place{parent: at, name: name, code: "string", typ: c.definitions.Type("string")})
		}
	}
	return out
}

// addTruth compiles "x.exists() and x != false", whose value is always true
// or false.
func (c *compiler) addTruth(p *Param, x *path.Expr) bool {
	places, ok := c.places(x)
	if !ok || p.Type != "token" {
		return false
	}
	p.bindings = []string{booleans}
	for i := range places {
		s := c.step(&places[i])
		s.emits = append(s.emits, emit{param: p, read: readTruth})
	}
	c.program.truths = append(c.program.truths, p)
	return true
}

// truth recognises "x.exists() and x != false" and returns x.
func (c *compiler) truth(e *path.Expr) (*path.Expr, bool) {
	if e.Kind != path.Binary || e.Name != "and" {
		return nil, false
	}
	exists, differs := e.Args[0], e.Args[1]
	if exists.Kind != path.Call || exists.Name != "exists" || len(exists.Args) > 0 || exists.On == nil ||
		differs.Kind != path.Binary || differs.Name != "!=" || differs.Args[1].String() != "false" ||
		differs.Args[0].String() != exists.On.String() {
		return nil, false
	}
	return exists.On, true
}

// places resolves a path. It is not ok when the path uses what search
// parameters do not use. The path of another resource type has no places.
func (c *compiler) places(e *path.Expr) ([]place, bool) {
	if e.Kind == path.Member && e.On == nil {
		return c.root(e.Name), true
	}
	if e.Kind == path.Constant && e.Name == "resource" {
		return []place{{code: c.on, typ: c.definitions.Type(c.on)}}, true
	}
	on := e.On
	if e.Kind == path.Type {
		on = e.Args[0]
	}
	if on == nil {
		return nil, false
	}
	before, ok := c.places(on)
	if !ok {
		return nil, false
	}
	var after []place
	for i := range before {
		at := &before[i]
		switch {
		case e.Kind == path.Member:
			after = append(after, c.member(at, e.Name)...)
		case e.Kind == path.Call && (e.Name == "ofType" || e.Name == "as"), e.Kind == path.Type && e.Name == "as":
			if c.is(at.code, e.Type.Name) {
				after = append(after, *at)
			}
		case e.Kind == path.Index && e.Args[0].String() == "0":
			next := *at
			next.first = true
			after = append(after, next)
		case e.Kind == path.Call && e.Name == "where" && len(e.Args) == 1:
			next, ok := where(at, e.Args[0])
			if !ok {
				return nil, false
			}
			after = append(after, next)
		default:
			return nil, false
		}
	}
	return after, true
}

// root is where a path begins: at the resource, if the name is its type or a
// base of it, or at an element of it, if the name is no type. Below another
// place it is always an element, which may be called like a type: code.
func (c *compiler) root(name string) []place {
	if c.at != nil {
		return c.member(c.at, name)
	}
	resource := place{code: c.on, typ: c.definitions.Type(c.on)}
	if c.definitions.Type(name) == nil {
		return c.member(&resource, name)
	}
	for t := resource.typ; t != nil; t = c.definitions.Type(t.Base) {
		if t.Name == name {
			return []place{resource}
		}
	}
	return nil
}

// is says whether a type is that one or derived from it: a canonical is a uri.
func (c *compiler) is(code, name string) bool {
	for code != "" {
		if code == name {
			return true
		}
		t := c.definitions.Type(code)
		if t == nil {
			return false
		}
		code = t.Base
	}
	return false
}

// member goes to an element by name; a choice has one place for each type.
func (c *compiler) member(at *place, name string) []place {
	if at.typ == nil {
		return nil
	}
	i := slices.IndexFunc(at.typ.Elements, func(el spec.Element) bool { return el.Name == name })
	if i < 0 {
		return nil
	}
	el := &at.typ.Elements[i]
	if el.Content != nil {
		return []place{{parent: at, name: name, code: el.Content.Name, typ: el.Content, many: el.Max != 1}}
	}
	var out []place
	for _, t := range el.Types {
		json := name
		if el.Choice {
			json += strings.ToUpper(t.Code[:1]) + t.Code[1:]
		}
		next := place{parent: at, name: json, element: name, code: t.Code, typ: c.definitions.Type(t.Code), many: el.Max != 1}
		if el.Binding != nil && el.Binding.Strength == "required" {
			next.binding = el.Binding.ValueSet
		}
		out = append(out, next)
	}
	return out
}

// where resolves the two conditions that search parameters have:
// where(name='value') and where(resolve() is Type).
func where(at *place, condition *path.Expr) (place, bool) {
	switch {
	case condition.Kind == path.Type && condition.Name == "is" && condition.Args[0].String() == "resolve()":
		next := *at
		next.only = condition.Type.Name
		return next, true
	case condition.Kind == path.Binary && condition.Name == "=":
		member, literal := condition.Args[0], condition.Args[1]
		text, ok := literal.Value.(path.String)
		if member.Kind != path.Member || member.On != nil || literal.Kind != path.Literal || !ok {
			return place{}, false
		}
		return place{parent: at, guard: &guard{name: member.Name, value: string(text)}, code: at.code, typ: at.typ}, true
	}
	return place{}, false
}

// step finds or makes the node of a place in the trie.
func (c *compiler) step(at *place) *step {
	if at.parent == nil {
		return c.program.root
	}
	from := c.step(at.parent)
	if at.guard != nil {
		for _, g := range from.guards {
			if g.name == at.guard.name && g.value == at.guard.value {
				return g.to
			}
		}
		to := &step{}
		from.guards = append(from.guards, guard{name: at.guard.name, value: at.guard.value, to: to})
		return to
	}
	i := slices.IndexFunc(from.edges, func(e edge) bool { return e.name == at.name })
	if i < 0 {
		i = len(from.edges)
		from.edges = append(from.edges, edge{name: at.name})
	}
	next := &from.edges[i].to
	if at.first {
		next = &from.edges[i].first
	}
	if *next == nil {
		*next = &step{}
	}
	return *next
}
