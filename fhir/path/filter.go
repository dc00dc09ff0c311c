package path

import (
	"slices"
)

// lambda evaluates the functions whose arguments are evaluated on the items
// of their input: filtering, projection, aggregates, iif and trace.
func (r *run) lambda(e *Expr, in Collection, s scope) (Collection, error) {
	switch e.Name {
	case "where":
		var out Collection
		for n, i := range in {
			t, err := r.condition(e.Args[0], scope{this: i, index: n, total: s.total, inner: true})
			if err != nil {
				return nil, err
			}
			if t == isTrue {
				out = append(out, i)
			}
		}
		return out, nil
	case "select":
		return r.project(e.Args[0], in, s)
	case "repeat":
		return r.repeat(e, in, s)
	case "sort":
		return r.sort(e, in, s)
	case "aggregate":
		return r.aggregate(e, in, s)
	case "trace":
		return r.trace(e, in, s)
	}
	return r.iif(e, in, s)
}

// project evaluates a projection on every item and chains the results.
func (r *run) project(projection *Expr, in Collection, s scope) (Collection, error) {
	var out Collection
	for n, i := range in {
		c, err := r.eval(projection, scope{this: i, index: n, total: s.total, inner: true})
		if err != nil {
			return nil, err
		}
		if err := r.step(projection, len(c)); err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	return out, nil
}

// repeat projects again and again until nothing new turns up.
func (r *run) repeat(e *Expr, in Collection, s scope) (Collection, error) {
	found := &set{r: r}
	for len(in) > 0 {
		next, err := r.project(e.Args[0], in, s)
		if err != nil {
			return nil, err
		}
		in = nil
		for _, i := range next {
			added, err := found.addNode(e, i)
			if err != nil {
				return nil, err
			}
			if added {
				in = append(in, i)
			}
		}
	}
	return found.items, nil
}

// aggregate hands $total from item to item
// (http://hl7.org/fhirpath/N1/#aggregates).
func (r *run) aggregate(e *Expr, in Collection, s scope) (Collection, error) {
	var total Collection
	if len(e.Args) > 1 {
		var err error
		if total, err = r.eval(e.Args[1], s); err != nil {
			return nil, err
		}
	}
	for n, i := range in {
		c, err := r.eval(e.Args[0], scope{this: i, index: n, total: total, inner: true})
		if err != nil {
			return nil, err
		}
		total = c
	}
	return total, nil
}

func (r *run) trace(e *Expr, in Collection, s scope) (Collection, error) {
	name, _, err := r.text(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	seen := in
	if len(e.Args) > 1 {
		if seen, err = r.project(e.Args[1], in, s); err != nil {
			return nil, err
		}
	}
	if r.env.Trace != nil {
		r.env.Trace(name, seen)
	}
	return in, nil
}

// iif evaluates only the branch that is taken.
func (r *run) iif(e *Expr, in Collection, s scope) (Collection, error) {
	if len(in) > 1 {
		return nil, invalid(e, "iif needs a single item")
	}
	if e.On != nil {
		s.this = nothing
		if len(in) == 1 {
			s.this = in[0]
		}
	}
	c, err := r.eval(e.Args[0], s)
	if err != nil {
		return nil, err
	}
	yes := false
	if len(c) > 0 {
		b, ok := c[0].Value(r.doc).(Boolean)
		if !ok || len(c) > 1 {
			return nil, invalid(e, "the criterion of iif must be a Boolean")
		}
		yes = bool(b)
	}
	if yes {
		return r.eval(e.Args[1], s)
	}
	if len(e.Args) < 3 {
		return nil, nil
	}
	return r.eval(e.Args[2], s)
}

// sort orders by keys; a key with a minus sign orders the other way round.
// An item without a key counts as greater than all that have one.
func (r *run) sort(e *Expr, in Collection, s scope) (Collection, error) {
	keys := e.Args
	if len(keys) == 0 {
		keys = []*Expr{{Kind: This, Pos: e.Pos}}
	}
	type row struct {
		item Item
		keys []Value
	}
	rows := make([]row, len(in))
	for n, i := range in {
		rows[n] = row{i, make([]Value, len(keys))}
		for k, key := range keys {
			if descends(key) {
				key = key.Args[0]
			}
			v, err := r.value(key, scope{this: i, index: n, total: s.total, inner: true})
			if err != nil {
				return nil, err
			}
			rows[n].keys[k] = v
		}
	}
	var failure error
	slices.SortStableFunc(rows, func(a, b row) int {
		for k, key := range keys {
			c, err := r.sortOrder(e, a.keys[k], b.keys[k])
			if failure == nil {
				failure = err
			}
			if descends(key) {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	out := make(Collection, len(rows))
	for n := range rows {
		out[n] = rows[n].item
	}
	return out, failure
}

func descends(key *Expr) bool { return key.Kind == Unary && key.Name == "-" }

func (r *run) sortOrder(e *Expr, a, b Value) (int, error) {
	if err := r.step(e, 1); err != nil {
		return 0, err
	}
	switch {
	case a == nil && b == nil:
		return 0, nil
	case a == nil:
		return 1, nil
	case b == nil:
		return -1, nil
	}
	c, _, ok := order(a, b)
	if !ok {
		return 0, invalid(e, "values of these types cannot be sorted")
	}
	return c, nil
}
