package profile

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// sliced holds the items of an element, or those of a slice that has slices
// itself, against its slices. around is the slicing that this one is in.
func (w *walk) sliced(holder tree.Node, items []item, e *Element, around *Slicing, p *Profile) {
	if len(e.Slices) == 0 {
		return
	}
	slicing := e.Slicing
	if slicing == nil {
		if slicing = implied(e, around); slicing == nil {
			return
		}
	}
	of := make([][]item, len(e.Slices))
	last, rest := 0, false
	for _, i := range items {
		k := slices.IndexFunc(e.Slices, func(s *Element) bool { return w.belongs(i, slicing, s) })
		switch {
		case k < 0 && slicing.Rules == "closed":
			w.report(i.at, fhir.Invalid, "the profile allows only what belongs to one of its slices here")
		case k < 0:
			rest = true
		case slicing.Rules == "openAtEnd" && rest:
			w.report(i.at, fhir.Invalid, "the profile allows what belongs to none of its slices only after those that do")
		case slicing.Ordered && k < last:
			w.report(i.at, fhir.Invalid, "the profile has its slices in another order")
		}
		if k >= 0 {
			last = max(last, k)
			of[k] = append(of[k], i)
			w.element(i, e.Slices[k], p)
		}
	}
	for k, s := range e.Slices {
		w.count(holder, len(of[k]), s, e.Name+":"+s.Slice)
		w.sliced(holder, of[k], s, slicing, p)
	}
}

// implied is the slicing of an element that does not say how: extensions are
// told apart by url, choices by type, and slices of a slice as that one is.
func implied(e *Element, around *Slicing) *Slicing {
	switch {
	case around != nil:
		return &Slicing{Rules: "open", By: around.By, byType: around.byType}
	case e.Name == "extension" || e.Name == "modifierExtension":
		return &Slicing{Rules: "open", By: []Discriminator{byURL}}
	case strings.HasSuffix(e.Name, "[x]"):
		return &Slicing{Rules: "open", byType: true}
	}
	return nil
}

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
	if !w.spend(8) { // what an evaluation takes before its first step
		return false
	}
	found := []place{{i.node, i.typ}}
	if by.expr != nil {
		found = w.find(i, by.expr)
	}
	switch by.Kind {
	case "exists":
		e, _ := w.along(s, by.steps)
		if e == nil {
			return true
		}
		return len(found) > 0 && e.Max != 0 || len(found) == 0 && e.Min == 0
	case "type":
		e, _ := w.along(s, slices.DeleteFunc(slices.Clone(by.steps), func(step string) bool { return step == "resolve()" }))
		for _, f := range found {
			if e != nil && (hasType(e, f.typ) || w.mayPoint(e, f.typ)) {
				return true
			}
		}
		return false
	case "profile":
		e, _ := w.along(s, slices.DeleteFunc(slices.Clone(by.steps), func(step string) bool { return step == "resolve()" }))
		for _, f := range found {
			if e != nil && w.satisfies(f.node, e) {
				return true
			}
		}
		return false
	}
	return w.hasValue(found, s, by.steps)
}

// hasValue says whether one of the nodes is what the slice fixes there, by a
// fixed value, a pattern, the url of an extension or a required binding.
func (w *walk) hasValue(found []place, s *Element, steps []string) bool {
	if len(steps) == 1 && steps[0] == "url" && len(s.Types) == 1 && len(s.Types[0].Profiles) > 0 {
		url, _, _ := strings.Cut(s.Types[0].Profiles[0], "|")
		return slices.ContainsFunc(found, func(f place) bool { return w.d.TextIs(f.node, url) })
	}
	e, rest := w.along(s, steps)
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
			if w.below(f, e) {
				return true
			}
		default:
			return true // the slice says nothing to tell it by
		}
	}
	return false
}

// below says whether a node has the fixed values and patterns that the
// elements below one of a slice have.
func (w *walk) below(f place, e *Element) bool {
	for _, c := range e.Children {
		if c.Min == 0 || !c.Fixed.there() && !c.Pattern.there() && len(c.Children) == 0 {
			continue
		}
		ok := false
		for _, i := range w.items(f.node, w.defs.Type(f.typ), c.Name) {
			ok = ok || (!c.Fixed.there() || w.equal(i.node, c.Fixed)) && (!c.Pattern.there() || w.matches(i.node, c.Pattern)) && w.below(place{i.node, i.typ}, c)
		}
		if !ok {
			return false
		}
	}
	return true
}

// steps are the names in the path of a discriminator, and the functions that it
// may have: resolve(), ofType(type) and extension(url), written without quotes.
func steps(e *path.Expr) []string {
	if e == nil || e.Kind != path.Member && e.Kind != path.Call {
		return nil
	}
	name := e.Name
	if e.Kind == path.Call {
		argument := e.Type.Name
		if len(e.Args) == 1 && e.Args[0].Value != nil {
			argument = e.Args[0].Value.String()
		}
		name += "(" + argument + ")"
	}
	return append(steps(e.On), name)
}

// along follows steps through the elements of a slice, and of the profiles of
// their types, as far as they say something, and returns the rest.
func (w *walk) along(e *Element, steps []string) (*Element, []string) {
	for n := 0; len(steps) > 0; n++ {
		if e.Fixed.there() || e.Pattern.there() {
			return e, steps
		}
		next := e.step(steps[0])
		if next == nil && n < maxDepth {
			if root := w.typeRoot(e, steps[0] == "resolve()"); root != nil {
				if next = root.step(steps[0]); steps[0] == "resolve()" {
					next = root
				}
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

// step is the element that one step leads to, nil if the profile says nothing
// of it.
func (e *Element) step(name string) *Element {
	function, argument, call := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	if call && function == "ofType" {
		if at := slices.IndexFunc(e.Slices, func(s *Element) bool { return hasType(s, argument) }); at >= 0 {
			return e.Slices[at]
		}
		return e
	}
	for _, c := range e.Children {
		if call && function == "extension" && c.Name == function {
			for _, s := range c.Slices {
				if len(s.Types) == 1 && slices.Contains(s.Types[0].Profiles, argument) {
					return s
				}
			}
		}
		if !call && (c.Name == name || strings.TrimSuffix(c.Name, "[x]") == name) {
			return c
		}
	}
	return nil
}

// typeRoot is the root of the one profile that the values of an element must
// satisfy, or what its references point at, nil if there is not one.
func (w *walk) typeRoot(e *Element, target bool) *Element {
	if len(e.Types) != 1 {
		return nil
	}
	list := e.Types[0].Profiles
	if target {
		list = e.Types[0].Targets
	}
	if len(list) != 1 || w.ofR4(list[0]) {
		return nil
	}
	p, err := w.c.Find(list[0])
	if err != nil || p == nil {
		return nil
	}
	whole, _, _ := w.whole(p)
	return whole.Root
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
var byURL = Discriminator{Kind: "value", Path: "url", expr: path.MustParse("url"), steps: []string{"url"}}
