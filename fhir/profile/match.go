package profile

import "github.com/webdoctor/webdoctor/fhir/tree"

// equal says whether a node is exactly the value (elementdefinition.html#fixed).
func (w *walk) equal(n tree.Node, v Value) bool {
	d := w.d
	if !w.spend(1) {
		return false
	}
	if d.Kind(n) != v.doc.Kind(v.node) || d.Count(n) != v.doc.Count(v.node) {
		return false
	}
	switch d.Kind(n) {
	case tree.Object:
		for c := range v.doc.Children(v.node) {
			if !w.equal(d.Get(n, v.doc.Key(c)), Value{v.doc, c}) {
				return false
			}
		}
		return true
	case tree.Array:
		at := n + 1
		for c := range v.doc.Children(v.node) {
			if !w.equal(at, Value{v.doc, c}) {
				return false
			}
			at = d.Skip(at)
		}
		return true
	}
	return d.Text(n) == v.doc.Text(v.node)
}

// matches says whether a node has at least what the value has; each item of an
// array of the value must match one of the node's
// (elementdefinition.html#pattern).
func (w *walk) matches(n tree.Node, v Value) bool {
	d := w.d
	if !w.spend(1) {
		return false
	}
	if d.Kind(n) != v.doc.Kind(v.node) {
		return false
	}
	switch d.Kind(n) {
	case tree.Object:
		for c := range v.doc.Children(v.node) {
			if !w.matches(d.Get(n, v.doc.Key(c)), Value{v.doc, c}) {
				return false
			}
		}
		return true
	case tree.Array:
		for c := range v.doc.Children(v.node) {
			found := false
			for i := range d.Children(n) {
				if found = w.matches(i, Value{v.doc, c}); found || w.overspent {
					break
				}
			}
			if !found {
				return false
			}
		}
		return true
	}
	return d.Text(n) == v.doc.Text(v.node)
}
