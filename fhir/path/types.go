package path

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// typeInfo is what type() returns.
type typeInfo struct{ namespace, name string }

func (t typeInfo) System() string { return "SimpleTypeInfo" }
func (t typeInfo) String() string { return t.namespace + "." + t.name }

func (t typeInfo) member(name string) Collection {
	switch name {
	case "namespace":
		return one(String(t.namespace))
	case "name":
		return one(String(t.name))
	}
	return nil
}

var systemTypes = []string{"Any", "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"}

// checkType refuses a type that nobody defines.
func (r *run) checkType(e *Expr) error {
	switch t := e.Type; {
	case t.Namespace == "System", t.Namespace == "" && slices.Contains(systemTypes, t.Name):
		return nil
	case t.Namespace != "" && t.Namespace != "FHIR", r.defs.Type(t.Name) == nil:
		return invalid(e, "unknown type")
	}
	return nil
}

// isType says whether an item is of a type or one derived from it. With exact
// a primitive must be of the type itself, as as() and ofType() want it: a
// canonical is no uri there (http://hl7.org/fhir/R4/fhirpath.html#types).
func (r *run) isType(i Item, t TypeName, exact bool) bool {
	if i.value != nil {
		return t.Namespace != "FHIR" && (t.Name == i.value.System() || t.Name == "Any")
	}
	if t.Namespace == "System" {
		return false
	}
	if i.typ == nil {
		n := r.doc.Get(i.Node, "resourceType")
		return n != tree.None && r.doc.TextIs(n, t.Name)
	}
	if i.typ.Name == t.Name {
		return true
	}
	return (!exact || i.typ.Kind != spec.Primitive) && r.derives(i.typ, t.Name)
}

// derives says whether t has base among its ancestors.
func (r *run) derives(t *spec.Type, base string) bool {
	for n := 0; t != nil && t.Base != "" && n < 16; n++ {
		if t.Base == base {
			return true
		}
		t = r.defs.Type(t.Base)
	}
	return false
}

// ofType filters by type; it is also what as does unless Strict.
func (r *run) ofType(e *Expr, c Collection) (Collection, error) {
	if err := r.checkType(e); err != nil {
		return nil, err
	}
	var out Collection
	for _, i := range c {
		if r.isType(i, e.Type, true) {
			out = append(out, i)
		}
	}
	return out, nil
}

func (r *run) as(e *Expr, c Collection) (Collection, error) {
	if r.env.Strict && len(c) > 1 {
		return nil, invalid(e, "as needs a single item")
	}
	return r.ofType(e, c)
}

func (r *run) is(e *Expr, c Collection) (Collection, error) {
	if err := r.checkType(e); err != nil || len(c) == 0 {
		return nil, err
	}
	if len(c) > 1 {
		return nil, invalid(e, "is needs a single item")
	}
	return one(Boolean(r.isType(c[0], e.Type, false))), nil
}

// typeOf is type().
func (r *run) typeOf(c Collection) (out Collection) {
	for _, i := range c {
		info := typeInfo{"FHIR", ""}
		switch {
		case i.value != nil:
			info = typeInfo{"System", i.value.System()}
		case i.typ != nil:
			info.name = i.typ.Name
		default:
			info.name = r.doc.Text(r.doc.Get(i.Node, "resourceType"))
		}
		if info.name != "" {
			out = append(out, computed(info))
		}
	}
	return out
}

// startsAt says whether a name at the start of a path is the type of its
// context, as in Patient.name, and whether it is a type at all.
func (r *run) startsAt(i Item, name string) (matches, isType bool) {
	if name == "" || name[0] < 'A' || name[0] > 'Z' || i.value != nil {
		return false, false
	}
	t := r.defs.Type(name)
	return r.isType(i, TypeName{Name: name}, false), t != nil
}
