package validate

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// shape is a type made ready for the walk: what each JSON name of an object
// means, and which elements must be there.
type shape struct {
	typ     *spec.Type
	members map[string]*member
	needed  set // elements with a minimum
	choices set // elements whose name carries their type
	// An Extension holds a value or further extensions, so it needs to know
	// which of its elements are which; both are empty for other types.
	value, nested set
	identity      set     // the id of an element, which alone is nothing
	rules         []*rule // invariants of the type
}

// member is what one JSON name of an object stands for.
type member struct {
	name      string // as in JSON
	element   *spec.Element
	bit       set // of the element; variants of a choice share it
	array     bool
	resource  bool          // any resource, told by its resourceType
	attribute bool          // has no _name sibling
	primitive *primitive    // nil for an object
	codes     *spec.Set     // what a code must be among, nil for anything
	asked     string        // the required value set of a code that R4 does not enumerate, for Terms
	rules     []*rule       // invariants of the element
	bound     *spec.Binding // of a concept, nil when anything goes
	reference bool          // the object is a Reference
	targets   spec.TypeRef  // which types it may point at
	narrative bool          // the text is XHTML
	// shape is that of the object, or for a primitive that of its sibling.
	shape *shape
}

// set is a set of elements of one type, by their position in it.
type set uint64

// has says whether the sets share an element.
func (s set) has(t set) bool { return s&t != 0 }

// of is the shape of the resource type. The first call builds it together
// with all shapes it leads to, so that the walk itself needs no lock.
func (v *Validator) of(r *root) *shape {
	r.once.Do(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		r.shape = v.build(r.typ)
	})
	return r.shape
}

// build returns the shape of a type. It is entered into the table before its
// members are built because types contain themselves.
func (v *Validator) build(t *spec.Type) *shape {
	if s := v.shapes[t]; s != nil {
		return s
	}
	if len(t.Elements) > 64 {
		panic(fmt.Sprintf("fhir/validate: %s has more than 64 elements", t.Name))
	}
	s := &shape{typ: t, members: make(map[string]*member, len(t.Elements))}
	v.shapes[t] = s
	s.rules = v.compile(t.Invariants)
	for i := range t.Elements {
		el, bit := &t.Elements[i], set(1)<<i
		if el.Min > 0 {
			s.needed |= bit
		}
		if el.Choice {
			s.choices |= bit
		}
		if el.Name == "id" {
			s.identity = bit
		}
		if t.Name == "Extension" {
			switch el.Name {
			case "value":
				s.value = bit
			case "extension":
				s.nested = bit
			}
		}
		for _, ref := range el.Types {
			name := el.Name
			if el.Choice {
				name += title(ref.Code)
			}
			m := &member{name: name, element: el, bit: bit, array: el.Max < 0, rules: v.compile(el.Invariants), bound: bound(el, ref),
				reference: ref.Code == "Reference", targets: ref, narrative: ref.Code == "xhtml"}
			v.fill(m, t, ref)
			s.members[name] = m
		}
	}
	return s
}

// fill says what a member of type t holds.
func (v *Validator) fill(m *member, t *spec.Type, ref spec.TypeRef) {
	if m.element.Content != nil {
		m.shape = v.build(m.element.Content)
		return
	}
	typ := v.defs.Type(ref.Code)
	if ref.Profile != "" {
		typ = v.defs.Type(ref.Profile)
	}
	switch typ.Kind {
	case spec.Resource:
		m.resource = true
		return
	case spec.Primitive:
		m.primitive = v.primitive(typ)
		m.attribute = isAttribute(t, m.element) || !extensible(typ)
		m.codes = v.codes(m.element, ref)
		if b := m.element.Binding; m.codes == nil && ref.Code == "code" && b != nil && b.Strength == "required" {
			m.asked = b.ValueSet
		}
	}
	m.shape = v.build(typ)
}

// isAttribute says which primitives are attributes in XML and therefore
// cannot be extended (extensibility.html): the id of an element, and the url
// that names an extension.
func isAttribute(t *spec.Type, el *spec.Element) bool {
	return el.Name == "id" && t.Kind != spec.Resource || el.Name == "url" && t.Name == "Extension"
}

// extensible says whether a primitive type may have extensions; xhtml may not.
func extensible(t *spec.Type) bool {
	el, _ := t.Element("extension")
	return el != nil && el.Max != 0
}

// title raises the first letter, as the name of a choice does with its type.
func title(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// hint is the rest of a sentence that helps with a name the shape does not
// have: the right spelling when only the case is wrong, or how the name of a
// choice is made.
func (s *shape) hint(name string) string {
	if strings.EqualFold(name, "resourceType") && s.typ.Kind == spec.Resource {
		return "; names are case-sensitive, this one is resourceType"
	}
	for known, m := range s.members {
		if strings.EqualFold(name, known) {
			return "; names are case-sensitive, this one is " + known
		}
		if m.element.Choice && name == m.element.Name {
			return "; the name must carry the type, " + name + "[x]"
		}
	}
	return ""
}
