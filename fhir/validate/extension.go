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
	if w.advise && !w.inContext(n, x) {
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
	chain := w.v.chain(d, holder)
	for _, c := range x.Contexts {
		if c.Extension {
			if d.TextIs(d.Get(holder, "url"), c.Path) {
				return true
			}
		} else if called(chain, c.Path) {
			return true
		}
	}
	return false
}

// step is one element on the way down to a node.
type step struct {
	name   string // "" for a resource
	choice bool
	types  []string // what it is, and what that is derived from
}

// chain leads from the innermost resource around a node to it; nil when the
// definitions do not know the way.
func (v *Validator) chain(d *tree.Doc, n tree.Node) []step {
	var nodes []tree.Node
	for at := n; at != tree.None; at = d.Parent(at) {
		if d.Kind(d.Parent(at)) == tree.Array {
			continue // the array has the name
		}
		nodes = append(nodes, at)
	}
	slices.Reverse(nodes)
	var chain []step
	var t *spec.Type
	for i, at := range nodes {
		node := at
		if d.Kind(at) == tree.Array {
			if node = n; i+1 < len(nodes) {
				node = nodes[i+1]
			}
			for d.Parent(node) != at {
				node = d.Parent(node)
			}
		}
		if name := d.Text(d.Get(node, "resourceType")); v.defs.IsResource(name) && d.Kind(node) == tree.Object {
			t, chain = v.defs.Type(name), []step{{types: v.ancestry(name)}}
			continue
		}
		if t == nil {
			return nil
		}
		el, code := t.Element(strings.TrimPrefix(d.Key(at), "_"))
		if el == nil {
			return nil
		}
		s := step{name: el.Name, choice: el.Choice, types: v.ancestry(code)}
		if t = el.Content; t == nil {
			t = v.defs.Type(code)
		} else {
			s.types = append(s.types, t.Name)
		}
		if chain = append(chain, s); t == nil {
			return nil
		}
	}
	return chain
}

// called says whether a definition may mean the end of a chain by a path: a
// type, or a type and the names of elements from there. The path is followed
// from its end, since a chain has more paths than could be listed.
func called(chain []step, path string) bool {
	for at := len(chain) - 1; at >= 0; at-- {
		if slices.Contains(chain[at].types, path) {
			return true
		}
		last := strings.LastIndexByte(path, '.')
		name, choice := strings.CutSuffix(path[last+1:], "[x]")
		if last < 0 || chain[at].name != name || choice && !chain[at].choice {
			return false
		}
		path = path[:last]
	}
	return false
}

// ancestry is a type and those it is derived from.
func (v *Validator) ancestry(name string) (all []string) {
	for t := v.defs.Type(name); t != nil; t = v.defs.Type(t.Base) {
		all = append(all, t.Name)
	}
	return all
}
