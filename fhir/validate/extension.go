package validate

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

const structureURL = "http://hl7.org/fhir/StructureDefinition/"

// defined holds an extension against its definition when it is one of R4's
// (defining-extensions.html): where it stands, what value it has and which
// extensions are in it. Anybody may define others; one that HL7 would have to
// define is doubtful.
func (w *walk) defined(n tree.Node) {
	d := w.d
	url := d.Text(d.Get(n, "url"))
	around := d.Parent(d.Parent(d.Parent(n))) // the array that an extension around this one would be in
	if nested := d.KeyIs(around, "extension") || d.KeyIs(around, "modifierExtension"); nested && !strings.Contains(url, ":") {
		return // belongs to the definition of the one around
	}
	if !strings.Contains(url, ":") {
		w.report(d.Get(n, "url"), fhir.Extension, "the url of an extension must be absolute")
		return
	}
	x := w.v.defs.Extension(url)
	if x == nil {
		if name, hl7 := strings.CutPrefix(url, structureURL); hl7 && w.v.defs.Type(name) == nil {
			w.warn(n, fhir.Extension, "R4 defines no extension of this url")
		}
		return
	}
	if modifies := d.KeyIs(d.Parent(n), "modifierExtension"); x.Modifier != modifies {
		w.report(n, fhir.Extension, "the extension belongs into "+map[bool]string{true: "modifierExtension", false: "extension"}[x.Modifier])
		return
	}
	if !w.inContext(n, x) {
		w.warn(n, fhir.Extension, "the extension is not defined for use here")
	}
	w.content(n, x)
}

// content holds an extension and those nested in it against the definition.
func (w *walk) content(n tree.Node, x *spec.Extension) {
	d := w.d
	count := map[string]int{}
	for c := range d.Children(n) {
		name := d.Key(c)
		switch {
		case strings.HasPrefix(name, "value"):
			code := name[len("value"):]
			if !slices.ContainsFunc(x.Types, func(r spec.TypeRef) bool { return title(r.Code) == code }) {
				w.report(c, fhir.Extension, "the definition of the extension does not allow a value of this type")
			}
		case name == "extension":
			for i := range d.Children(c) {
				url := d.Text(d.Get(i, "url"))
				count[url]++
				at := slices.IndexFunc(x.Nested, func(x *spec.Extension) bool { return x.URL == url })
				if at >= 0 {
					w.content(i, x.Nested[at])
				} else if !strings.Contains(url, ":") {
					w.report(i, fhir.Extension, "the definition of the extension has no extension of this url in it")
				}
			}
		}
	}
	for _, x := range x.Nested {
		switch k := count[x.URL]; {
		case k < x.Min:
			w.reportBelow(n, "extension", fhir.Required, "the extension must have an extension "+x.URL)
		case x.Max >= 0 && k > x.Max:
			w.report(n, fhir.Extension, "the extension "+x.URL+" occurs too often")
		}
	}
}

// inContext says whether the extension stands at an element for which it is
// defined.
func (w *walk) inContext(n tree.Node, x *spec.Extension) bool {
	d := w.d
	holder := d.Parent(d.Parent(n)) // of the array
	names := w.v.names(d, holder)
	for _, c := range x.Contexts {
		if c.Extension {
			if d.TextIs(d.Get(holder, "url"), c.Path) {
				return true
			}
		} else if slices.Contains(names, c.Path) {
			return true
		}
	}
	return false
}

// names are what a definition may call the element that a node is: its path
// in the resource and in the types around it, and its types.
func (v *Validator) names(d *tree.Doc, n tree.Node) []string {
	var steps []tree.Node
	for at := n; at != tree.None; at = d.Parent(at) {
		if d.Kind(d.Parent(at)) != tree.Array {
			steps = append(steps, at)
		}
	}
	slices.Reverse(steps)
	var paths []string
	var t *spec.Type
	for _, at := range steps {
		node := at
		if d.Kind(at) == tree.Array {
			node = n
			for d.Parent(node) != at {
				node = d.Parent(node)
			}
		}
		if name := d.Text(d.Get(node, "resourceType")); v.defs.IsResource(name) && d.Kind(node) == tree.Object {
			t, paths = v.defs.Type(name), v.ancestry(name)
			continue
		}
		if t == nil {
			return nil
		}
		el, code := t.Element(strings.TrimPrefix(d.Key(at), "_"))
		if el == nil {
			return nil
		}
		for i := range paths {
			paths[i] += "." + el.Name
			if el.Choice {
				paths = append(paths, paths[i]+"[x]")
			}
		}
		if t = el.Content; t == nil {
			t = v.defs.Type(code)
		}
		if t == nil {
			return nil
		}
		if el.Content != nil {
			paths = append(paths, t.Name)
		}
		paths = append(paths, v.ancestry(code)...)
	}
	return paths
}

// ancestry is a type and those it is derived from.
func (v *Validator) ancestry(name string) (all []string) {
	for t := v.defs.Type(name); t != nil; t = v.defs.Type(t.Base) {
		all = append(all, t.Name)
	}
	return all
}
