package path

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// eval evaluates any node of an expression.
func (r *run) eval(e *Expr, s scope) (Collection, error) {
	if err := r.step(e, 1); err != nil {
		return nil, err
	}
	switch e.Kind {
	case Literal:
		if e.Value == nil {
			return nil, nil
		}
		return one(e.Value), nil
	case Constant:
		return r.constant(e)
	case This:
		return s.focus(), nil
	case Position:
		if !s.inner {
			return nil, invalid(e, "$index has no meaning here")
		}
		return one(Integer(s.index)), nil
	case Total:
		return s.total, nil
	case Unary:
		return r.unary(e, s)
	case Binary:
		return r.binary(e, s)
	case Type:
		c, err := r.eval(e.Args[0], s)
		if err != nil {
			return nil, err
		}
		if e.Name == "is" {
			return r.is(e, c)
		}
		return r.as(e, c)
	}
	c, err := r.input(e, s)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case Member:
		if e.On == nil && s.this != nothing {
			switch matches, isType := r.startsAt(s.this, e.Name); {
			case matches:
				return c, nil
			case isType && r.env.Strict:
				return nil, invalid(e, "the context is of another type")
			case isType:
				return nil, nil
			}
		}
		return r.member(e, c)
	case Index:
		return r.index(e, c, s)
	}
	return r.call(e, c, s)
}

// nothing is the focus of a path in an empty context.
var nothing = Item{Node: tree.None, Extra: tree.None}

func (s scope) focus() Collection {
	if s.this == nothing {
		return nil
	}
	return Collection{s.this}
}

// input is what a member, index or call is applied to.
func (r *run) input(e *Expr, s scope) (Collection, error) {
	if e.On == nil {
		return s.focus(), nil
	}
	return r.eval(e.On, s)
}

func (r *run) index(e *Expr, c Collection, s scope) (Collection, error) {
	n, ok, err := r.integer(e.Args[0], s)
	if err != nil || !ok || n < 0 || n >= len(c) {
		return nil, err
	}
	return c[n : n+1 : n+1], nil
}

// constant is the value of %name
// (http://hl7.org/fhir/R4/fhirpath.html#variables).
func (r *run) constant(e *Expr) (Collection, error) {
	if v, ok := r.env.Constants[e.Name]; ok {
		if v == nil {
			return nil, nil
		}
		return one(v), nil
	}
	switch e.Name {
	case "context":
		return Collection{r.context}, nil
	case "resource":
		return r.around(&r.resource, false), nil
	case "rootResource":
		return r.around(&r.root, true), nil
	case "ucum":
		return one(String(ucumSystem)), nil
	case "sct":
		return one(String("http://snomed.info/sct")), nil
	case "loinc":
		return one(String("http://loinc.org")), nil
	}
	if name, ok := strings.CutPrefix(e.Name, "vs-"); ok {
		return one(String("http://hl7.org/fhir/ValueSet/" + name)), nil
	}
	if name, ok := strings.CutPrefix(e.Name, "ext-"); ok {
		return one(String("http://hl7.org/fhir/StructureDefinition/" + name)), nil
	}
	return nil, invalid(e, "unknown constant")
}

func (r *run) unary(e *Expr, s scope) (Collection, error) {
	c, err := r.eval(e.Args[0], s)
	if err != nil || len(c) == 0 {
		return nil, err
	}
	v, err := r.single(e, c)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case Integer:
		if e.Name == "-" {
			return whole(-int64(v)), nil
		}
	case Decimal:
		if e.Name == "-" {
			return one(v.neg()), nil
		}
	case Quantity:
		if e.Name == "-" {
			v.Value = v.Value.neg()
			return one(v), nil
		}
	default:
		return nil, invalid(e, "only numbers have a sign")
	}
	return one(v), nil
}

// single is the value of the only item. It fails for more items, and for one
// without a value.
func (r *run) single(e *Expr, c Collection) (Value, error) {
	if len(c) != 1 {
		return nil, invalid(e, "a single value is needed")
	}
	v := c[0].Value(r.doc)
	if v == nil {
		return nil, invalid(e, "a value is needed, not a complex element")
	}
	return v, nil
}

// value evaluates an argument that must be a single value; nil stands for an
// empty one.
func (r *run) value(e *Expr, s scope) (Value, error) {
	c, err := r.eval(e, s)
	if err != nil || len(c) == 0 {
		return nil, err
	}
	if r.isPrimitive(c[0]) && len(c) == 1 && !r.hasValue(c[0]) {
		return nil, nil
	}
	return r.single(e, c)
}

func (r *run) integer(e *Expr, s scope) (n int, ok bool, err error) {
	v, err := r.value(e, s)
	if err != nil || v == nil {
		return 0, false, err
	}
	i, ok := v.(Integer)
	if !ok {
		return 0, false, invalid(e, "an integer is needed")
	}
	return int(i), true, nil
}

func (r *run) text(e *Expr, s scope) (text string, ok bool, err error) {
	v, err := r.value(e, s)
	if err != nil || v == nil {
		return "", false, err
	}
	t, ok := v.(String)
	if !ok {
		return "", false, invalid(e, "a string is needed")
	}
	return string(t), true, nil
}

// truth is a Boolean with the third possibility of an empty collection.
type truth uint8

const (
	unknown truth = iota
	isFalse
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

func (t truth) collection() Collection {
	if t == unknown {
		return nil
	}
	return one(Boolean(t == isTrue))
}

// truth reads a collection as a Boolean by the rules for singletons: one item
// that is no Boolean is true, more than one are an error.
func (r *run) truth(e *Expr, c Collection) (truth, error) {
	switch len(c) {
	case 0:
		return unknown, nil
	case 1:
		switch v := c[0].Value(r.doc).(type) {
		case Boolean:
			return truthOf(bool(v)), nil
		case nil:
			if r.isPrimitive(c[0]) && c[0].typ != nil && c[0].typ.Name == "boolean" {
				return unknown, nil
			}
		}
		return isTrue, nil
	}
	return unknown, invalid(e, "a single Boolean is needed")
}

// condition evaluates a criteria argument.
func (r *run) condition(e *Expr, s scope) (truth, error) {
	c, err := r.eval(e, s)
	if err != nil {
		return unknown, err
	}
	return r.truth(e, c)
}
