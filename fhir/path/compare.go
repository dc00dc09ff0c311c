package path

import (
	"strings"
	"time"
)

// compare is one of < <= > >= (http://hl7.org/fhirpath/N1/#comparison).
func compare(e *Expr, a, b Value) (Collection, error) {
	c, known, ok := order(a, b)
	switch {
	case !ok:
		return nil, invalid(e, "values of these types cannot be compared")
	case !known:
		return nil, nil
	}
	switch e.Name {
	case "<":
		return one(Boolean(c < 0)), nil
	case "<=":
		return one(Boolean(c <= 0)), nil
	case ">":
		return one(Boolean(c > 0)), nil
	}
	return one(Boolean(c >= 0)), nil
}

// order compares two values. It is not ok for types without an order, and not
// known when the values are too vague for an answer.
func order(a, b Value) (c int, known, ok bool) {
	switch x := a.(type) {
	case String:
		y, ok := b.(String)
		return strings.Compare(string(x), string(y)), true, ok
	case Temporal:
		y, ok := b.(Temporal)
		if !ok || (x.Kind == Time) != (y.Kind == Time) {
			return 0, false, false
		}
		c, known = x.compare(y)
		return c, known, true
	}
	if p, q, ok := numbers(a, b); ok {
		return p.Cmp(q), true, true
	}
	x, ok := quantityValue(a)
	if !ok {
		return 0, false, false
	}
	y, ok := quantityValue(b)
	if !ok {
		return 0, false, false
	}
	c, m := x.cmp(y)
	return c, m == unitsMatch, true
}

// compare goes through the parts from the year on, as far as both are known;
// if all of them are equal and one goes on, nobody knows. Seconds and their
// fractions are one part. Of two times only one of which has an offset, the
// answer is known when they are further apart than any offset can be.
func (t Temporal) compare(o Temporal) (c int, known bool) {
	x, y := t.At, o.At
	if t.Precision >= Hour && o.Precision >= Hour && t.Kind != Time {
		if t.Zoned && o.Zoned {
			x, y = x.UTC(), y.UTC()
		} else if t.Zoned != o.Zoned {
			if d := x.Sub(y); d.Abs() <= 14*time.Hour {
				return 0, false
			}
		}
	}
	a, b := parts(x), parts(y)
	shared := min(t.Precision, o.Precision, Second)
	for p := Year; p <= shared; p++ {
		if a[p] != b[p] {
			if a[p] < b[p] {
				return -1, true
			}
			return 1, true
		}
	}
	return 0, min(t.Precision, Second) == min(o.Precision, Second)
}

func parts(t time.Time) [6]int64 {
	return [6]int64{
		int64(t.Year()), int64(t.Month()), int64(t.Day()), int64(t.Hour()), int64(t.Minute()),
		int64(t.Second())*1e9 + int64(t.Nanosecond()),
	}
}
