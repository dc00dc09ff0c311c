package path

import (
	"math/big"
	"strings"
)

// match says how the units of two quantities go together.
type match uint8

const (
	unitsMatch match = iota
	unitsVague       // months and years of the calendar against measured time
	unitsClash       // of different dimensions, or unknown
)

// unit is the unit of the quantity; calendar durations up to the week are the
// measured ones, months and years have a dimension of their own.
func (q Quantity) unit() (unit, bool) {
	code := q.Unit
	if w := calendarUnit(code); w != "" && (q.Calendar || w == code) {
		switch w {
		case "year":
			return unit{big.NewRat(12, 1), dimensions{{calendarMonth, 1}}}, true
		case "month":
			return unit{big.NewRat(1, 1), dimensions{{calendarMonth, 1}}}, true
		}
		code = map[string]string{"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}[w]
	}
	return parseUnit(code)
}

const calendarMonth = "calendar month"

func matching(a, b unit) match {
	if a.dims.equal(b.dims) {
		return unitsMatch
	}
	month, time := dimensions{{calendarMonth, 1}}, dimensions{{"s", 1}}
	if a.dims.equal(month) && b.dims.equal(time) || a.dims.equal(time) && b.dims.equal(month) {
		return unitsVague
	}
	return unitsClash
}

// cmp compares exactly, in the base units.
func (q Quantity) cmp(o Quantity) (int, match) {
	if q.Unit == o.Unit && q.Calendar == o.Calendar {
		return q.Value.Cmp(o.Value), unitsMatch
	}
	a, ok := q.unit()
	b, ok2 := o.unit()
	if !ok || !ok2 {
		return 0, unitsClash
	}
	m := matching(a, b)
	if m != unitsMatch {
		return 0, m
	}
	x, y := q.Value.Rat(), o.Value.Rat()
	return x.Mul(x, a.factor).Cmp(y.Mul(y, b.factor)), m
}

// align gives both values in the larger of the two units.
func (q Quantity) align(o Quantity) (x, y Decimal, m match) {
	if q.Unit == o.Unit && q.Calendar == o.Calendar {
		return q.Value, o.Value, unitsMatch
	}
	a, ok := q.unit()
	b, ok2 := o.unit()
	if !ok || !ok2 {
		return x, y, unitsClash
	}
	switch m = matching(a, b); {
	case m == unitsClash:
	case m == unitsVague: // equivalence takes a mean month for a month
		if a.dims[0].name == calendarMonth {
			a = unit{new(big.Rat).Mul(a.factor, meanMonth), b.dims}
		} else {
			b = unit{new(big.Rat).Mul(b.factor, meanMonth), a.dims}
		}
		fallthrough
	case a.factor.Cmp(b.factor) >= 0:
		return q.Value, convert(o.Value, b, a), m
	default:
		return convert(q.Value, a, b), o.Value, m
	}
	return x, y, m
}

var meanMonth = big.NewRat(2629800, 1) // seconds in a UCUM month, 30.4375 days

// convert a value from one unit to another of the same dimension.
func convert(d Decimal, from, to unit) Decimal {
	f := new(big.Rat).Quo(from.factor, to.factor)
	return d.mul(Decimal{unscaled: f.Num()}).quo(Decimal{unscaled: f.Denom()})
}

// in converts to a unit given by its code.
func (q Quantity) in(code string) (Quantity, bool) {
	to := Quantity{Unit: code}
	if w := calendarUnit(code); w != "" {
		to.Unit, to.Calendar = w, true
	}
	if to.Unit == q.Unit {
		return q, true
	}
	a, ok := q.unit()
	b, ok2 := to.unit()
	if !ok || !ok2 || matching(a, b) != unitsMatch {
		return q, false
	}
	to.Value = convert(q.Value, a, b)
	return to, true
}

// calculate adds in the finer unit and multiplies in base units. There is no
// result for units that do not go together.
func (q Quantity) calculate(op string, o Quantity) Collection {
	a, ok := q.unit()
	b, ok2 := o.unit()
	if !ok || !ok2 {
		return nil
	}
	switch op {
	case "+", "-":
		x, y, out := q.Value, o.Value, q
		switch {
		case matching(a, b) != unitsMatch:
			return nil
		case a.factor.Cmp(b.factor) > 0:
			x, out = convert(x, a, b), o
		case a.factor.Cmp(b.factor) < 0:
			y = convert(y, b, a)
		}
		if op == "-" {
			y = y.neg()
		}
		return out.with(x.add(y))
	case "*":
		switch {
		case len(b.dims) == 0 && o.Unit == "1":
			return q.with(q.Value.mul(o.Value))
		case len(a.dims) == 0 && q.Unit == "1":
			return o.with(q.Value.mul(o.Value))
		}
		u := a.times(b, 1)
		return Quantity{Unit: u.dims.String()}.with(convert(q.Value.mul(o.Value), u, unit{factor: big.NewRat(1, 1)}))
	}
	if o.Value.isZero() {
		return nil
	}
	if len(b.dims) == 0 && o.Unit == "1" {
		return q.with(q.Value.quo(o.Value))
	}
	u := a.times(b, -1)
	return Quantity{Unit: u.dims.String()}.with(convert(q.Value.quo(o.Value), u, unit{factor: big.NewRat(1, 1)}))
}

func (q Quantity) with(d Decimal) Collection {
	d, ok := d.bounded()
	if !ok {
		return nil
	}
	q.Value = d
	return one(q)
}

// dimension is a base unit with its exponent.
type dimension struct {
	name     string
	exponent int
}

// dimensions are sorted by name and have no exponent 0.
type dimensions []dimension

func (d dimensions) equal(o dimensions) bool {
	if len(d) != len(o) {
		return false
	}
	for i := range d {
		if d[i] != o[i] {
			return false
		}
	}
	return true
}

// String is the UCUM code.
func (d dimensions) String() string {
	if len(d) == 0 {
		return "1"
	}
	var parts []string
	for _, x := range d {
		if x.exponent == 1 {
			parts = append(parts, x.name)
		} else {
			parts = append(parts, x.name+Integer(x.exponent).String())
		}
	}
	return strings.Join(parts, ".")
}
