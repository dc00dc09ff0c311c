package path

import (
	"hash/maphash"
	"math"

	"github.com/webdoctor/webdoctor/fhir/tree"
)

// set is a collection without equal items, in the order they came. Small
// ones are searched from front to back, larger ones through a hash that
// agrees with =.
type set struct {
	r     *run
	items Collection
	byKey map[uint64][]int
	nodes map[tree.Node]bool // of addNode
}

const smallSet = 8

// add takes an item unless an equal one is there already.
func (s *set) add(e *Expr, i Item) (added bool, err error) {
	if has, err := s.has(e, i); has || err != nil {
		return false, err
	}
	s.items = append(s.items, i)
	switch {
	case s.byKey != nil:
		s.index(len(s.items) - 1)
	case len(s.items) > smallSet:
		s.byKey = make(map[uint64][]int, 2*len(s.items))
		for n := range s.items {
			s.index(n)
		}
	}
	return true, nil
}

func (s *set) index(n int) {
	k := s.r.hash(s.items[n])
	s.byKey[k] = append(s.byKey[k], n)
}

func (s *set) has(e *Expr, i Item) (bool, error) {
	if s.byKey == nil {
		return s.r.has(e, s.items, i)
	}
	for _, n := range s.byKey[s.r.hash(i)] {
		t, err := s.r.equalItems(e, s.items[n], i)
		if t == isTrue || err != nil {
			return t == isTrue, err
		}
	}
	return false, s.r.step(e, 1)
}

// setOf makes a set of collections.
func (r *run) setOf(e *Expr, cs ...Collection) (*set, error) {
	s := &set{r: r}
	for _, c := range cs {
		for _, i := range c {
			if _, err := s.add(e, i); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// has says whether an item equal to i is in c.
func (r *run) has(e *Expr, c Collection, i Item) (bool, error) {
	for _, x := range c {
		t, err := r.equalItems(e, x, i)
		if t == isTrue || err != nil {
			return t == isTrue, err
		}
	}
	return false, nil
}

var seed = maphash.MakeSeed()

// hash of an item; equal items of one type have equal hashes.
func (r *run) hash(i Item) uint64 {
	switch v := i.Value(r.doc).(type) {
	case nil:
		n := r.holder(i)
		if n != tree.None {
			r.steps -= int(r.doc.Skip(n)-n) / 8 // the next step says when it was too much
		}
		return r.hashNode(n)
	case String:
		return maphash.String(seed, string(v))
	case Integer:
		return hashDecimal(decimalOf(int64(v)))
	case Decimal:
		return hashDecimal(v)
	case Temporal:
		return uint64(v.At.UnixNano())
	case Quantity:
		r.steps -= 50
		return hashQuantity(v)
	default:
		return maphash.String(seed, v.String())
	}
}

// hashQuantity hashes the amount in base units.
func hashQuantity(q Quantity) uint64 {
	u, ok := q.unit()
	if !ok {
		return hashDecimal(q.Value) ^ maphash.String(seed, q.Unit)
	}
	amount := q.Value.Rat()
	f, _ := amount.Mul(amount, u.factor).Float64()
	return math.Float64bits(f) ^ maphash.String(seed, u.dims.String())
}

func hashDecimal(d Decimal) uint64 {
	if f, _ := d.Rat().Float64(); f != 0 { // near enough is the same for equal ones
		return math.Float64bits(f)
	}
	return 2
}

func (r *run) hashNode(n tree.Node) uint64 {
	d := r.doc
	switch d.Kind(n) {
	case tree.Number:
		if p, ok := ParseDecimal(d.Text(n)); ok {
			return hashDecimal(p)
		}
		return maphash.String(seed, d.Text(n))
	case tree.String, tree.Bool:
		return maphash.String(seed, d.Text(n))
	case tree.Object:
		h := uint64(3)
		for c := range d.Children(n) {
			h += maphash.String(seed, d.Key(c)) ^ r.hashNode(c)*0x9e3779b97f4a7c15
		}
		return h
	case tree.Array:
		h := uint64(4)
		for c := range d.Children(n) {
			h = h*31 + r.hashNode(c)
		}
		return h
	}
	return 5
}

// addNode is add by identity for nodes of the document: repeat() must walk
// into every item of a questionnaire, also into those that look the same.
func (s *set) addNode(e *Expr, i Item) (added bool, err error) {
	if i.value != nil {
		return s.add(e, i)
	}
	if s.nodes == nil {
		s.nodes = map[tree.Node]bool{}
	}
	at := i.Node
	if at == tree.None {
		at = i.Extra
	}
	if s.nodes[at] {
		return false, nil
	}
	s.nodes[at] = true
	s.items = append(s.items, i)
	return true, s.r.step(e, 1)
}
