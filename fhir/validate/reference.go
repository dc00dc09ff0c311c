package validate

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// reference checks a Reference (references.html): its form, that what it
// points at in this document is there, and that it is of a type that the
// element allows.
func (w *walk) reference(n tree.Node, m *member) {
	d := w.d
	at, typ := d.Get(n, "reference"), d.Get(n, "type")
	text := d.Text(at)
	if d.Kind(at) != tree.String || text == "" {
		if at == tree.None && d.Kind(typ) == tree.String {
			w.target(typ, d.Text(typ), m)
		}
		return
	}
	name, problem := w.pointed(n, text)
	if problem != "" {
		w.report(at, fhir.Value, problem)
		return
	}
	if w.advise {
		w.bundled(n, at, text)
	}
	if name == "" {
		if d.Kind(typ) == tree.String {
			w.target(typ, d.Text(typ), m)
		}
		return
	}
	if d.Kind(typ) == tree.String && d.Text(typ) != name && w.v.defs.IsResource(d.Text(typ)) {
		w.report(typ, fhir.Invalid, "the reference is to a "+name+", which is not its type")
		return
	}
	w.target(at, name, m)
}

// bundled warns of a reference that looks as if it meant an entry of the
// Bundle around, and does not. Nothing else than an entry can be meant by a
// urn:uuid: or urn:oid:.
func (w *walk) bundled(n, at tree.Node, text string) {
	bundle, from := w.around(n)
	if bundle == tree.None || text[0] == '#' {
		return
	}
	switch found, exact := w.resolve(bundle, from, text); {
	case exact:
	case strings.HasPrefix(text, "urn:"):
		w.warn(at, fhir.NotFound, "no entry of the Bundle has this fullUrl")
	case found != tree.None:
		w.warn(at, fhir.Invalid, "an entry of the Bundle has this type and id, but its fullUrl is not what the reference means here")
	}
}

// target holds a type against those the element allows.
func (w *walk) target(at tree.Node, name string, m *member) {
	if w.v.defs.IsResource(name) && !m.targets.Allows(name) {
		w.report(at, fhir.Invalid, m.element.Name+" may not refer to a "+name+", only to "+strings.Join(m.targets.Targets, ", "))
	}
}

// pointed is the type of the resource that a reference points at, "" when
// only the resource itself would tell, and what is wrong with its form.
func (w *walk) pointed(n tree.Node, text string) (name, problem string) {
	switch {
	case text[0] == '#':
		found := w.contained(n, text[1:])
		if found == tree.None {
			return "", "ref-1 does not hold: the resource contains none of this id"
		}
		return w.d.Text(w.d.Get(found, "resourceType")), ""
	case strings.HasPrefix(text, "urn:uuid:"):
		if !isUUID([]byte(strings.ToLower(text))) {
			return "", "a reference by urn:uuid: has 32 hexadecimal digits in five groups"
		}
		return w.entry(n, text), ""
	case strings.HasPrefix(text, "urn:"):
		return w.entry(n, text), ""
	case strings.Contains(text, ":"):
		if name := w.entry(n, text); name != "" {
			return name, ""
		}
		name, _ := restful(text)
		if !w.v.defs.IsResource(name) {
			name = ""
		}
		return name, ""
	}
	if typ, criteria, conditional := strings.Cut(text, "?"); conditional {
		if !w.v.defs.IsResource(typ) || criteria == "" {
			return "", "a conditional reference is a resource type, ? and criteria"
		}
		return typ, ""
	}
	name, ok := restful(text)
	if !ok || !w.v.defs.IsResource(name) || strings.Count(strings.TrimSuffix(text, "/"), "/") > 3 {
		return "", "a relative reference is a resource type, / and an id"
	}
	return name, ""
}

// restful is the type in [base/]type/id[/_history/version] and whether the
// reference has that form.
func restful(text string) (name string, ok bool) {
	text, _, _ = strings.Cut(text, "#")
	text, version, versioned := strings.Cut(text, "/_history/")
	i := strings.LastIndexByte(text, '/')
	if i < 0 || !fhir.ValidID(text[i+1:]) || versioned && !fhir.ValidID(version) {
		return "", false
	}
	name = text[:i]
	return name[strings.LastIndexByte(name, '/')+1:], true
}

// container is the resource around a node that is contained in none.
func (w *walk) container(n tree.Node) tree.Node {
	d, found := w.d, w.d.Root()
	for ; n != tree.None; n = d.Parent(n) {
		if d.Kind(n) == tree.Object && d.Get(n, "resourceType") != tree.None {
			up := d.Parent(n)
			if found = n; d.Kind(up) != tree.Array || !d.KeyIs(up, "contained") {
				return n
			}
		}
	}
	return found
}

// contained finds the resource of the id in the one around the node; no id is
// that one itself (references.html#contained).
func (w *walk) contained(n tree.Node, id string) tree.Node {
	around := w.container(n)
	if id == "" {
		return around
	}
	known := w.ids[around]
	if known == nil {
		known = map[string]tree.Node{}
		for c := range w.d.Children(w.d.Get(around, "contained")) {
			if id := w.d.Text(w.d.Get(c, "id")); known[id] == 0 {
				known[id] = c
			}
		}
		if w.ids == nil {
			w.ids = map[tree.Node]map[string]tree.Node{}
		}
		w.ids[around] = known
	}
	if c := known[id]; c != 0 {
		return c
	}
	return tree.None
}

// entry is the type of the resource that a reference means in the Bundle
// around, "" when there is none.
func (w *walk) entry(n tree.Node, text string) string {
	bundle, from := w.around(n)
	if bundle == tree.None {
		return ""
	}
	found, _ := w.resolve(bundle, from, text)
	return w.d.Text(w.d.Get(found, "resourceType"))
}

// TypeOfReference is the type in a literal reference, [base/]type/id, "" when
// it has another form.
func TypeOfReference(ref string) string {
	if ref == "" || ref[0] == '#' || strings.HasPrefix(ref, "urn:") {
		return ""
	}
	if typ, _, conditional := strings.Cut(ref, "?"); conditional {
		return typ
	}
	name, _ := restful(ref)
	return name
}
