package patch

import (
	"bytes"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

func (s *editor) builder() builder { return builder{s.params, s.env.Definitions} }

// add appends to a repeating element, or sets one that is not there yet.
func (s *editor) add(c change) error {
	items, err := s.selected(c)
	if err != nil {
		return err
	}
	if len(items) != 1 {
		return s.unfit(c, "path", "the path must select one element, it selects %d", len(items))
	}
	part, at := c.parts["value"], c.where(s.params, "name")
	owner := items[0]
	el, err := s.builder().slot(part, owner.Type(), text(s.params, c.parts["name"]))
	if err != nil {
		return place(err, at)
	}
	v, err := s.builder().value(part, el)
	if err != nil {
		return err
	}
	object := owner.Node
	if s.doc.Kind(object) != tree.Object {
		object = owner.Extra
	}
	if object == tree.None { // the first extension of a primitive
		return s.addExtra(c, owner, append(append([]byte{'{'}, members(el.name, []value{v}, el.list())...), '}'))
	}
	p := spot{owner: object, typ: owner.Type(), name: el.name, values: s.doc.Get(object, el.name), extras: s.doc.Get(object, "_"+el.name)}
	if p.values == tree.None && p.extras == tree.None {
		if s.otherChoice(p, el) {
			return s.unfit(c, "name", "the element is there already, with a value of another type")
		}
		return s.apply(c.at, appendTo(s.doc, object, members(el.name, []value{v}, el.list())))
	}
	if s.doc.Kind(p.values) != tree.Array && s.doc.Kind(p.extras) != tree.Array {
		return s.unfit(c, "name", "the element is there already and does not repeat")
	}
	n := p.size(s.doc)
	return s.apply(c.at, s.insertion(p, n, n, v)...)
}

// addExtra gives a primitive the object for its id and extensions.
func (s *editor) addExtra(c change, owner path.Item, text []byte) error {
	p := s.spot(owner)
	if p.index < 0 {
		return s.apply(c.at, appendTo(s.doc, p.owner, append(appendName(nil, "_"+p.name), text...)))
	}
	return s.apply(c.at, p.extrasWith(s.doc, p.size(s.doc), p.index, text)...)
}

// otherChoice says whether a choice element is there under the name of
// another type.
func (s *editor) otherChoice(p spot, el slot) bool {
	if el.el == nil || !el.el.Choice || p.typ == nil {
		return false
	}
	for c := range s.doc.Children(p.owner) {
		key := s.doc.Key(c)
		if key[0] == '_' {
			key = key[1:]
		}
		if there, _ := p.typ.Element(key); there != nil && there.Name == el.el.Name {
			return true
		}
	}
	return false
}

// insertion gives edits that put a value before the i-th of a list of n.
func (s *editor) insertion(p spot, n, i int, v value) []tree.Edit {
	var edits []tree.Edit
	switch have := s.doc.Count(p.values); {
	case p.values == tree.None && v.raw != nil:
		edits = append(edits, appendTo(s.doc, p.owner, appendArray(appendName(nil, p.name), n+1, i, v.raw)))
	case p.values == tree.None:
	case i > have:
		edits = append(edits, appendTo(s.doc, p.values, nulls(i-have, orNull(v.raw))))
	default:
		edits = append(edits, insertAt(s.doc, p.values, i, orNull(v.raw)))
	}
	switch have := s.doc.Count(p.extras); {
	case p.extras == tree.None:
		edits = append(edits, p.extrasWith(s.doc, n+1, i, v.extra)...)
	case i > have:
		edits = append(edits, p.extrasWith(s.doc, n+1, i, v.extra)...)
	default:
		edits = append(edits, insertAt(s.doc, p.extras, i, orNull(v.extra)))
	}
	return edits
}

// insert puts a value at an index of a list.
func (s *editor) insert(c change, items path.Collection) error {
	i, err := c.number(s.params, "index")
	if err != nil {
		return err
	}
	p, err := s.list(c, items)
	if err != nil {
		return err
	}
	n := p.size(s.doc)
	if i > n {
		return s.unfit(c, "index", "the list has %d items", n)
	}
	el, err := s.builder().slot(c.parts["value"], p.typ, p.name)
	if err != nil {
		return err
	}
	v, err := s.builder().value(c.parts["value"], el)
	if err != nil {
		return err
	}
	return s.apply(c.at, s.insertion(p, n, i, v)...)
}

// delete removes an element with its underscored sibling, and what holds
// nothing else.
func (s *editor) delete(c change, i path.Item) error {
	p, r := s.spot(i), newRemoval(s.doc)
	if p.index < 0 {
		r.take(p.values)
		r.take(p.extras)
	} else {
		r.take(s.doc.At(p.values, p.index))
		r.take(s.doc.At(p.extras, p.index))
		r.settle(p.values, p.extras)
	}
	return s.apply(c.at, r.edits()...)
}

// move takes an item of a list from one place to another. Only the texts of
// the items change places.
func (s *editor) move(c change, items path.Collection) error {
	from, err := c.number(s.params, "source")
	if err != nil {
		return err
	}
	to, err := c.number(s.params, "destination")
	if err != nil {
		return err
	}
	p, err := s.list(c, items)
	if err != nil {
		return err
	}
	n := p.size(s.doc)
	if from >= n {
		return s.unfit(c, "source", "the list has %d items", n)
	}
	if to >= n {
		return s.unfit(c, "destination", "the list has %d items", n)
	}
	return s.apply(c.at, append(s.shift(p.values, n, from, to), s.shift(p.extras, n, from, to)...)...)
}

// shift gives edits for one of the two arrays of a list of n.
func (s *editor) shift(array tree.Node, n, from, to int) []tree.Edit {
	if s.doc.Kind(array) != tree.Array {
		return nil
	}
	var texts [][]byte
	var nodes []tree.Node
	for c := range s.doc.Children(array) {
		texts, nodes = append(texts, s.doc.Raw(c)), append(nodes, c)
	}
	for len(texts) < n {
		texts = append(texts, []byte("null"))
	}
	moved := texts[from]
	if from < to {
		copy(texts[from:], texts[from+1:to+1])
	} else {
		copy(texts[to+1:], texts[to:from])
	}
	texts[to] = moved
	if len(nodes) < n {
		text := append([]byte{'['}, bytes.Join(texts, []byte{','})...)
		return []tree.Edit{replace(s.doc, array, append(text, ']'))}
	}
	var edits []tree.Edit
	for i := min(from, to); i <= max(from, to); i++ {
		edits = append(edits, replace(s.doc, nodes[i], texts[i]))
	}
	return edits
}

// replace puts another value in the place of an element. A choice element
// takes the name that goes with the type of the new value.
func (s *editor) replace(c change, i path.Item) error {
	p, part := s.spot(i), c.parts["value"]
	name := p.name
	if p.typ != nil {
		if el, _ := p.typ.Element(name); el != nil && el.Choice && s.builder().suffix(part) != "" {
			name = el.Name
		}
	}
	el, err := s.builder().slot(part, p.typ, name)
	if err != nil {
		return err
	}
	v, err := s.builder().value(part, el)
	if err != nil {
		return err
	}
	if p.index >= 0 {
		return s.replaceItem(c, p, v)
	}
	target, other := p.values, p.extras
	if target == tree.None {
		target, other = other, target
	}
	if el.name == p.name && v.extra == nil && target == p.values {
		edits := []tree.Edit{replace(s.doc, target, v.raw)}
		if other != tree.None {
			edits = append(edits, remove(s.doc, p.owner, map[tree.Node]bool{other: true})...)
		}
		return s.apply(c.at, edits...)
	}
	edits := []tree.Edit{member(s.doc, target, members(el.name, []value{v}, false))}
	if other != tree.None {
		edits = append(edits, remove(s.doc, p.owner, map[tree.Node]bool{other: true})...)
	}
	return s.apply(c.at, edits...)
}

// replaceItem replaces one of a list.
func (s *editor) replaceItem(c change, p spot, v value) error {
	var edits []tree.Edit
	n := p.size(s.doc)
	switch have := s.doc.Count(p.values); {
	case p.index < have:
		edits = append(edits, replace(s.doc, s.doc.At(p.values, p.index), orNull(v.raw)))
	case p.values == tree.None && v.raw != nil:
		edits = append(edits, appendTo(s.doc, p.owner, appendArray(appendName(nil, p.name), n, p.index, v.raw)))
	case v.raw != nil:
		edits = append(edits, appendTo(s.doc, p.values, nulls(p.index-have, v.raw)))
	}
	edits = append(edits, p.extrasWith(s.doc, n, p.index, v.extra)...)
	if err := s.apply(c.at, edits...); err != nil {
		return err
	}
	return s.tidy(c, p)
}

// tidy removes an array of extras that has nothing but nulls left.
func (s *editor) tidy(c change, p spot) error {
	owner := p.owner // numbers of nodes before it, and its own, have not changed
	r := newRemoval(s.doc)
	r.settle(s.doc.Get(owner, p.name), s.doc.Get(owner, "_"+p.name))
	if len(r.gone) == 0 {
		return nil
	}
	return s.apply(c.at, r.edits()...)
}
