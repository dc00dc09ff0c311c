package path

import (
	"time"
)

// digits of a Temporal's precision, as precision() and the boundaries count
// them: those of YYYYMMDDhhmmssfff, or of hhmmssfff.
var (
	dateDigits = [...]int{Year: 4, Month: 6, Day: 8, Hour: 10, Minute: 12, Second: 14, Millisecond: 17}
	timeDigits = [...]int{Hour: 2, Minute: 4, Second: 6, Millisecond: 9}
)

func (t Temporal) digits() int {
	if t.Kind == Time {
		return timeDigits[t.Precision]
	}
	return dateDigits[t.Precision]
}

// precisionOf finds the precision that has so many digits.
func precisionOf(kind TemporalKind, digits int) (Precision, bool) {
	for p := Year; p <= Millisecond; p++ {
		switch {
		case kind == Time && p >= Hour && timeDigits[p] == digits,
			kind != Time && dateDigits[p] == digits && (kind == DateTime || p <= Day):
			return p, true
		}
	}
	return 0, false
}

// boundary evaluates lowBoundary, highBoundary and precision, which come from
// the version of FHIRPath after N1: the least and the greatest value that
// would have been written like this one.
func (r *run) boundary(e *Expr, v Value, s scope) (Collection, error) {
	if e.Name == "precision" {
		switch v := v.(type) {
		case Integer:
			return one(Integer(0)), nil
		case Decimal:
			return one(Integer(v.scale)), nil
		case Temporal:
			return one(Integer(v.digits())), nil
		}
		return nil, invalid(e, "precision needs a number or a date")
	}
	high := e.Name == "highBoundary"
	digits, given := 0, false
	if len(e.Args) > 0 {
		var err error
		if digits, given, err = r.integer(e.Args[0], s); err != nil {
			return nil, err
		}
	}
	switch v := v.(type) {
	case Integer, Decimal, Quantity:
		q, _ := quantityValue(v)
		if !given {
			digits = 8
		}
		if digits < 0 || digits > 28 {
			return nil, nil
		}
		q.Value = q.Value.edge(high, digits)
		if _, ok := v.(Quantity); ok {
			return one(q), nil
		}
		return one(q.Value), nil
	case Temporal:
		p := [...]Precision{Date: Day, DateTime: Millisecond, Time: Millisecond}[v.Kind]
		if given {
			var ok bool
			if p, ok = precisionOf(v.Kind, digits); !ok {
				return nil, nil
			}
		}
		return one(v.edge(high, p)), nil
	}
	return nil, invalid(e, "%s needs a number or a date", e.Name)
}

// edge is half a unit of the last digit away, rounded outwards.
func (d Decimal) edge(high bool, digits int) Decimal {
	half := Decimal{decimalOf(5).unscaled, d.scale + 1}
	if !high {
		half = half.neg()
	}
	d = d.add(half)
	if d.scale <= digits {
		return Decimal{d.at(digits), digits}
	}
	q, rest := d.div(Decimal{decimalOf(1).unscaled, digits})
	if high && rest.int().Sign() > 0 {
		q = q.add(decimalOf(1))
	} else if !high && rest.int().Sign() < 0 {
		q = q.add(decimalOf(-1))
	}
	return Decimal{q.int(), digits}
}

// edge is the first or last instant of what is known, at a precision. Where
// no offset is known it is the outermost one.
func (t Temporal) edge(high bool, p Precision) Temporal {
	if t.Kind == DateTime && p >= Hour && !t.Zoned {
		offset := 14 * 3600
		if high {
			offset = -12 * 3600
		}
		y, mo, d := t.At.Date()
		h, mi, s := t.At.Clock()
		t.At = time.Date(y, mo, d, h, mi, s, t.At.Nanosecond(), time.FixedZone("", offset))
		t.Zoned = true
	}
	if high && t.Precision < Millisecond {
		switch t.Precision {
		case Year:
			t.At = t.At.AddDate(1, 0, 0)
		case Month:
			t.At = t.At.AddDate(0, 1, 0)
		case Day:
			t.At = t.At.AddDate(0, 0, 1)
		case Hour:
			t.At = t.At.Add(time.Hour)
		case Minute:
			t.At = t.At.Add(time.Minute)
		case Second:
			t.At = t.At.Add(time.Second)
		}
		t.At = t.At.Add(-time.Millisecond)
	}
	t.Precision, t.fraction = p, 3
	at := t.At
	y, mo, d := at.Date()
	h, mi, s := at.Clock()
	ns := at.Nanosecond()
	if p < Millisecond {
		ns = 0
	}
	if p < Second {
		s = 0
	}
	if p < Minute {
		mi = 0
	}
	if p < Hour {
		h, t.Zoned = 0, false
	}
	if p < Day {
		d = 1
	}
	if p < Month {
		mo = 1
	}
	t.At = time.Date(y, mo, d, h, mi, s, ns, at.Location())
	return t
}

// comparable says whether two quantities have units of the same dimension.
func (r *run) comparable(e *Expr, v Value, s scope) (Collection, error) {
	arg, err := r.value(e.Args[0], s)
	if err != nil || arg == nil {
		return nil, err
	}
	a, ok := quantityValue(v)
	b, ok2 := quantityValue(arg)
	if !ok || !ok2 {
		return nil, invalid(e, "comparable needs quantities")
	}
	_, match := a.cmp(b)
	return one(Boolean(match == unitsMatch)), nil
}
