package path

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Collection is the result of an expression, in order.
type Collection []Item

// Item is a node of the document or a computed value.
type Item struct {
	// Node is where the item stands: a value or object, or the null that
	// keeps the place of a primitive without value in an array. It is
	// tree.None for a computed value, for a primitive that consists of
	// nothing but its Extra, and for a resolved resource that is elsewhere.
	Node tree.Node
	// Extra is the object under _name that holds id and extensions of a
	// primitive, tree.None if there is none.
	Extra tree.Node

	typ   *spec.Type // nil when the definitions do not tell, or for a computed value
	value Value      // of a computed item
}

func computed(v Value) Item { return Item{Node: tree.None, Extra: tree.None, value: v} }

func one(v Value) Collection { return Collection{computed(v)} }

// Type is the FHIR type of a node, "HumanName", with the path of the element
// as the name of a backbone type, "Bundle.entry". It is nil when the
// definitions do not tell, and for a computed value.
func (i Item) Type() *spec.Type { return i.typ }

// Computed is the System value of a computed item, nil for a node.
func (i Item) Computed() Value { return i.value }

// Value is the item as a System value, which for a node of d means the value
// of a primitive, or a Quantity. It is nil when there is none: for complex
// elements, and primitives without a value.
func (i Item) Value(d *tree.Doc) Value {
	if i.value != nil || i.Node == tree.None {
		return i.value
	}
	switch d.Kind(i.Node) {
	case tree.Null, tree.Array:
		return nil
	case tree.Bool:
		return Boolean(d.Text(i.Node) == "true")
	case tree.Object:
		if i.typ != nil && quantityLike(i.typ) {
			return quantityOf(d, i.Node)
		}
		return nil
	case tree.Number:
		n, ok := ParseDecimal(d.Text(i.Node))
		if !ok {
			return nil
		}
		if i.typ == nil && n.scale == 0 || i.typ != nil && i.typ.Name != "decimal" {
			if whole, ok := n.integer(); ok {
				return whole
			}
		}
		return n
	}
	text := d.Text(i.Node)
	if i.typ != nil {
		kind := DateTime
		switch i.typ.Name {
		case "date":
			kind = Date
		case "time":
			kind = Time
		case "dateTime", "instant":
		default:
			return String(text)
		}
		if t, ok := ParseTemporal(kind, text); ok {
			return t
		}
	}
	return String(text)
}

// quantityLike says whether a type is Quantity or one derived from it.
func quantityLike(t *spec.Type) bool {
	return t.Name == "Quantity" || t.Base == "Quantity"
}

// quantityOf reads a FHIR Quantity as System.Quantity. A comparator makes it
// something else than a quantity
// (http://hl7.org/fhir/R4/fhirpath.html#quantity).
func quantityOf(d *tree.Doc, n tree.Node) Value {
	v := d.Get(n, "value")
	if d.Kind(v) != tree.Number || d.Get(n, "comparator") != tree.None {
		return nil
	}
	q := Quantity{Unit: "1"}
	var ok bool
	if q.Value, ok = ParseDecimal(d.Text(v)); !ok {
		return nil
	}
	switch code, system := d.Get(n, "code"), d.Get(n, "system"); {
	case code != tree.None && d.TextIs(system, ucumSystem):
		q.Unit = d.Text(code)
	case code != tree.None: // compares with its like only
		q.Unit = d.Text(system) + "|" + d.Text(code)
	default:
		if unit := d.Text(d.Get(n, "unit")); unit != "" {
			q.Unit = unit
		}
	}
	return q
}

const ucumSystem = "http://unitsofmeasure.org"

// isPrimitive says whether the item is a primitive element of the document,
// with or without a value.
func (r *run) isPrimitive(i Item) bool {
	if i.value != nil {
		return false
	}
	if i.typ != nil {
		return i.typ.Kind == spec.Primitive
	}
	return i.Node == tree.None && i.Extra != tree.None || i.Node != tree.None && r.doc.Kind(i.Node) < tree.Array
}

// hasValue is the function of that name: a primitive with a value, not just
// extensions.
func (r *run) hasValue(i Item) bool {
	return i.value != nil || r.isPrimitive(i) && r.doc.Kind(i.Node) != tree.Null
}

// holder is the object in which the children of an item stand.
func (r *run) holder(i Item) tree.Node {
	if r.doc.Kind(i.Node) == tree.Object {
		return i.Node
	}
	return i.Extra
}

// locate makes an item of any node of the document. Its type is found by
// walking down from the innermost resource around it.
func (r *run) locate(n tree.Node) Item {
	i := Item{Node: n, Extra: tree.None}
	if n == tree.None {
		return i
	}
	if t := r.resourceType(n, nil); t != nil {
		i.typ = t
		return i
	}
	holder := r.doc.Parent(n)
	if r.doc.Kind(holder) == tree.Array {
		holder = r.doc.Parent(holder)
	}
	if r.doc.Kind(holder) != tree.Object {
		return i
	}
	parent := r.locate(holder)
	for m := range r.members(parent) {
		r.each(m, func(child Item) bool {
			if child.Node == n || child.Extra == n {
				i = child
			}
			return i.typ == nil
		})
	}
	return i
}

// resourceType is the type of an object that says what it is, else what the
// element says.
func (r *run) resourceType(n tree.Node, declared *spec.Type) *spec.Type {
	if declared != nil && declared.Kind != spec.Resource {
		return declared
	}
	if name := r.doc.Get(n, "resourceType"); r.doc.Kind(name) == tree.String {
		if t := r.defs.Type(r.doc.Text(name)); t != nil && t.Kind == spec.Resource {
			return t
		}
	}
	return declared
}

// member is a property of an object with its underscored sibling.
type member struct {
	name  string     // of the element, "value" for valueQuantity
	typ   *spec.Type // nil if unknown
	node  tree.Node
	extra tree.Node
}

// members yields what an item's object holds, in document order. A sibling
// without its primitive stands for itself.
func (r *run) members(i Item) func(func(member) bool) {
	return func(yield func(member) bool) {
		holder := r.holder(i)
		price := r.price(holder)
		for c := range r.doc.Children(holder) {
			if r.steps -= price; r.steps < 0 {
				return // the next step says so
			}
			key := r.doc.Key(c)
			m := member{node: c, extra: tree.None}
			if plain, ok := strings.CutPrefix(key, "_"); ok {
				if r.doc.Get(holder, plain) != tree.None {
					continue
				}
				key, m.node, m.extra = plain, tree.None, c
			} else if key == "resourceType" {
				continue
			} else if primitiveShape(r.doc, c) {
				m.extra = r.doc.Get(holder, "_"+key)
			}
			m.name, m.typ = r.element(i.typ, key)
			if !yield(m) {
				return
			}
		}
	}
}

// price is what looking for a sibling in an object costs: nothing in objects
// as FHIR has them, and its share in one with a hundred thousand properties.
func (r *run) price(holder tree.Node) int {
	if holder == tree.None || r.doc.Skip(holder)-holder < 128 {
		return 0
	}
	return r.doc.Count(holder) / 16
}

// primitiveShape says whether a property can have an underscored sibling.
func primitiveShape(d *tree.Doc, n tree.Node) bool {
	if d.Kind(n) == tree.Array {
		n = d.At(n, 0)
	}
	return d.Kind(n) < tree.Array
}

// each yields the items of a member: the items of an array, paired with
// those of the sibling's array, or the one value.
func (r *run) each(m member, yield func(Item) bool) {
	if r.doc.Kind(m.node) != tree.Array && r.doc.Kind(m.extra) != tree.Array {
		r.item(m.node, m.extra, m.typ, yield)
		return
	}
	n, more := firstOf(r.doc, m.node)
	x, moreExtra := firstOf(r.doc, m.extra)
	for more || moreExtra {
		node, extra := tree.None, tree.None
		if more {
			node = n
			n, more = nextOf(r.doc, m.node, n)
		}
		if moreExtra {
			extra = x
			x, moreExtra = nextOf(r.doc, m.extra, x)
		}
		if !r.item(node, extra, m.typ, yield) {
			return
		}
	}
}

func firstOf(d *tree.Doc, array tree.Node) (tree.Node, bool) {
	if d.Kind(array) != tree.Array || d.Skip(array) == array+1 {
		return tree.None, false
	}
	return array + 1, true
}

func nextOf(d *tree.Doc, array, n tree.Node) (tree.Node, bool) {
	n = d.Skip(n)
	return n, n < d.Skip(array)
}

// item yields one item unless there is nothing but nulls.
func (r *run) item(node, extra tree.Node, typ *spec.Type, yield func(Item) bool) bool {
	if r.doc.Kind(extra) != tree.Object {
		extra = tree.None
	}
	switch r.doc.Kind(node) {
	case tree.Array:
		return true // arrays in arrays are no FHIR
	case tree.Null:
		if extra == tree.None {
			return true
		}
	case tree.Object:
		typ = r.resourceType(node, typ)
		if typ != nil && typ.Kind == spec.Primitive {
			typ = nil // an object where the definitions want a primitive
		}
	}
	return yield(Item{Node: node, Extra: extra, typ: typ})
}
