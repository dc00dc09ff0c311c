package profile

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// belongs says whether an item is of a slice: every discriminator must find
// in it what the slice says (profiling.html#discriminator).
func (w *walk) belongs(i item, sliced *Slicing, s *Element) bool {
	if sliced.byType || len(sliced.By) == 0 {
		return len(s.Types) > 0 && strings.HasSuffix(s.Name, "[x]") && hasType(s, i.typ)
	}
	for _, by := range sliced.By {
		if !w.discriminates(i, by, s) {
			return false
		}
	}
	return true
}

func hasType(e *Element, code string) bool {
	return slices.ContainsFunc(e.Types, func(t Type) bool { return t.Code == code })
}

func (w *walk) discriminates(i item, by Discriminator, s *Element) bool {
	found := []place{{i.node, i.typ}}
	if by.expr != nil {
		found = w.find(i, by.expr)
	}
	steps := strings.Split(by.Path, ".")
	if by.Path == "$this" {
		steps = nil
	}
	switch by.Kind {
	case "exists":
		e, _ := s.along(steps)
		if e == nil {
			return true
		}
		return len(found) > 0 && e.Max != 0 || len(found) == 0 && e.Min == 0
	case "type":
		e, _ := s.along(slices.DeleteFunc(slices.Clone(steps), func(step string) bool { return step == "resolve()" }))
		for _, f := range found {
			if e != nil && (hasType(e, f.typ) || w.mayPoint(e, f.typ)) {
				return true
			}
		}
		return false
	case "profile":
		e, _ := s.along(slices.DeleteFunc(slices.Clone(steps), func(step string) bool { return step == "resolve()" }))
		for _, f := range found {
			if e != nil && w.satisfies(f.node, e) {
				return true
			}
		}
		return false
	}
	return w.hasValue(found, s, steps)
}

// hasValue says whether one of the nodes is what the slice fixes there, by a
// fixed value, a pattern, the url of an extension or a required binding.
func (w *walk) hasValue(found []place, s *Element, steps []string) bool {
	if len(steps) == 1 && steps[0] == "url" && len(s.Types) == 1 && len(s.Types[0].Profiles) > 0 {
		url, _, _ := strings.Cut(s.Types[0].Profiles[0], "|")
		return slices.ContainsFunc(found, func(f place) bool { return w.d.TextIs(f.node, url) })
	}
	e, rest := s.along(steps)
	if e == nil {
		return true
	}
	for _, f := range found {
		switch {
		case e.Fixed.there() && len(rest) == 0:
			if w.equal(f.node, e.Fixed) {
				return true
			}
		case e.Pattern.there() && len(rest) == 0:
			if w.matches(f.node, e.Pattern) {
				return true
			}
		case e.Fixed.there() || e.Pattern.there():
			v := e.Fixed
			if !v.there() {
				v = e.Pattern
			}
			if parts := within(v, rest); len(parts) == 0 || slices.ContainsFunc(parts, func(v Value) bool { return w.matches(f.node, v) }) {
				return true
			}
		case e.Binding != nil && e.Binding.Strength == "required":
			if w.coded(f.node, e.Binding.ValueSet) == validate.Yes {
				return true
			}
		case len(e.Children) > 0:
			if w.implied(f, e) {
				return true
			}
		default:
			return true // the slice says nothing to tell it by
		}
	}
	return false
}

// implied says whether a node has the fixed values and patterns that the
// elements below one of a slice have.
func (w *walk) implied(f place, e *Element) bool {
	for _, c := range e.Children {
		if c.Min == 0 || !c.Fixed.there() && !c.Pattern.there() && len(c.Children) == 0 {
			continue
		}
		ok := false
		for _, i := range w.items(f.node, w.defs.Type(f.typ), c.Name) {
			ok = ok || (!c.Fixed.there() || w.equal(i.node, c.Fixed)) && (!c.Pattern.there() || w.matches(i.node, c.Pattern)) && w.implied(place{i.node, i.typ}, c)
		}
		if !ok {
			return false
		}
	}
	return true
}

// along follows steps through the elements of a slice as far as it says
// something, and returns the rest.
func (e *Element) along(steps []string) (*Element, []string) {
	for len(steps) > 0 {
		if e.Fixed.there() || e.Pattern.there() {
			return e, steps
		}
		name := steps[0]
		var next *Element
		for _, c := range e.Children {
			if c.Name == name || strings.TrimSuffix(c.Name, "[x]") == name {
				next = c
			}
		}
		if next == nil {
			return nil, nil
		}
		if len(next.Slices) == 1 && !next.Fixed.there() && !next.Pattern.there() && len(next.Children) == 0 {
			next = next.Slices[0]
		}
		e, steps = next, steps[1:]
	}
	return e, nil
}

// within are the parts of a value at the end of a path.
func within(v Value, steps []string) []Value {
	at := []Value{v}
	for _, step := range steps {
		var next []Value
		for _, v := range at {
			n := v.doc.Get(v.node, step)
			switch v.doc.Kind(n) {
			case tree.Null:
			case tree.Array:
				for c := range v.doc.Children(n) {
					next = append(next, Value{v.doc, c})
				}
			default:
				next = append(next, Value{v.doc, n})
			}
		}
		at = next
	}
	return at
}

// place is a node that a discriminator leads to, and its type.
type place struct {
	node tree.Node
	typ  string
}

// find evaluates the path of a discriminator.
func (w *walk) find(i item, e *path.Expr) (out []place) {
	c, err := e.EvalAt(w.d, i.item(), path.Env{Definitions: w.defs, Budget: w.steps})
	if err != nil {
		w.overspent = w.overspent || tooCostly(err)
		return nil
	}
	for _, x := range c {
		f := place{node: x.Node}
		if x.Type() != nil {
			f.typ = x.Type().Name
		}
		out = append(out, f)
	}
	return out
}

// byURL is how extensions are told apart (profiling.html#extensions).
var byURL = Discriminator{Kind: "value", Path: "url", expr: path.MustParse("url")}
