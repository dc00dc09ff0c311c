package path

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// whole is an Integer, or nothing when it does not fit.
func whole(n int64) Collection {
	if n != int64(Integer(n)) {
		return nil
	}
	return one(Integer(n))
}

// exact is a computed decimal, or nothing when it has grown out of bounds.
func exact(d Decimal) Collection {
	d, ok := d.bounded()
	if !ok {
		return nil
	}
	return one(d)
}

// arithmetic is one of + - * / div mod
// (http://hl7.org/fhirpath/N1/#math).
func (r *run) arithmetic(e *Expr, a, b Value) (Collection, error) {
	if p, q, ok := numbers(a, b); ok {
		_, left := a.(Integer)
		_, right := b.(Integer)
		return calculate(e.Name, p, q, left && right), nil
	}
	if t, ok := a.(Temporal); ok && (e.Name == "+" || e.Name == "-") {
		q, ok := b.(Quantity)
		if !ok {
			return nil, invalid(e, "to a date only a quantity of time can be added")
		}
		if e.Name == "-" {
			q.Value = q.Value.neg()
		}
		return t.plus(e, q)
	}
	if s, ok := a.(String); ok && e.Name == "+" {
		t, ok := b.(String)
		if !ok {
			return nil, invalid(e, "only strings can be added to a string")
		}
		return r.made(e, string(s+t))
	}
	x, ok := quantityValue(a)
	y, ok2 := quantityValue(b)
	if !ok || !ok2 || e.Name == "div" || e.Name == "mod" {
		return nil, invalid(e, "the operator is not defined for values of these types")
	}
	return x.calculate(e.Name, y), nil
}

func calculate(op string, p, q Decimal, integers bool) Collection {
	var out Decimal
	switch op {
	case "+":
		out = p.add(q)
	case "-":
		out = p.add(q.neg())
	case "*":
		out = p.mul(q)
	default:
		if q.isZero() {
			return nil
		}
		switch op {
		case "/":
			return exact(p.quo(q))
		case "div":
			out, _ = p.div(q)
			if i, ok := out.integer(); ok {
				return one(i)
			}
			return nil
		case "mod":
			_, out = p.div(q)
		}
	}
	if integers {
		if i, ok := out.integer(); ok {
			return one(i)
		}
		return nil
	}
	return exact(out)
}

// mathematics evaluates the functions of http://hl7.org/fhirpath/N1/#math-1.
// The transcendental ones are good to 15 digits.
func (r *run) mathematics(e *Expr, v Value, s scope) (Collection, error) {
	d, ok := decimalValue(v)
	if q, is := v.(Quantity); is && (e.Name == "abs" || e.Name == "round" || e.Name == "truncate" || e.Name == "ceiling" || e.Name == "floor") {
		c, err := r.mathematics(e, q.Value, s)
		if err != nil || len(c) == 0 {
			return nil, err
		}
		q.Value, _ = decimalValue(c[0].value)
		return one(q), nil
	}
	if !ok {
		return nil, invalid(e, "%s needs a number", e.Name)
	}
	_, isInteger := v.(Integer)
	switch e.Name {
	case "abs":
		if d.int().Sign() < 0 {
			d = d.neg()
		}
		if isInteger {
			i, ok := d.integer()
			if !ok {
				return nil, nil
			}
			return one(i), nil
		}
		return one(d), nil
	case "truncate", "ceiling", "floor":
		q, rest := d.div(decimalOf(1))
		if up := e.Name == "ceiling" && rest.int().Sign() > 0; up {
			q = q.add(decimalOf(1))
		} else if e.Name == "floor" && rest.int().Sign() < 0 {
			q = q.add(decimalOf(-1))
		}
		if i, ok := q.integer(); ok {
			return one(i), nil
		}
		return nil, nil
	case "round":
		digits := 0
		if len(e.Args) > 0 {
			n, ok, err := r.integer(e.Args[0], s)
			if err != nil || !ok {
				return nil, err
			}
			if n < 0 {
				return nil, invalid(e, "the precision of round must not be negative")
			}
			digits = n
		}
		return one(d.round(digits)), nil
	case "log", "power":
		arg, err := r.value(e.Args[0], s)
		if err != nil || arg == nil {
			return nil, err
		}
		p, ok := decimalValue(arg)
		if !ok {
			return nil, invalid(e, "%s needs a number", e.Name)
		}
		if e.Name == "power" {
			return power(d, p, isInteger), nil
		}
		return float(logarithm(d.float(), p.float())), nil
	}
	x := d.float()
	switch e.Name {
	case "exp":
		x = math.Exp(x)
	case "ln":
		x = math.Log(x)
	case "sqrt":
		x = math.Sqrt(x)
	}
	return float(x), nil
}

func logarithm(x, base float64) float64 {
	switch base {
	case 2:
		return math.Log2(x)
	case 10:
		return math.Log10(x)
	}
	return math.Log(x) / math.Log(base)
}

// power is exact for whole exponents that keep the number within bounds.
func power(base, exponent Decimal, integer bool) Collection {
	n, ok := exponent.integer()
	if !ok || n < 0 || int(n)*max(base.int().BitLen(), 1) > maxDigits*3 || int(n)*base.scale > maxDigits {
		return float(math.Pow(base.float(), exponent.float()))
	}
	out := Decimal{new(big.Int).Exp(base.int(), big.NewInt(int64(n)), nil), base.scale * int(n)}
	if integer {
		if i, ok := out.integer(); ok {
			return one(i)
		}
	}
	return exact(out)
}

func (d Decimal) float() float64 {
	f, _ := d.Rat().Float64()
	return f
}

// float is a decimal of a floating-point result, or nothing for NaN and
// infinity.
func float(f float64) Collection {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	text := strconv.FormatFloat(f, 'g', 15, 64)
	d, ok := ParseDecimal(text)
	if !ok {
		return nil
	}
	if d = d.trim(); d.scale == 0 && !strings.Contains(text, "e") {
		d = Decimal{d.at(1), 1}
	}
	return exact(d)
}
