package path

import (
	"strings"
)

// convert evaluates the functions of
// http://hl7.org/fhirpath/N1/#conversion: toX gives the value or nothing,
// convertsToX says which. v is nil for a complex element.
func (r *run) convert(e *Expr, v Value, s scope) (Collection, error) {
	name, ask := strings.CutPrefix(e.Name, "convertsTo")
	if !ask {
		name = strings.TrimPrefix(e.Name, "to")
	}
	var out Value
	switch name {
	case "Boolean":
		out = toBoolean(v)
	case "Integer":
		out = toInteger(v)
	case "Decimal":
		out = toDecimal(v)
	case "String":
		if v != nil {
			out = String(v.String())
		}
	case "Date":
		out = toTemporal(Date, v)
	case "DateTime":
		out = toTemporal(DateTime, v)
	case "Time":
		out = toTemporal(Time, v)
	case "Quantity":
		q, ok := toQuantity(v)
		if ok && len(e.Args) > 0 {
			unit, given, err := r.text(e.Args[0], s)
			if err != nil {
				return nil, err
			}
			if given {
				q, ok = q.in(unit)
			}
		}
		if ok {
			out = q
		}
	}
	if ask {
		return one(Boolean(out != nil)), nil
	}
	if out == nil {
		return nil, nil
	}
	return one(out), nil
}

func toBoolean(v Value) Value {
	switch v := v.(type) {
	case Boolean:
		return v
	case Integer, Decimal:
		d, _ := decimalValue(v)
		switch {
		case d.isZero():
			return Boolean(false)
		case d.isOne():
			return Boolean(true)
		}
	case String:
		switch strings.ToLower(string(v)) {
		case "true", "t", "yes", "y", "1", "1.0":
			return Boolean(true)
		case "false", "f", "no", "n", "0", "0.0":
			return Boolean(false)
		}
	}
	return nil
}

func toInteger(v Value) Value {
	switch v := v.(type) {
	case Integer:
		return v
	case Boolean:
		if v {
			return Integer(1)
		}
		return Integer(0)
	case String:
		if strings.ContainsAny(string(v), ".eE") {
			return nil
		}
		if d, ok := ParseDecimal(string(v)); ok {
			if i, ok := d.integer(); ok {
				return i
			}
		}
	}
	return nil
}

func toDecimal(v Value) Value {
	switch v := v.(type) {
	case Integer:
		return decimalOf(int64(v))
	case Decimal:
		return v
	case Boolean:
		if v {
			return Decimal{decimalOf(10).unscaled, 1}
		}
		return Decimal{decimalOf(0).unscaled, 1}
	case String:
		if strings.ContainsAny(string(v), "eE") {
			return nil
		}
		if d, ok := ParseDecimal(string(v)); ok {
			return d
		}
	}
	return nil
}

func toTemporal(kind TemporalKind, v Value) Value {
	switch v := v.(type) {
	case Temporal:
		switch {
		case v.Kind == kind:
			return v
		case v.Kind == Date && kind == DateTime:
			v.Kind = DateTime
			return v
		case v.Kind == DateTime && kind == Date:
			return v.date()
		}
	case String:
		text := string(v)
		if kind == Time {
			text = strings.TrimPrefix(text, "T")
		}
		if kind == Date {
			if t, ok := ParseTemporal(DateTime, text); ok {
				return t.date()
			}
		}
		if t, ok := ParseTemporal(kind, text); ok {
			return t
		}
	}
	return nil
}

// date drops the clock.
func (t Temporal) date() Temporal {
	d, _ := ParseTemporal(Date, t.At.Format(layouts[min(t.Precision, Day)]))
	return d
}

func toQuantity(v Value) (Quantity, bool) {
	switch v := v.(type) {
	case Quantity:
		return v, true
	case Integer, Decimal, Boolean:
		d, ok := toDecimal(v).(Decimal)
		return Quantity{Value: d, Unit: "1"}, ok
	case String:
		return parseQuantity(string(v))
	}
	return Quantity{}, false
}

// parseQuantity reads "4 days", "4.5 'mg'" or a number alone.
func parseQuantity(s string) (Quantity, bool) {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.' || n == 0 && (s[n] == '-' || s[n] == '+')) {
		n++
	}
	value, ok := ParseDecimal(s[:n])
	if !ok {
		return Quantity{}, false
	}
	unit := strings.TrimSpace(s[n:])
	switch {
	case unit == "":
		return Quantity{Value: value, Unit: "1"}, true
	case len(unit) > 2 && unit[0] == '\'' && unit[len(unit)-1] == '\'' && !strings.Contains(unit[1:len(unit)-1], "'"):
		return Quantity{Value: value, Unit: unit[1 : len(unit)-1]}, true
	case calendarUnit(unit) != "":
		return Quantity{Value: value, Unit: calendarUnit(unit), Calendar: true}, true
	}
	return Quantity{}, false
}
