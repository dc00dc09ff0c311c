package validate

import (
	"bytes"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// resource checks the node as a resource of the type that it says it is
// (json.html#resources).
func (w *walk) resource(n tree.Node) {
	d := w.d
	if d.Kind(n) != tree.Object {
		w.report(n, fhir.Malformed, "a resource must be a JSON object")
		return
	}
	t := d.Get(n, "resourceType")
	if t == tree.None {
		if !w.opaque(n) {
			w.reportBelow(n, "resourceType", fhir.Required, "a resource must say its resourceType")
		}
		return
	}
	if d.Kind(t) != tree.String {
		w.report(t, fhir.Malformed, "resourceType must be a string")
		return
	}
	r := w.v.roots[string(w.text(t))]
	if r == nil {
		message, text := "R4 has no resource type of this name", d.Text(t)
		for name := range w.v.roots {
			if strings.EqualFold(name, text) {
				message = "names are case-sensitive, the resource type is " + name
			}
		}
		w.report(t, fhir.Value, message)
		return
	}
	w.object(n, w.v.of(r))
}

// opaque says whether the object was left unparsed by [tree.ParseOpaque]:
// then it has no members though its text has some.
func (w *walk) opaque(n tree.Node) bool {
	raw := w.d.Raw(n)
	return w.d.Skip(n) == n+1 && bytes.IndexByte(raw, '"') >= 0
}

// object holds an object against its shape (json.html).
func (w *walk) object(n tree.Node, s *shape) {
	d := w.d
	c, end := n+1, d.Skip(n)
	if c == end {
		w.report(n, fhir.Malformed, "an object must not be empty")
		return
	}
	var seen, siblings set
	for ; c < end && !w.full(); c = d.Skip(c) {
		key := w.key(c)
		if m := s.members[string(key)]; m != nil {
			if seen.has(m.bit) {
				w.report(c, fhir.Malformed, "only one type of "+m.element.Name+"[x] may be present")
			}
			seen |= m.bit
			w.property(c, m)
			continue
		}
		if len(key) > 1 && key[0] == '_' {
			if m := s.members[string(key[1:])]; m != nil && m.primitive != nil && !m.attribute {
				siblings |= m.bit
				w.sibling(c, m)
				continue
			}
		}
		if s.typ.Kind != spec.Resource || string(key) != "resourceType" {
			w.unknown(c, string(key), s)
		}
	}
	if siblings != 0 {
		seen |= w.pairs(n, s, seen, siblings)
	}
	if missing := s.needed &^ seen; missing != 0 {
		w.missing(n, s, missing)
	}
	if s.value != 0 {
		w.extension(n, seen.has(s.value), seen.has(s.nested))
	}
	if w.deep {
		w.deeper(n, s, seen)
	}
}

// key is the name of a member, as a part of the source. Names have no escape
// sequences, so that the next quote ends them.
func (w *walk) key(c tree.Node) []byte {
	at := w.d.KeyStart(c) + 1
	if at == 0 {
		return nil // the empty name
	}
	return w.src[at : at+bytes.IndexByte(w.src[at:], '"')]
}

// unknown reports a name that the type does not have.
func (w *walk) unknown(c tree.Node, name string, s *shape) {
	bare, sibling := strings.CutPrefix(name, "_")
	message := s.typ.Name + " has no such property"
	switch m := s.members[bare]; {
	case !sibling || m == nil:
		message += s.hint(bare)
	case m.primitive == nil:
		message = "only primitives have a sibling with an underscore, " + bare + " has its own id and extension"
	default:
		message = bare + " cannot be extended"
	}
	w.report(c, fhir.Malformed, message)
}

// property checks the value of a known name: an array exactly if the element
// may repeat, and each item by the type of the element.
func (w *walk) property(c tree.Node, m *member) {
	if m.element.Max == 0 {
		w.report(c, fhir.Malformed, m.element.Name+" must not be present here")
		return
	}
	if !m.array {
		w.item(c, m)
		return
	}
	if !w.items(c, m) {
		return
	}
	if m.primitive != nil {
		w.primitives(c, m)
		return
	}
	d := w.d
	for i, end := c+1, d.Skip(c); i < end && !w.full(); i = d.Skip(i) {
		w.item(i, m)
	}
}

// items says whether the value of an element that may repeat is an array that
// has some. R4 sets no other maximum than 0 and 1, so that there is no number
// of items to hold it to.
func (w *walk) items(c tree.Node, m *member) bool {
	d := w.d
	if d.Kind(c) != tree.Array {
		w.report(c, fhir.Malformed, m.element.Name+" may repeat and must be an array")
		return false
	}
	if d.Skip(c) == c+1 {
		w.report(c, fhir.Malformed, "an array must not be empty")
		return false
	}
	return true
}

// item checks one value of the element.
func (w *walk) item(c tree.Node, m *member) {
	switch {
	case m.primitive != nil:
		w.primitive(c, m)
	case w.d.Kind(c) != tree.Object:
		w.report(c, fhir.Malformed, m.element.Name+w.instead(c, "an object"))
	case m.resource:
		w.resource(c)
	default:
		w.object(c, m.shape)
		if w.deep {
			w.about(c, m)
		}
	}
}

// instead says which JSON kind is wanted and which is there.
func (w *walk) instead(c tree.Node, want string) string {
	switch k := w.d.Kind(c); k {
	case tree.Null:
		return " must not be null"
	case tree.Array:
		return " does not repeat here and must not be an array"
	default:
		return " must be " + want + ", not a JSON " + k.String()
	}
}
