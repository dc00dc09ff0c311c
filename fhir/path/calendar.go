package path

import (
	"math/big"
	"time"
)

// moment evaluates now(), today() and timeOfDay().
func (r *run) moment(function string) Collection {
	t := Temporal{Kind: DateTime, Precision: Millisecond, Zoned: true, At: r.clock().Truncate(time.Millisecond), fraction: 3}
	switch function {
	case "today":
		return one(t.date())
	case "timeOfDay":
		at := t.At
		t.Kind, t.Zoned = Time, false
		t.At = time.Date(0, 1, 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	}
	return one(t)
}

// timeUnits are the units that can be added to dates: the words of calendar
// durations, and of UCUM's those that last as long as the words say. A UCUM
// month or year is a mean one and cannot be added
// (http://hl7.org/fhirpath/N1/#datetime-arithmetic).
var timeUnits = map[string]Precision{
	"year": Year, "month": Month, "week": Day, "day": Day, "hour": Hour, "minute": Minute, "second": Second, "millisecond": Millisecond,
	"wk": Day, "d": Day, "h": Hour, "min": Minute, "s": Second, "ms": Millisecond,
}

// plus adds a quantity of time.
func (t Temporal) plus(e *Expr, q Quantity) (Collection, error) {
	word := q.Unit
	if w := calendarUnit(word); w != "" {
		word = w
	}
	unit, ok := timeUnits[word]
	switch {
	case !ok:
		return nil, invalid(e, "only a quantity of time can be added to a date")
	case t.Kind == Time && unit < Hour, t.Kind == Date && unit > Day:
		return nil, invalid(e, "a quantity of this unit cannot be added to a %s", t.System())
	}
	n := q.Value
	if unit < Second {
		n = n.round0()
	}
	if word == "week" || word == "wk" {
		n = n.mul(decimalOf(7))
	}
	if n.int().BitLen() > 128 {
		return nil, nil
	}
	if unit > t.Precision && !(unit == Millisecond && t.Precision == Second) {
		n, unit = coarsen(n, unit, t.Precision), t.Precision
	}
	return t.shift(n, unit)
}

// coarsen converts an amount to the unit of a partial date: months are years
// by twelve, everything finer goes through days of which a month has 30 and a
// year 365.
func coarsen(n Decimal, from, to Precision) Decimal {
	if from == Month {
		n, _ = n.div(decimalOf(12))
		return n
	}
	n, _ = n.mul(lengths[from]).div(lengths[to])
	return n
}

// lengths of the units in milliseconds.
var lengths = [...]Decimal{
	Year: decimalOf(365 * 86400e3), Month: decimalOf(30 * 86400e3), Day: decimalOf(86400e3),
	Hour: decimalOf(3600e3), Minute: decimalOf(60e3), Second: decimalOf(1e3), Millisecond: decimalOf(1),
}

// round0 drops the fraction.
func (d Decimal) round0() Decimal {
	q, _ := d.div(decimalOf(1))
	return q
}

// shift moves by n units that the value is precise enough for. Beyond the
// years 1 to 9999 there is no result.
func (t Temporal) shift(n Decimal, unit Precision) (Collection, error) {
	limit := decimalOf(10000 * 366 * 86400e3) // more than all of time, in the finest unit
	if n.Cmp(limit) > 0 || n.neg().Cmp(limit) > 0 {
		return nil, nil
	}
	switch unit {
	case Year, Month:
		months, ok := n.integer()
		if !ok || months > 12*10000 || months < -12*10000 {
			return nil, nil
		}
		if unit == Year {
			months *= 12
		}
		t.At = addMonths(t.At, int(months))
	case Day:
		days, ok := n.integer()
		if !ok {
			return nil, nil
		}
		t.At = t.At.AddDate(0, 0, int(days))
	default:
		millis := n.mul(lengths[unit]).round0().int()
		seconds, rest := new(big.Int).DivMod(millis, big.NewInt(1000), new(big.Int))
		t.At = time.Unix(t.At.Unix()+seconds.Int64(), int64(t.At.Nanosecond())+rest.Int64()*1e6).In(t.At.Location())
		if t.At.Nanosecond() != 0 && t.Precision == Second {
			t.Precision, t.fraction = Millisecond, 3
		}
		t.fraction = max(t.fraction, min(3, 3*int(rest.Int64())))
	}
	if t.Kind == Time {
		at := t.At
		t.At = time.Date(0, 1, 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	} else if y := t.At.Year(); y < 1 || y > 9999 {
		return nil, nil
	}
	return one(t), nil
}

// addMonths keeps the day of the month, or takes the last one of a shorter
// month.
func addMonths(t time.Time, n int) time.Time {
	months := t.Year()*12 + int(t.Month()) - 1 + n
	if months < 12 {
		return time.Time{}.AddDate(-1, 0, 0)
	}
	year, month := months/12, months%12+1
	day := min(t.Day(), daysIn(year, month))
	return time.Date(year, time.Month(month), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}
