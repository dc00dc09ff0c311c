package path

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// element says which element of a type a JSON property is, and of which type
// its value is. Without a definition the name stands for itself.
func (r *run) element(t *spec.Type, key string) (string, *spec.Type) {
	if t == nil {
		return key, nil
	}
	el, typ := t.Element(key)
	switch {
	case el == nil:
		return key, nil
	case el.Content != nil:
		return el.Name, el.Content
	}
	return el.Name, r.defs.Type(typ)
}

// hasElement says whether a type defines an element of that name.
func hasElement(t *spec.Type, name string) bool {
	if el, _ := t.Element(name); el != nil && !el.Choice {
		return true
	}
	for i := range t.Elements {
		if t.Elements[i].Name == name {
			return true
		}
	}
	return false
}

// member navigates from every item of c to the elements of that name. Strict,
// it is an error when no item can have such an element.
func (r *run) member(e *Expr, c Collection) (Collection, error) {
	var out Collection
	impossible := r.env.Strict && len(c) > 0
	for _, i := range c {
		if info, ok := i.value.(typeInfo); ok {
			out, impossible = append(out, info.member(e.Name)...), false
			continue
		}
		if i.value != nil {
			continue
		}
		impossible = impossible && i.typ != nil && !hasElement(i.typ, e.Name)
		before := len(out)
		r.follow(i, e.Name, func(child Item) bool {
			out = append(out, child)
			return true
		})
		if err := r.step(e, len(out)-before+1); err != nil {
			return nil, err
		}
	}
	if impossible {
		return nil, invalid(e, "there is no such element")
	}
	return out, nil
}

// follow yields the children of i under an element name.
func (r *run) follow(i Item, name string, yield func(Item) bool) {
	holder := r.holder(i)
	if holder == tree.None || name == "resourceType" {
		return
	}
	if i.typ != nil {
		if el, typ := i.typ.Element(name); el != nil && !el.Choice {
			m := member{typ: el.Content}
			if m.typ == nil {
				m.typ = r.defs.Type(typ)
			}
			r.property(holder, name, m, yield)
			return
		} else if el == nil && !hasElement(i.typ, name) {
			r.property(holder, name, member{}, yield) // not of the definitions
			return
		}
	}
	price := r.price(holder)
	for c := range r.doc.Children(holder) {
		if !r.startsWith(c, name) {
			continue
		}
		if r.steps -= price; r.steps < 0 {
			return // the next step says so
		}
		key := r.doc.Key(c)
		plain, sibling := strings.CutPrefix(key, "_")
		if sibling && r.doc.Get(holder, plain) != tree.None {
			continue
		}
		m := member{typ: r.suffixType(plain[len(name):])}
		if i.typ != nil {
			var element string
			if element, m.typ = r.element(i.typ, plain); element != name {
				continue
			}
		} else if m.typ == nil && plain != name {
			continue
		}
		r.property(holder, plain, m, yield)
	}
}

// property yields what stands under a JSON name, with its sibling.
func (r *run) property(holder tree.Node, key string, m member, yield func(Item) bool) {
	m.node, m.extra = r.doc.Get(holder, key), tree.None
	if m.node == tree.None || primitiveShape(r.doc, m.node) {
		m.extra = r.doc.Get(holder, "_"+key)
	}
	if m.node != tree.None || m.extra != tree.None {
		r.each(m, yield)
	}
}

// startsWith says whether a property's name, without underscore, begins with
// an element's.
func (r *run) startsWith(n tree.Node, name string) bool {
	at := r.doc.KeyStart(n) + 1
	key := r.doc.Bytes()[at:]
	if key[0] == '_' {
		key = key[1:]
	}
	return at > 0 && len(key) > len(name) && string(key[:len(name)]) == name
}

// suffixType is the type that the end of a choice element's JSON name gives
// away.
func (r *run) suffixType(suffix string) *spec.Type {
	if suffix == "" || suffix[0] < 'A' || suffix[0] > 'Z' {
		return nil
	}
	if t := r.defs.Type(suffix); t != nil && t.Kind == spec.Complex {
		return t
	}
	if t := r.defs.Type(strings.ToLower(suffix[:1]) + suffix[1:]); t != nil && t.Kind == spec.Primitive {
		return t
	}
	return nil
}

// children is the function of that name.
func (r *run) children(e *Expr, c Collection) (out Collection, err error) {
	for _, i := range c {
		before := len(out)
		for m := range r.members(i) {
			r.each(m, func(child Item) bool {
				out = append(out, child)
				return true
			})
		}
		if err := r.step(e, len(out)-before+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// descendants is the function of that name: children, and theirs, without
// the items themselves.
func (r *run) descendants(e *Expr, c Collection) (Collection, error) {
	var out Collection
	for {
		next, err := r.children(e, c)
		if err != nil || len(next) == 0 {
			return out, err
		}
		out, c = append(out, next...), next
	}
}

// enclosing is the resource around a node that is nearest to it. With outer,
// a contained resource counts as part of the one it is contained in.
func (r *run) enclosing(n tree.Node, outer bool) Item {
	for n != tree.None {
		if r.doc.Kind(n) == tree.Object && (r.doc.Get(n, "resourceType") != tree.None || n == r.doc.Root()) {
			up := r.doc.Parent(n)
			if r.doc.Kind(up) == tree.Array {
				up = r.doc.Parent(up)
			}
			if !outer || up == tree.None || !r.isContained(n) {
				return r.locate(n)
			}
		}
		n = r.doc.Parent(n)
	}
	return r.locate(r.doc.Root())
}

// around is enclosing for the context, remembered in c.
func (r *run) around(c *Collection, outer bool) Collection {
	if *c == nil {
		at := r.context.Node
		if at == tree.None {
			at = r.context.Extra
		}
		*c = Collection{r.enclosing(at, outer)}
	}
	return *c
}

func (r *run) isContained(n tree.Node) bool {
	return r.doc.KeyIs(r.doc.Parent(n), "contained") || r.doc.KeyIs(n, "contained")
}
