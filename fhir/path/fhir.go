package path

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// fhirFunction evaluates the functions that FHIR adds
// (http://hl7.org/fhir/R4/fhirpath.html#functions).
func (r *run) fhirFunction(e *Expr, in Collection, s scope) (Collection, error) {
	switch e.Name {
	case "extension", "hasExtension": // the second one is used by R4's search parameters
		url, ok, err := r.text(e.Args[0], s)
		if err != nil || !ok {
			return nil, err
		}
		found, err := r.extension(e, in, url)
		if e.Name == "hasExtension" && err == nil {
			return one(Boolean(len(found) > 0)), nil
		}
		return found, err
	case "hasValue":
		return one(Boolean(len(in) == 1 && r.hasValue(in[0]))), nil
	case "getValue":
		if len(in) != 1 || !r.hasValue(in[0]) {
			return nil, nil
		}
		if v := in[0].Value(r.doc); v != nil {
			return one(v), nil
		}
		return nil, nil
	}
	var out Collection
	for _, i := range in {
		found, ok, err := r.resolve(e, i)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, found)
		}
	}
	return out, nil
}

// extension filters the extensions by their url.
func (r *run) extension(e *Expr, in Collection, url string) (Collection, error) {
	var out Collection
	for _, i := range in {
		seen := 0
		r.follow(i, "extension", func(x Item) bool {
			seen++
			if r.doc.TextIs(r.doc.Get(x.Node, "url"), url) {
				out = append(out, x)
			}
			return true
		})
		if err := r.step(e, seen); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// resolve finds what a reference, uri or canonical points at: a contained
// resource, an entry of the Bundle that the document is, or else an item that
// has the type the reference names and nothing more.
func (r *run) resolve(e *Expr, i Item) (Item, bool, error) {
	target := ""
	if text, ok := i.Value(r.doc).(String); ok {
		target = string(text)
	} else if i.Node != tree.None {
		target = r.doc.Text(r.doc.Get(i.Node, "reference"))
	}
	if id, local := strings.CutPrefix(target, "#"); local {
		return r.contained(e, i.Node, id)
	}
	if target != "" && r.doc.TextIs(r.doc.Get(r.doc.Root(), "resourceType"), "Bundle") {
		if found, ok, err := r.entry(e, target); ok || err != nil {
			return found, ok, err
		}
	}
	name := typeOfReference(target)
	if t := r.defs.Type(name); name == "" || t == nil || !r.defs.IsResource(name) {
		name = ""
		if i.Node != tree.None {
			name = r.doc.Text(r.doc.Get(i.Node, "type"))
		}
	}
	if !r.defs.IsResource(name) {
		return Item{}, false, nil
	}
	return Item{Node: tree.None, Extra: tree.None, typ: r.defs.Type(name)}, true, nil
}

// typeOfReference is the type segment of a literal reference,
// [base/]Type/id[/_history/version].
func typeOfReference(ref string) string {
	ref, _, _ = strings.Cut(ref, "#")
	ref, _, _ = strings.Cut(ref, "/_history/")
	rest, id, ok := cutLast(ref)
	if !ok || !fhir.ValidID(id) {
		return ""
	}
	if _, last, ok := cutLast(rest); ok {
		return last
	}
	return rest
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// contained finds a resource in the one around the reference; an empty id
// means that one itself.
func (r *run) contained(e *Expr, from tree.Node, id string) (Item, bool, error) {
	root := r.enclosing(from, true)
	if id == "" {
		return root, true, nil
	}
	var found Item
	ok, seen := false, 0
	r.follow(root, "contained", func(c Item) bool {
		seen++
		if ok = r.doc.TextIs(r.doc.Get(c.Node, "id"), id); ok {
			found = c
		}
		return !ok
	})
	return found, ok, r.step(e, seen)
}

// entry finds the resource of a Bundle whose fullUrl is the reference, or
// ends in it when that is relative.
func (r *run) entry(e *Expr, target string) (Item, bool, error) {
	target, _, _ = strings.Cut(target, "/_history/")
	for n := range r.doc.Children(r.doc.Find("entry")) {
		if err := r.step(e, 1); err != nil {
			return Item{}, false, err
		}
		url := r.doc.Get(n, "fullUrl")
		if r.doc.TextIs(url, target) || !strings.Contains(target, ":") && strings.HasSuffix(r.doc.Text(url), "/"+target) {
			if res := r.doc.Get(n, "resource"); r.doc.Kind(res) == tree.Object {
				return r.locate(res), true, nil
			}
		}
	}
	return Item{}, false, nil
}
