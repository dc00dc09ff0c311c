package ucum

import (
	"iter"
	"math/big"
)

// Factor is how many base units, with the powers that Powers tells, this one
// is. It is false of a special unit, which is no multiple of any.
func (u Unit) Factor() (*big.Rat, bool) {
	if u.factor == nil || u.special != nil {
		return nil, false
	}
	return new(big.Rat).Set(u.factor), true
}

// Powers are the base units with their exponents, sorted by their codes. None
// is 0.
func (u Unit) Powers() iter.Seq2[string, int] {
	return func(yield func(base string, exponent int) bool) {
		for _, p := range u.powers {
			if !yield(p.base, p.exponent) {
				return
			}
		}
	}
}
