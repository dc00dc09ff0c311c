package path

// subset evaluates the functions of http://hl7.org/fhirpath/N1/#subsetting.
func (r *run) subset(e *Expr, in Collection, s scope) (Collection, error) {
	from, to := 0, len(in)
	switch e.Name {
	case "single":
		if len(in) > 1 {
			return nil, invalid(e, "there is more than a single item")
		}
	case "first":
		to = min(to, 1)
	case "last":
		from = max(to-1, 0)
	case "tail":
		from = min(to, 1)
	case "skip", "take":
		n, ok, err := r.integer(e.Args[0], s)
		if err != nil || !ok {
			return nil, err
		}
		n = min(max(n, 0), to)
		if e.Name == "skip" {
			from = n
		} else {
			to = n
		}
	}
	return in[from:to:to], nil
}

// combining evaluates distinct and the functions that put two collections
// together (http://hl7.org/fhirpath/N1/#combining).
func (r *run) combining(e *Expr, in Collection, s scope) (Collection, error) {
	if e.Name == "distinct" {
		return r.union(e, in)
	}
	other, err := r.eval(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	switch e.Name {
	case "union":
		return r.union(e, in, other)
	case "combine":
		return append(in[:len(in):len(in)], other...), r.step(e, len(in)+len(other))
	}
	known, err := r.setOf(e, other)
	if err != nil {
		return nil, err
	}
	var out Collection
	for _, i := range in {
		has, err := known.has(e, i)
		if err != nil {
			return nil, err
		}
		if has == (e.Name == "intersect") {
			out = append(out, i)
		}
	}
	if e.Name == "intersect" {
		return r.union(e, out)
	}
	return out, nil
}

// union is what is in any of the collections, once.
func (r *run) union(e *Expr, cs ...Collection) (Collection, error) {
	s, err := r.setOf(e, cs...)
	if err != nil {
		return nil, err
	}
	return s.items, nil
}
