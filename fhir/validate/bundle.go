package validate

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// entries are the resources of a Bundle by what references call them
// (bundle.html#references).
type entries struct {
	byURL map[string][]tree.Node // by fullUrl; versions of a resource share it
	byID  map[string]tree.Node   // by type/id
	entry map[tree.Node]int      // the position of the entry that a resource is in
	urls  []string               // of the entries
	nodes []tree.Node            // the resources of the entries, None for an entry without
}

// entriesOf reads a Bundle, once.
func (w *walk) entriesOf(bundle tree.Node) *entries {
	if es := w.bundles[bundle]; es != nil {
		return es
	}
	d := w.d
	es := &entries{byURL: map[string][]tree.Node{}, byID: map[string]tree.Node{}, entry: map[tree.Node]int{}}
	for e := range d.Children(d.Get(bundle, "entry")) {
		url, r := d.Text(d.Get(e, "fullUrl")), d.Get(e, "resource")
		es.urls, es.nodes = append(es.urls, url), append(es.nodes, r)
		if r == tree.None {
			continue
		}
		es.entry[r] = len(es.nodes) - 1
		if url != "" {
			es.byURL[url] = append(es.byURL[url], r)
		}
		if id := d.Text(d.Get(r, "id")); id != "" {
			es.byID[d.Text(d.Get(r, "resourceType"))+"/"+id] = r
		}
	}
	if w.bundles == nil {
		w.bundles = map[tree.Node]*entries{}
	}
	w.bundles[bundle] = es
	return es
}

// around is the Bundle that a node is in, and the resource of the entry;
// None when it is in none.
func (w *walk) around(n tree.Node) (bundle, resource tree.Node) {
	d := w.d
	for ; n != tree.None; n = d.Parent(n) {
		if !d.KeyIs(n, "resource") {
			continue
		}
		e := d.Parent(n)
		list := d.Parent(e)
		if d.KeyIs(list, "entry") && d.TextIs(d.Get(d.Parent(list), "resourceType"), "Bundle") {
			return d.Parent(list), n
		}
	}
	return tree.None, tree.None
}

// resolve finds what a reference of a resource means in the Bundle around it.
// By the book an absolute one, and a relative one together with the base of
// the fullUrl that it stands under, is the fullUrl of an entry. exact is false
// when only type and id agree.
func (w *walk) resolve(bundle, from tree.Node, text string) (found tree.Node, exact bool) {
	d, es := w.d, w.entriesOf(bundle)
	text, _, _ = strings.Cut(text, "#")
	text, version, versioned := strings.Cut(text, "/_history/")
	fits := func(r tree.Node) bool {
		v := d.Get(d.Get(r, "meta"), "versionId")
		return !versioned || v == tree.None || d.TextIs(v, version)
	}
	full := text
	if !strings.Contains(text, ":") {
		full = ""
		if at, ok := es.entry[from]; ok {
			if _, restful := restful(es.urls[at]); restful && strings.HasPrefix(es.urls[at], "http") {
				base := es.urls[at][:strings.LastIndexByte(es.urls[at], '/')]
				full = base[:strings.LastIndexByte(base, '/')+1] + text
			}
		}
	}
	for _, r := range es.byURL[full] {
		if fits(r) {
			return r, true
		}
	}
	if strings.HasPrefix(text, "urn:") {
		return tree.None, false
	}
	if name, ok := restful(text); ok {
		if r, ok := es.byID[name+text[strings.LastIndexByte(text, '/'):]]; ok && !strings.Contains(text, ":") && fits(r) {
			return r, false
		}
	}
	return tree.None, false
}

// bundle checks what the invariants of a Bundle leave out: what identifies its
// entries, and that what a document or a message is about is in it.
func (w *walk) bundle(n tree.Node) {
	d := w.d
	kind := d.Text(d.Get(n, "type"))
	whole := kind == "document" || kind == "message"
	for e := range d.Children(d.Get(n, "entry")) {
		url, r := d.Get(e, "fullUrl"), d.Get(e, "resource")
		switch text, id := d.Text(url), d.Get(r, "id"); {
		case r == tree.None:
		case url == tree.None && whole:
			w.reportBelow(e, "fullUrl", fhir.Required, "an entry of a document or message must have a fullUrl")
		case url == tree.None && (kind == "collection" || kind == "searchset"):
			w.warn(e, fhir.Required, "an entry should have a fullUrl, which says what the resource is")
		case d.Kind(id) == tree.String && strings.HasPrefix(text, "http"):
			if name, ok := restful(text); ok && w.v.defs.IsResource(name) && !strings.HasSuffix(text, "/"+d.Text(id)) {
				w.warn(url, fhir.Invalid, "the fullUrl should end with the id of the resource")
			}
		}
	}
	if !whole {
		return
	}
	if es := w.entriesOf(n); len(es.nodes) > 0 && es.nodes[0] != tree.None {
		first := es.nodes[0]
		w.complete(n, first, first, w.v.typeOf(d, first), kind)
		w.connected(n, kind)
	}
}

// complete looks for what the first resource of a document refers to, which
// must be in the document (documents.html#content), or for the focus of a
// message (messaging.html). A reference that is one of the choices of an
// element is to another document.
func (w *walk) complete(bundle, first, n tree.Node, t *spec.Type, kind string) {
	d := w.d
	if t == nil || d.Kind(n) != tree.Object {
		return
	}
	for c := range d.Children(n) {
		el, code := t.Element(d.Key(c))
		if el == nil || el.Choice || kind == "message" && el.Name != "focus" {
			continue
		}
		each := func(i tree.Node) {
			if el.Content != nil {
				w.complete(bundle, first, i, el.Content, kind)
				return
			}
			at := d.Get(i, "reference")
			text := d.Text(at)
			if code != "Reference" || d.Kind(at) != tree.String || text == "" || text[0] == '#' {
				return
			}
			if found, _ := w.resolve(bundle, first, text); found == tree.None {
				w.report(at, fhir.Invalid, "what the first resource of a "+kind+" refers to here must be in the "+kind)
			}
		}
		if d.Kind(c) != tree.Array {
			each(c)
			continue
		}
		for i := range d.Children(c) {
			each(i)
		}
	}
}

// connected looks for entries that nothing leads to from the first one, by
// references in either direction. A document has no others
// (documents.html#content), but stylesheets; a message should not.
func (w *walk) connected(bundle tree.Node, kind string) {
	if kind == "message" && !w.advise {
		return
	}
	d, es := w.d, w.entriesOf(bundle)
	parent := make([]int, len(es.nodes))
	for i := range parent {
		parent[i] = i
	}
	top := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i, r := range es.nodes {
		if r == tree.None {
			continue
		}
		for c, end := r+1, d.Skip(r); c < end; c++ {
			if d.Kind(c) != tree.String {
				continue
			}
			to := tree.None
			if d.KeyIs(c, "reference") {
				to, _ = w.resolve(bundle, r, d.Text(c))
			} else if list := es.byURL[d.Text(c)]; len(list) > 0 {
				to = list[0]
			}
			if to != tree.None {
				parent[top(es.entry[to])] = top(i)
			}
		}
	}
	for i, r := range es.nodes {
		if r == tree.None || top(i) == top(0) || d.TextIs(d.Get(r, "resourceType"), "Binary") {
			continue
		}
		if kind == "document" {
			w.report(d.Parent(r), fhir.Invalid, "nothing leads to this entry of the document from its first one")
		} else {
			w.warn(d.Parent(r), fhir.Invalid, "nothing leads to this entry of the message from its first one")
		}
	}
}
