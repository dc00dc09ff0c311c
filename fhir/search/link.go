package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// link keeps together the components of composites at a root that repeats.
// What the last component says is indexed under a name that has the values of
// those before it, as a search writes them: with "code$http://loinc.org|1-1"
// known, "gt100" is a comparison like any other, with its range and its
// order. A code can be asked for with its system and without, so that each
// value has two such names. Two numbers stand in one row, as its two ends.
type link struct {
	param      *Param // its Code begins the names; it is present when the link has rows
	components []*Param
	steps      []*step // below the root, of each component
}

// linkMark stands between the parts of a name.
const linkMark = "$"

// linkPart is a component of a link to be.
type linkPart struct {
	param      *Param
	expression *path.Expr
}

// link compiles a link, or finds the one that says the same. The first
// components are tokens; if they are not, the link is one of two numbers.
func (c *compiler) link(rootText string, root *place, list []linkPart) (*link, bool) {
	name := rootText + "("
	for i, part := range list {
		if i > 0 {
			name += ","
		}
		name += part.expression.String() + ":" + part.param.Type
	}
	name += ")"
	parts := &c.program.parts
	if known := parts.links[name]; known != nil {
		return known, true
	}
	l := &link{param: &Param{Code: name, Type: "composite", On: c.on, Key: Hash(c.on, ".", name), registry: c.registry, program: c.program}}
	// The components are read from each item of the root by itself, along
	// tries of their own.
	base := &place{code: root.code, typ: root.typ}
	for _, part := range list {
		in := c.from(base)
		in.program = &program{root: &step{}}
		places, ok := in.allPlaces(part.expression)
		if !ok || !in.emit(part.param, places) {
			return nil, false
		}
		in.program.root.finish(nil)
		l.components, l.steps = append(l.components, part.param), append(l.steps, in.program.root)
	}
	if !l.pair() {
		for _, p := range l.components[:len(l.components)-1] {
			if p.Type != "token" {
				return nil, false
			}
		}
	}
	s := c.step(root)
	s.emits = append(s.emits, emit{param: l.param, read: l.read})
	if parts.links == nil {
		parts.links = map[string]*link{}
	}
	parts.links[name] = l
	parts.params = append(parts.params, l.param)
	return l, true
}

// pair says whether the link is one of two numbers.
func (l *link) pair() bool {
	return len(l.components) == 2 && l.components[0].Type == "number" && l.components[1].Type == "number"
}

// read is the reader of one item of the root. The last component is looked at
// first: without it there is nothing to keep together.
func (l *link) read(x *extraction, _ *emit, n tree.Node) {
	last := len(l.components) - 1
	v := l.component(x, last, n)
	v.Tokens = slices.DeleteFunc(v.Tokens, func(t Token) bool { return t.TypeCode != "" }) // :of-type is asked of a parameter of its own
	if v.none() {
		return
	}
	if l.pair() {
		l.readPair(x, l.component(x, 0, n).Quantities, v.Quantities)
		return
	}
	names := []string{l.param.Code}
	for i := range last {
		var longer []string
		for _, t := range l.component(x, i, n).Tokens {
			for _, name := range names {
				if t.TypeCode == "" {
					longer = append(longer, name+linkName(t.Code), name+linkNameIn(t.System, t.Code))
				}
			}
		}
		names = longer
	}
	for _, name := range names {
		x.present.add(l.param)
		x.values.rename(&v, name)
	}
}

// component is what a component says of an item of the root, by itself.
func (l *link) component(x *extraction, i int, n tree.Node) Values {
	in := extraction{doc: x.doc, registry: x.registry, only: l.components[i]}
	in.visit(l.steps[i], n)
	return in.values
}

// readPair writes one value for two numbers: it is from the one to the other.
func (l *link) readPair(x *extraction, from, to []Quantity) {
	for _, a := range from {
		for _, b := range to {
			x.present.add(l.param)
			x.values.Quantities = append(x.values.Quantities, Quantity{Param: l.param.Code + linkMark, Low: a.Low, High: b.High})
		}
	}
}

// none says whether there is nothing that could be renamed.
func (v *Values) none() bool {
	return len(v.Tokens)+len(v.References)+len(v.Quantities)+len(v.Dates)+len(v.Strings)+len(v.URIs) == 0
}

// rename appends the values of w under another name.
func (v *Values) rename(w *Values, name string) {
	v.Tokens = renamed(v.Tokens, w.Tokens, name, func(t *Token) *string { return &t.Param })
	v.References = renamed(v.References, w.References, name, func(r *Reference) *string { return &r.Param })
	v.Quantities = renamed(v.Quantities, w.Quantities, name, func(q *Quantity) *string { return &q.Param })
	v.Dates = renamed(v.Dates, w.Dates, name, func(d *Date) *string { return &d.Param })
	v.Strings = renamed(v.Strings, w.Strings, name, func(s *String) *string { return &s.Param })
	v.URIs = renamed(v.URIs, w.URIs, name, func(u *URI) *string { return &u.Param })
}

// renamed appends values of one kind under another name.
func renamed[V any](to, from []V, name string, param func(*V) *string) []V {
	for _, v := range from {
		to = append(to, v)
		*param(&to[len(to)-1]) = name
	}
	return to
}

// linkEscapes keep the parts of a name apart.
var linkEscapes = strings.NewReplacer(`\`, `\\`, `|`, `\|`, `$`, `\$`)

// linkName is the part of a name for a code of whatever system.
func linkName(code string) string { return linkMark + linkEscapes.Replace(code) }

// linkNameIn is that for a code of one system, "" being one.
func linkNameIn(system, code string) string {
	return linkMark + linkEscapes.Replace(system) + "|" + linkEscapes.Replace(code)
}

// under is the last component below a name.
func (l *link) under(name string) *Param {
	p := *l.components[len(l.components)-1]
	p.Code = l.param.Code + name
	p.Key = Hash(p.On, ".", p.Code)
	return &p
}

// numbers is the parameter of a pair.
func (l *link) numbers() *Param {
	p := *l.param
	p.Code += linkMark
	p.Key = Hash(p.On, ".", p.Code)
	return &p
}
