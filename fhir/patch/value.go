package patch

import (
	"bytes"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// value is what an operation puts into the resource: the JSON text of a
// value, and for a primitive that of its underscored sibling. Either may be
// missing, not both.
type value struct {
	raw, extra []byte
	object     bool
}

// builder makes values of the parts of a Parameters resource.
type builder struct {
	d    *tree.Doc
	defs *spec.Definitions
}

func (b builder) invalid(n tree.Node, format string, args ...any) error {
	return fhir.Errorf(fhir.Invalid, format, args...).At(b.d.Path(n))
}

func (b builder) unfit(n tree.Node, format string, args ...any) error {
	return fhir.Errorf(fhir.Unprocessable, format, args...).At(b.d.Path(n))
}

// slot is the element a value is for.
type slot struct {
	name string        // in JSON, without underscore
	el   *spec.Element // nil when the definitions do not tell
	typ  *spec.Type    // of the value; nil when the definitions do not tell
}

// list says whether the element repeats by definition.
func (s slot) list() bool { return s.el != nil && s.el.Max != 1 }

// slot finds the element of that name in a type, and for a choice the name
// that the value's type gives it.
func (b builder) slot(n tree.Node, parent *spec.Type, name string) (slot, error) {
	suffix := b.suffix(n)
	if name == "" || strings.HasPrefix(name, "_") || name == "resourceType" {
		return slot{}, b.unfit(n, "this is not the name of an element")
	}
	if parent == nil {
		return slot{name: name}, nil
	}
	el, typ := parent.Element(name)
	if el == nil && suffix != "" {
		if el, typ = parent.Element(name + suffix); el != nil && el.Choice {
			name += suffix
		} else {
			el = nil
		}
	}
	if el == nil {
		return slot{}, b.unfit(n, "%s has no such element, or not with a value of this type", parent.Name)
	}
	s := slot{name: name, el: el, typ: el.Content}
	if s.typ == nil {
		s.typ = b.defs.Type(typ)
	}
	return s, nil
}

// suffix is the type part of the value[x] that a part holds.
func (b builder) suffix(part tree.Node) string {
	for c := range b.d.Children(part) {
		if s, ok := strings.CutPrefix(strings.TrimPrefix(b.d.Key(c), "_"), "value"); ok && s != "" {
			return s
		}
	}
	return ""
}

// value reads what a part holds: value[x], a resource, or parts that are the
// elements of what they are part of.
func (b builder) value(part tree.Node, s slot) (value, error) {
	var v value
	raw, extra, parts := tree.None, tree.None, tree.None
	for c := range b.d.Children(part) {
		key := b.d.Key(c)
		switch {
		case key == "part":
			parts = c
		case key == "resource", strings.HasPrefix(key, "value") && raw == tree.None:
			raw = c
		case strings.HasPrefix(key, "_value") && extra == tree.None:
			extra = c
		case key != "name" && key != "id" && key != "extension":
			return v, b.invalid(part, "a part holds one value")
		}
	}
	switch {
	case parts != tree.None && (raw != tree.None || extra != tree.None), parts == tree.None && raw == tree.None && extra == tree.None:
		return v, b.invalid(part, "a part holds one value, or parts")
	case parts != tree.None:
		text, err := b.object(parts, s.typ)
		return value{raw: text, object: true}, err
	}
	for _, n := range [...]tree.Node{raw, extra} {
		if b.hollow(n) {
			return v, b.invalid(part, "a value holds an empty array or object, or null")
		}
	}
	if raw != tree.None {
		v.raw, v.object = b.d.Raw(raw), b.d.Kind(raw) == tree.Object
	}
	if extra != tree.None {
		v.extra = b.d.Raw(extra)
	}
	switch {
	case b.d.Kind(raw) == tree.Array, extra != tree.None && (b.d.Kind(extra) != tree.Object || v.object):
		return v, b.invalid(part, "the value is not of its type")
	case s.typ != nil && (s.typ.Kind == spec.Primitive) == v.object:
		return v, b.unfit(part, "the element takes values of another type")
	}
	return v, nil
}

// hollow says whether there is an empty array or object, or a null that does
// not keep a place in an array, anywhere in a value.
func (b builder) hollow(n tree.Node) bool {
	switch b.d.Kind(n) {
	case tree.Null:
		return n != tree.None && b.d.Kind(b.d.Parent(n)) != tree.Array
	case tree.Array, tree.Object:
		if b.d.Skip(n) == n+1 {
			return true
		}
		for c := range b.d.Children(n) {
			if b.hollow(c) {
				return true
			}
		}
	}
	return false
}

// object builds an object of parts, each of which is an element, in the order
// in which the names first occur.
func (b builder) object(parts tree.Node, typ *spec.Type) ([]byte, error) {
	type property struct {
		slot   slot
		values []value
		part   tree.Node
	}
	var all []*property
	byName := map[string]*property{}
	for n := range b.d.Children(parts) {
		s, err := b.slot(n, typ, b.d.Text(b.d.Get(n, "name")))
		if err != nil {
			return nil, err
		}
		v, err := b.value(n, s)
		if err != nil {
			return nil, err
		}
		p := byName[s.name]
		if p == nil {
			p = &property{slot: s, part: n}
			byName[s.name] = p
			all = append(all, p)
		}
		if p.values = append(p.values, v); len(p.values) > 1 && typ != nil && !s.list() {
			return nil, b.unfit(n, "the element does not repeat")
		}
	}
	if len(all) == 0 {
		return nil, b.invalid(parts, "parts must not be empty")
	}
	out := []byte{'{'}
	for i, p := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, members(p.slot.name, p.values, p.slot.list() || len(p.values) > 1)...)
	}
	return append(out, '}'), nil
}

// members writes a property, and its underscored sibling if there is
// something to say in it.
func members(name string, values []value, list bool) []byte {
	raws, extras := make([][]byte, len(values)), make([][]byte, len(values))
	some, more := false, false
	for i, v := range values {
		raws[i], extras[i] = orNull(v.raw), orNull(v.extra)
		some, more = some || v.raw != nil, more || v.extra != nil
	}
	var out []byte
	if some {
		out = appendProperty(out, name, raws, list)
	}
	if more {
		if some {
			out = append(out, ',')
		}
		out = appendProperty(out, "_"+name, extras, list)
	}
	return out
}

func orNull(raw []byte) []byte {
	if raw == nil {
		return []byte("null")
	}
	return raw
}

func appendProperty(out []byte, name string, values [][]byte, list bool) []byte {
	out = appendName(out, name)
	if !list {
		return append(out, values[0]...)
	}
	out = append(out, '[')
	out = append(out, bytes.Join(values, []byte{','})...)
	return append(out, ']')
}
