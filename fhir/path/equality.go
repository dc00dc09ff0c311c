package path

import (
	"strings"
	"unicode"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// equal is = (http://hl7.org/fhirpath/N1/#equals): collections of the same
// items in the same order. It is unknown when either is empty, or when dates
// are not known precisely enough to say.
func (r *run) equal(e *Expr, a, b Collection) (truth, error) {
	if len(a) == 0 || len(b) == 0 {
		return unknown, nil
	}
	if len(a) != len(b) {
		return isFalse, nil
	}
	all := isTrue
	for i := range a {
		t, err := r.equalItems(e, a[i], b[i])
		if err != nil || t == isFalse {
			return t, err
		}
		if t == unknown {
			all = unknown
		}
	}
	return all, nil
}

func (r *run) equalItems(e *Expr, a, b Item) (truth, error) {
	if err := r.step(e, 1); err != nil {
		return unknown, err
	}
	if a.value == nil && b.value == nil && a.Node == b.Node && a.Extra == b.Extra {
		return isTrue, nil
	}
	x, y := a.Value(r.doc), b.Value(r.doc)
	switch {
	case x != nil && y != nil:
		return equalValues(x, y), r.payUnits(e, x, y)
	case x != nil || y != nil:
		return isFalse, nil
	}
	return r.equalNodes(e, a, b, false)
}

// payUnits pays for reading the units of two quantities.
func (r *run) payUnits(e *Expr, a, b Value) error {
	x, ok := a.(Quantity)
	y, ok2 := b.(Quantity)
	if ok && ok2 && x.Unit == y.Unit || !ok && !ok2 {
		return nil
	}
	return r.step(e, 50)
}

// equalNodes compares complex elements, or what primitives without a value
// consist of.
func (r *run) equalNodes(e *Expr, a, b Item, loosely bool) (truth, error) {
	x, y := r.holder(a), r.holder(b)
	if x == tree.None || y == tree.None {
		return truthOf(x == y), nil
	}
	if err := r.step(e, int(r.doc.Skip(x)-x)+int(r.doc.Skip(y)-y)); err != nil {
		return unknown, err
	}
	t := truthOf(r.same(x, y, loosely))
	return t, r.step(e, 0)
}

// equalValues is = of two values, with the implicit conversions.
func equalValues(a, b Value) truth {
	switch x := a.(type) {
	case Temporal:
		if y, ok := b.(Temporal); ok && (x.Kind == Time) == (y.Kind == Time) {
			c, known := x.compare(y)
			if !known {
				return unknown
			}
			return truthOf(c == 0)
		}
		return isFalse
	case Integer, Decimal, Quantity:
		p, q, ok := numbers(a, b)
		if ok {
			return truthOf(p.Cmp(q) == 0)
		}
		return equalQuantities(a, b)
	}
	return truthOf(a == b)
}

// numbers are both operands as decimals, if they are numbers without unit.
func numbers(a, b Value) (p, q Decimal, ok bool) {
	p, ok = decimalValue(a)
	if !ok {
		return p, q, false
	}
	q, ok = decimalValue(b)
	return p, q, ok
}

func decimalValue(v Value) (Decimal, bool) {
	switch v := v.(type) {
	case Integer:
		return decimalOf(int64(v)), true
	case Decimal:
		return v, true
	}
	return Decimal{}, false
}

func equalQuantities(a, b Value) truth {
	x, ok := quantityValue(a)
	if !ok {
		return isFalse
	}
	y, ok := quantityValue(b)
	if !ok {
		return isFalse
	}
	c, m := x.cmp(y)
	if m != unitsMatch {
		return unknown
	}
	return truthOf(c == 0)
}

// quantityValue converts implicitly: a number is a quantity of unit 1.
func quantityValue(v Value) (Quantity, bool) {
	if q, ok := v.(Quantity); ok {
		return q, true
	}
	d, ok := decimalValue(v)
	return Quantity{Value: d, Unit: "1"}, ok
}

// same compares two JSON values: numbers by value, objects without regard to
// order. Loosely it is ~: strings without regard to case, arrays to order.
func (r *run) same(x, y tree.Node, loosely bool) bool {
	d := r.doc
	if d.Kind(x) != d.Kind(y) {
		return false
	}
	switch d.Kind(x) {
	case tree.Number:
		p, ok := ParseDecimal(d.Text(x))
		q, ok2 := ParseDecimal(d.Text(y))
		if !ok || !ok2 {
			return d.Text(x) == d.Text(y)
		}
		if loosely {
			return equivalentDecimals(p, q)
		}
		return p.Cmp(q) == 0
	case tree.String:
		if loosely {
			return normalize(d.Text(x)) == normalize(d.Text(y))
		}
		return d.Text(x) == d.Text(y)
	case tree.Bool:
		return d.Text(x) == d.Text(y)
	case tree.Object:
		width := d.Count(x)
		if r.steps -= width * width / 16; r.steps < 0 || d.Count(y) != width {
			return false
		}
		for c := range d.Children(x) {
			o := d.Get(y, d.Key(c))
			if o == tree.None || !r.same(c, o, loosely) {
				return false
			}
		}
	case tree.Array:
		if d.Count(x) != d.Count(y) {
			return false
		}
		o, more := firstOf(d, y)
		for c := range d.Children(x) {
			if !more || !r.same(c, o, loosely) {
				return false
			}
			o, more = nextOf(d, y, o)
		}
	}
	return true
}

// equivalent is ~ (http://hl7.org/fhirpath/N1/#equivalent): the same items in
// any order, strings without regard to case and white space, numbers as far
// as the less precise one goes. Two empty collections are equivalent.
func (r *run) equivalent(e *Expr, a, b Collection) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	used := make([]bool, len(b))
next:
	for _, x := range a {
		for i, y := range b {
			if used[i] {
				continue
			}
			ok, err := r.equivalentItems(e, x, y)
			if err != nil {
				return false, err
			}
			if ok {
				used[i] = true
				continue next
			}
		}
		return false, nil
	}
	return true, nil
}

func (r *run) equivalentItems(e *Expr, a, b Item) (bool, error) {
	if err := r.step(e, 1); err != nil {
		return false, err
	}
	x, y := a.Value(r.doc), b.Value(r.doc)
	switch {
	case x != nil && y != nil:
		return equivalentValues(x, y), r.payUnits(e, x, y)
	case x != nil || y != nil:
		return false, nil
	}
	t, err := r.equalNodes(e, a, b, true)
	return t == isTrue, err
}

func equivalentValues(a, b Value) bool {
	switch x := a.(type) {
	case String:
		y, ok := b.(String)
		return ok && (x == y || normalize(string(x)) == normalize(string(y)))
	case Temporal:
		return equalValues(a, b) == isTrue
	case Integer, Decimal, Quantity:
		if p, q, ok := numbers(a, b); ok {
			return equivalentDecimals(p, q)
		}
		p, ok := quantityValue(a)
		q, ok2 := quantityValue(b)
		if !ok || !ok2 {
			return false
		}
		v, w, match := p.align(q)
		return match != unitsClash && equivalentDecimals(v, w)
	}
	return a == b
}

func equivalentDecimals(a, b Decimal) bool {
	a, b = a.trim(), b.trim()
	scale := min(a.scale, b.scale)
	return a.round(scale).Cmp(b.round(scale)) == 0
}

// normalize folds case and makes every run of white space one blank.
func normalize(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), unicode.IsSpace), " ")
}
