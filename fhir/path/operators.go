package path

// binary evaluates an operator with two operands.
func (r *run) binary(e *Expr, s scope) (Collection, error) {
	switch e.Name {
	case "and", "or", "xor", "implies":
		return r.logic(e, s)
	}
	a, err := r.eval(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	b, err := r.eval(e.Args[1], s)
	if err != nil {
		return nil, err
	}
	switch e.Name {
	case "|":
		return r.union(e, a, b)
	case "=", "!=":
		t, err := r.equal(e, a, b)
		if e.Name == "!=" {
			t = t.not()
		}
		return t.collection(), err
	case "~", "!~":
		t, err := r.equivalent(e, a, b)
		return one(Boolean(t == (e.Name == "~"))), err
	case "in":
		return r.in(e, a, b)
	case "contains":
		return r.in(e, b, a)
	case "&":
		return r.concatenate(e, a, b)
	}
	if len(a) == 0 || len(b) == 0 {
		return nil, nil
	}
	x, err := r.operand(e, a)
	if err != nil || x == nil {
		return nil, err
	}
	y, err := r.operand(e, b)
	if err != nil || y == nil {
		return nil, err
	}
	if err := r.payUnits(e, x, y); err != nil {
		return nil, err
	}
	switch e.Name {
	case "<", "<=", ">", ">=":
		return compare(e, x, y)
	}
	return r.arithmetic(e, x, y)
}

// operand is a single value; nil for a primitive without one, and for a
// Quantity that has no value or is bounded by a comparator.
func (r *run) operand(e *Expr, c Collection) (Value, error) {
	if len(c) == 1 && c[0].value == nil {
		if r.isPrimitive(c[0]) && !r.hasValue(c[0]) || c[0].typ != nil && quantityLike(c[0].typ) && c[0].Value(r.doc) == nil {
			return nil, nil
		}
	}
	return r.single(e, c)
}

func (t truth) not() truth {
	switch t {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	}
	return unknown
}

// logic is three-valued (http://hl7.org/fhirpath/N1/#boolean-logic). The
// right operand is left alone when the left one decides.
func (r *run) logic(e *Expr, s scope) (Collection, error) {
	a, err := r.condition(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Name == "and" && a == isFalse:
		return one(Boolean(false)), nil
	case e.Name == "or" && a == isTrue, e.Name == "implies" && a == isFalse:
		return one(Boolean(true)), nil
	case e.Name == "xor" && a == unknown:
		return nil, nil
	}
	b, err := r.condition(e.Args[1], s)
	if err != nil {
		return nil, err
	}
	switch e.Name {
	case "and":
		if b == isFalse || a == isTrue {
			return b.collection(), nil
		}
	case "or":
		if b == isTrue || a == isFalse {
			return b.collection(), nil
		}
	case "implies":
		if b == isTrue || a == isTrue {
			return b.collection(), nil
		}
	case "xor":
		if b != unknown {
			return one(Boolean(a != b)), nil
		}
	}
	return nil, nil
}

// in says whether the only item of a is among those of c.
func (r *run) in(e *Expr, a, c Collection) (Collection, error) {
	if len(a) == 0 {
		return nil, nil
	}
	if len(a) > 1 {
		return nil, invalid(e, "membership is asked of a single item")
	}
	has, err := r.has(e, c, a[0])
	return one(Boolean(has)), err
}

// concatenate is &, for which an empty operand is an empty string.
func (r *run) concatenate(e *Expr, operands ...Collection) (Collection, error) {
	var out String
	for _, c := range operands {
		if len(c) == 0 {
			continue
		}
		v, err := r.operand(e, c)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		s, ok := v.(String)
		if !ok {
			return nil, invalid(e, "only strings can be joined by &")
		}
		out += s
	}
	return r.made(e, string(out))
}

// made pays for a string that was made.
func (r *run) made(e *Expr, s string) (Collection, error) {
	if len(s) > maxText {
		return nil, invalid(e, "the text grows beyond %d bytes", maxText)
	}
	return one(String(s)), r.step(e, len(s)/64)
}
