package validate

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// primitive is what the value of a primitive type must be.
type primitive struct {
	lexical
	kind tree.Kind
	max  int // characters, 0 for any number
	typ  *spec.Type
}

// primitive makes a primitive type ready for the walk.
func (v *Validator) primitive(t *spec.Type) *primitive {
	facts, _ := v.defs.Primitive(t.Name)
	p := &primitive{lexical: lexicalOf(facts), typ: t}
	switch facts.JSON {
	case "number":
		p.kind = tree.Number
	case "boolean":
		p.kind = tree.Bool
	default:
		p.kind = tree.String
	}
	for base := t; base != nil && p.max == 0; base = v.defs.Type(base.Base) {
		facts, _ := v.defs.Primitive(base.Name)
		p.max = facts.MaxLength
	}
	return p
}

// primitive checks one value (datatypes.html#primitive).
func (w *walk) primitive(c tree.Node, m *member) {
	p := m.primitive
	if w.d.Kind(c) != p.kind {
		w.report(c, fhir.Malformed, m.element.Name+w.instead(c, "a JSON "+p.kind.String()))
		return
	}
	raw := w.d.Raw(c)
	if p.kind == tree.String {
		if raw = raw[1 : len(raw)-1]; len(raw) == 0 {
			w.report(c, fhir.Value, "a string must not be empty")
			return
		}
		if p.max > 0 && len(raw) > p.max && utf8.RuneCountInString(w.d.Text(c)) > p.max {
			w.report(c, fhir.Value, "the text is longer than "+strconv.Itoa(p.max)+" characters")
			return
		}
		if !p.escaped && bytes.IndexByte(raw, '\\') >= 0 {
			raw = []byte(w.d.Text(c))
		}
	}
	switch {
	case !p.fits(raw):
		w.report(c, fhir.Value, p.wants)
	case m.codes != nil && !m.codes.HasCode(string(raw)):
		w.report(c, fhir.CodeInvalid, unknownCode(m.element))
	case !w.deep:
	case m.asked != "" && w.advise && w.terms != nil && w.terms.Member(m.asked, "", string(raw)) == No:
		w.report(c, fhir.CodeInvalid, unknownCode(m.element))
	case m.narrative:
		w.narrative(c)
	case len(m.rules) > 0:
		w.invariants(c, p.typ, m.rules)
	}
}

// text is the unescaped value of a string.
func (w *walk) text(c tree.Node) []byte {
	raw := w.d.Raw(c)
	raw = raw[1 : len(raw)-1]
	if bytes.IndexByte(raw, '\\') >= 0 {
		return []byte(w.d.Text(c))
	}
	return raw
}

// primitives checks the items of a primitive that may repeat. An item is null
// where the sibling array has something to say about it.
func (w *walk) primitives(c tree.Node, m *member) {
	d := w.d
	s := tree.Node(-2) // not looked for
	i, end := c+1, d.Skip(c)
	for k := 0; i < end && !w.full(); i, k = d.Skip(i), k+1 {
		if d.Kind(i) != tree.Null {
			w.primitive(i, m)
			if s >= 0 {
				s = w.next(s)
			}
			continue
		}
		if s == -2 {
			s = d.At(d.Get(d.Parent(c), "_"+m.name), k)
		}
		if d.Kind(s) != tree.Object {
			w.report(i, fhir.Malformed, "null may stand only where _"+m.name+" has an extension")
		}
		s = w.next(s)
	}
}

// next is the following item of an array, None after the last.
func (w *walk) next(i tree.Node) tree.Node {
	if i < 0 {
		return tree.None
	}
	if n := w.d.Skip(i); n < w.d.Skip(w.d.Parent(i)) {
		return n
	}
	return tree.None
}

// sibling checks the property with an underscore, which carries the id and
// the extensions of a primitive (json.html#primitive): an object, or an array
// of objects and null for a primitive that may repeat.
func (w *walk) sibling(c tree.Node, m *member) {
	d := w.d
	if m.element.Max == 0 {
		w.report(c, fhir.Malformed, m.element.Name+" must not be present here")
		return
	}
	if !m.array {
		if d.Kind(c) != tree.Object {
			w.report(c, fhir.Malformed, "_"+m.name+w.instead(c, "an object"))
			return
		}
		w.object(c, m.shape)
		return
	}
	if !w.items(c, m) {
		return
	}
	for i, end := c+1, d.Skip(c); i < end && !w.full(); i = d.Skip(i) {
		switch d.Kind(i) {
		case tree.Object:
			w.object(i, m.shape)
		case tree.Null:
		default:
			w.report(i, fhir.Malformed, "_"+m.name+w.instead(i, "an object or null"))
		}
	}
}

// pairs holds each sibling of the object against its primitive: the variant
// of a choice must be the same, and a null of the sibling array needs a value
// at its place. It returns the elements that have an extension and no value,
// which is a way to be present.
func (w *walk) pairs(n tree.Node, s *shape, seen, siblings set) (extended set) {
	d := w.d
	var met set
	for c, end := n+1, d.Skip(n); c < end && !w.full(); c = d.Skip(c) {
		key := w.key(c)
		if len(key) < 2 || key[0] != '_' {
			continue
		}
		m := s.members[string(key[1:])]
		if m == nil || !siblings.has(m.bit) {
			continue
		}
		value := d.Get(n, m.name)
		if s.choices.has(m.bit) && (met.has(m.bit) || value == tree.None && seen.has(m.bit)) {
			w.report(c, fhir.Malformed, "only one type of "+m.element.Name+"[x] may be present")
		}
		met |= m.bit
		if m.array {
			w.padding(c, value, m)
		}
		if value == tree.None && w.extends(c) {
			extended |= m.bit
		} else if value == tree.None && w.deep && d.Kind(c) == tree.Object && !w.full() {
			w.report(c, fhir.Invariant, "ele-1 does not hold: an element has a value or children besides its id")
		}
	}
	return extended
}

// padding checks the nulls of a sibling array.
func (w *walk) padding(c, value tree.Node, m *member) {
	d := w.d
	if d.Kind(c) != tree.Array || value != tree.None && d.Kind(value) != tree.Array {
		return // is reported elsewhere
	}
	v := d.At(value, 0)
	for i, end := c+1, d.Skip(c); i < end && !w.full(); i = d.Skip(i) {
		if d.Kind(i) == tree.Null && v == tree.None {
			w.report(i, fhir.Malformed, "null may stand only where "+m.name+" has a value")
		}
		v = w.next(v)
	}
}

// extends says whether a sibling has an extension.
func (w *walk) extends(c tree.Node) bool {
	if w.d.Kind(c) == tree.Object {
		return w.d.Get(c, "extension") != tree.None
	}
	for i := range w.d.Children(c) {
		if w.d.Get(i, "extension") != tree.None {
			return true
		}
	}
	return false
}
