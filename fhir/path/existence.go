package path

// existence evaluates the functions of
// http://hl7.org/fhirpath/N1/#existence.
func (r *run) existence(e *Expr, in Collection, s scope) (Collection, error) {
	answer := func(b bool) (Collection, error) { return one(Boolean(b)), nil }
	switch e.Name {
	case "empty":
		return answer(len(in) == 0)
	case "count":
		return one(Integer(len(in))), nil
	case "exists":
		if len(e.Args) == 0 {
			return answer(len(in) > 0)
		}
		n, err := r.first(e.Args[0], in, s, func(t truth) bool { return t == isTrue })
		return one(Boolean(n >= 0)), err
	case "all":
		n, err := r.first(e.Args[0], in, s, func(t truth) bool { return t != isTrue })
		return one(Boolean(n < 0)), err
	case "allTrue", "anyTrue", "allFalse", "anyFalse":
		return r.allOrAny(e, in)
	case "not":
		t, err := r.truth(e, in)
		return t.not().collection(), err
	case "isDistinct":
		set, err := r.setOf(e, in)
		if err != nil {
			return nil, err
		}
		return answer(len(set.items) == len(in))
	}
	other, err := r.eval(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	if e.Name == "supersetOf" {
		in, other = other, in
	}
	set, err := r.setOf(e, other)
	if err != nil {
		return nil, err
	}
	for _, i := range in {
		if has, err := set.has(e, i); err != nil || !has {
			return one(Boolean(false)), err
		}
	}
	return answer(true)
}

// first is the index of the first item whose criteria come out as wanted, -1
// if there is none.
func (r *run) first(criteria *Expr, in Collection, s scope, wanted func(truth) bool) (int, error) {
	for n, i := range in {
		t, err := r.condition(criteria, scope{this: i, index: n, total: s.total, inner: true})
		if err != nil {
			return -1, err
		}
		if wanted(t) {
			return n, nil
		}
	}
	return -1, nil
}

func (r *run) allOrAny(e *Expr, in Collection) (Collection, error) {
	wanted := e.Name == "allTrue" || e.Name == "anyTrue"
	some, all := false, true
	for _, i := range in {
		b, ok := i.Value(r.doc).(Boolean)
		if !ok {
			return nil, invalid(e, "%s needs Booleans", e.Name)
		}
		some = some || bool(b) == wanted
		all = all && bool(b) == wanted
	}
	if e.Name == "allTrue" || e.Name == "allFalse" {
		return one(Boolean(all)), nil
	}
	return one(Boolean(some)), nil
}
