package validate

import (
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// inside checks what R4 says of resources that are inside others
// (references.html#contained, dom-2 to dom-6).
func (w *walk) inside(n tree.Node) {
	d := w.d
	if d.KeyIs(d.Parent(n), "contained") {
		w.containedOne(n)
		return
	}
	if d.TextIs(d.Get(n, "resourceType"), "Bundle") {
		w.bundle(n)
	}
	if w.advise && d.Get(d.Get(n, "text"), "div") == tree.None && w.domain(n) {
		w.warn(n, fhir.Invariant, "dom-6 does not hold: a resource should have a narrative")
	}
	list := d.Get(n, "contained")
	if d.Kind(list) != tree.Array {
		return
	}
	used := w.fragments(n)
	for c := range d.Children(list) {
		id := d.Get(c, "id")
		switch {
		case d.Kind(id) != tree.String:
			w.reportBelow(c, "id", fhir.Required, "a contained resource must have an id")
		case !used[d.Text(id)] && !w.pointsOut(c):
			w.report(c, fhir.Invariant, "dom-3 does not hold: a contained resource must be referred to from the resource around, or refer to it")
		}
	}
}

// domain says whether a resource is a DomainResource.
func (w *walk) domain(n tree.Node) bool {
	r := w.v.roots[w.d.Text(w.d.Get(n, "resourceType"))]
	return r != nil && r.typ.Base == "DomainResource"
}

func (w *walk) containedOne(n tree.Node) {
	d := w.d
	if c := d.Get(n, "contained"); c != tree.None {
		w.report(c, fhir.Invariant, "dom-2 does not hold: a contained resource must not contain others")
	}
	meta := d.Get(n, "meta")
	for _, name := range []string{"versionId", "lastUpdated"} {
		if c := d.Get(meta, name); c != tree.None {
			w.report(c, fhir.Invariant, "dom-4 does not hold: a contained resource has no version")
		}
	}
	if c := d.Get(meta, "security"); c != tree.None {
		w.report(c, fhir.Invariant, "dom-5 does not hold: a contained resource has no security labels of its own")
	}
}

// fragments are the ids that the resource refers to, by a Reference,
// canonical, uri or url that begins with #.
func (w *walk) fragments(n tree.Node) map[string]bool {
	d := w.d
	used := map[string]bool{}
	for c, end := n+1, d.Skip(n); c < end; c++ {
		if d.Kind(c) == tree.String && w.src[start(d, c)+1] == '#' && (d.KeyIs(c, "reference") || w.v.addresses(d, c)) {
			used[d.Text(c)[1:]] = true
		}
	}
	return used
}

// addresses says whether a text is a canonical, uri or url.
func (v *Validator) addresses(d *tree.Doc, n tree.Node) bool {
	chain := v.chain(d, n)
	return called(chain, "canonical") || called(chain, "uri") || called(chain, "url")
}

func start(d *tree.Doc, n tree.Node) int { s, _ := d.Span(n); return s }

// pointsOut says whether a contained resource refers to the one around it.
func (w *walk) pointsOut(n tree.Node) bool {
	d := w.d
	for c, end := n+1, d.Skip(n); c < end; c++ {
		if d.TextIs(c, "#") {
			return true
		}
	}
	return false
}
