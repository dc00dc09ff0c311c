package validate

import (
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// expression is the FHIRPath of a node. It differs from [tree.Doc.Path] in
// what only the definitions know: valueQuantity is value.ofType(Quantity), and
// _birthDate is birthDate, whose extensions it holds. A name that is no
// FHIRPath identifier is left out, so that the path is that of its parent.
// It is built only when there is an issue.
func (v *Validator) expression(d *tree.Doc, n tree.Node) string {
	var path []tree.Node
	for ; n != d.Root(); n = d.Parent(n) {
		path = append(path, n)
	}
	var b strings.Builder
	t := v.typeOf(d, d.Root())
	if t != nil {
		b.WriteString(t.Name)
	} else {
		b.WriteString("$this")
	}
	for i := len(path) - 1; i >= 0; i-- {
		n := path[i]
		if p := d.Parent(n); d.Kind(p) == tree.Array {
			b.WriteString("[" + strconv.Itoa(position(d, p, n)) + "]")
			continue
		}
		name := d.Key(n)
		var el *spec.Element
		var code string
		if t != nil {
			if el, code = t.Element(strings.TrimPrefix(name, "_")); el == nil {
				el, code = t.Element(name)
			}
		}
		switch {
		case el == nil:
			t = nil
			if identifier(name) {
				b.WriteString("." + name)
			}
			continue
		case el.Choice:
			b.WriteString("." + el.Name + ".ofType(" + code + ")")
		default:
			b.WriteString("." + el.Name)
		}
		if t = el.Content; t == nil {
			t = v.defs.Type(code)
		}
		if t != nil && t.Kind == spec.Resource {
			t = v.typeOf(d, below(d, path, i))
		}
	}
	return b.String()
}

// Expression is the FHIRPath of a node, or of a child of it that is missing.
func (v *Validator) Expression(d *tree.Doc, n tree.Node, below string) string {
	at := v.expression(d, n)
	if below != "" {
		at += "." + below
	}
	return at
}

// typeOf is the type a resource says it is, nil if there is none.
func (v *Validator) typeOf(d *tree.Doc, n tree.Node) *spec.Type {
	if t := d.Get(n, "resourceType"); d.Kind(t) == tree.String {
		if name := d.Text(t); v.defs.IsResource(name) {
			return v.defs.Type(name)
		}
	}
	return nil
}

// below is the object that the i-th step of a path, given from its end, leads
// to: that step, or the item of it when it is an array.
func below(d *tree.Doc, path []tree.Node, i int) tree.Node {
	if i > 0 && d.Kind(path[i]) == tree.Array {
		return path[i-1]
	}
	return path[i]
}

func position(d *tree.Doc, array, item tree.Node) int {
	i := 0
	for c := range d.Children(array) {
		if c == item {
			break
		}
		i++
	}
	return i
}

// identifier says whether a name needs no quotes in FHIRPath.
func identifier(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', i > 0 && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return true
}
