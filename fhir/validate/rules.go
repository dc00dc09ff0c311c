package validate

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// deeper checks what goes beyond the structure of an object, after the walk
// has been through it. seen are its elements.
func (w *walk) deeper(n tree.Node, s *shape, seen set) {
	if !w.clean(n) || w.full() {
		return
	}
	if s.identity != 0 && seen == s.identity && s.typ.Kind != spec.Resource && s.typ.Kind != spec.Primitive {
		w.report(n, fhir.Invariant, "ele-1 does not hold: an element has a value or children besides its id")
		return
	}
	w.invariants(n, s.typ, s.rules)
	switch {
	case s.typ.Kind == spec.Resource:
		w.inside(n)
	case s.typ.Name == "Extension":
		w.defined(n)
	}
}

// about checks what the element that holds an object asks of it.
func (w *walk) about(n tree.Node, m *member) {
	if w.full() || w.d.Kind(n) != tree.Object {
		return
	}
	if len(m.rules) > 0 && w.clean(n) {
		w.invariants(n, m.shape.typ, m.rules)
	}
	if m.reference {
		w.reference(n, m)
	}
	if m.bound != nil {
		w.concept(n, m)
	}
}
