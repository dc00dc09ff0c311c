package profile

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// item is one value of an element: a value, or the extensions of a primitive
// that has none.
type item struct {
	node tree.Node // None for a primitive without a value
	at   tree.Node // where it is for an issue
	typ  string    // "Quantity"; the resource type of a resource
	kind *spec.Type
	set  string // the value set that R4 binds the element to
}

func (i item) item() path.Item {
	if i.node == tree.None {
		return path.At(tree.None, i.kind)
	}
	return path.At(i.node, i.kind)
}

// items are the values of an element of an object. t is the object's type,
// nil when it is not known.
func (w *walk) items(holder tree.Node, t *spec.Type, name string) (out []item) {
	d := w.d
	base, choice := strings.CutSuffix(name, "[x]")
	for c := range d.Children(holder) {
		if !w.spend(1) {
			return nil
		}
		key := strings.TrimPrefix(d.Key(c), "_")
		if choice && !strings.HasPrefix(key, base) || !choice && key != name || t == nil {
			continue
		}
		el, code := t.Element(key)
		if el == nil || el.Name != base {
			continue
		}
		if d.Key(c)[0] == '_' {
			if d.Get(holder, key) == tree.None {
				out = w.siblings(out, c, code)
			}
			continue
		}
		kind := el.Content
		if kind == nil {
			kind = w.defs.Type(code)
		}
		set := ""
		if el.Binding != nil {
			set = el.Binding.ValueSet
		}
		add := func(n tree.Node) {
			i := item{node: n, at: n, typ: code, kind: kind, set: set}
			if kind != nil && kind.Kind == spec.Resource {
				i.typ = d.Text(d.Get(n, "resourceType"))
				i.kind = w.defs.Type(i.typ)
			}
			out = append(out, i)
		}
		if d.Kind(c) == tree.Array {
			for n := range d.Children(c) {
				if d.Kind(n) != tree.Null {
					add(n)
				}
			}
		} else {
			add(c)
		}
	}
	return out
}

// siblings are primitives without a value.
func (w *walk) siblings(out []item, c tree.Node, code string) []item {
	one := func(n tree.Node) {
		if w.d.Kind(n) == tree.Object {
			out = append(out, item{node: tree.None, at: n, typ: code, kind: w.defs.Type(code)})
		}
	}
	if w.d.Kind(c) != tree.Array {
		one(c)
		return out
	}
	for n := range w.d.Children(c) {
		one(n)
	}
	return out
}
