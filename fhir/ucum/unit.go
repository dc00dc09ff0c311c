package ucum

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// System is the URI by which resources name UCUM.
const System = "http://unitsofmeasure.org"

// Unit is a unit of measure: a multiple of base units or, if it is special, a
// function of one. A unit never changes.
type Unit struct {
	factor    *big.Rat
	powers    powers
	dimension string
	special   *function // nil for most
	scale     *big.Rat  // of a special unit: its prefix
}

// Dimension is what the unit measures, as base units with their powers: the
// same text for all units that can be converted into each other. A number
// measures "1".
func (u Unit) Dimension() string { return u.dimension }

// power is a base unit with its exponent.
type power struct {
	base     string
	exponent int
}

// powers are sorted by base unit and have no exponent 0.
type powers []power

func (p powers) String() string {
	if len(p) == 0 {
		return "1"
	}
	var b strings.Builder
	for i, x := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(x.base)
		if x.exponent != 1 {
			b.WriteString(strconv.Itoa(x.exponent))
		}
	}
	return b.String()
}

// What a unit can be made of is bounded, since its code is anybody's.
const (
	maxCode     = 200  // bytes
	maxDepth    = 16   // parentheses within each other
	maxExponent = 99   // of one symbol
	maxBits     = 2048 // of the numerator and of the denominator of a factor
)

var (
	one     = big.NewRat(1, 1)
	errUnit = errors.New("not a unit of UCUM")
)

// times multiplies by a power of another unit. Special units cannot be
// multiplied.
func (u Unit) times(o Unit, exponent int) (Unit, error) {
	if u.special != nil || o.special != nil {
		return Unit{}, errUnit
	}
	e := big.NewInt(int64(max(exponent, -exponent)))
	num, denom := o.factor.Num(), o.factor.Denom()
	if int64(max(num.BitLen(), denom.BitLen()))*e.Int64() > 2*maxBits {
		return Unit{}, errUnit
	}
	num, denom = new(big.Int).Exp(num, e, nil), new(big.Int).Exp(denom, e, nil)
	if exponent < 0 {
		num, denom = denom, num
	}
	factor := new(big.Rat).SetFrac(num, denom)
	factor.Mul(factor, u.factor)
	if factor.Num().BitLen() > maxBits || factor.Denom().BitLen() > maxBits {
		return Unit{}, errUnit
	}
	out := Unit{factor: factor, powers: slices.Clone(u.powers)}
	for _, p := range o.powers {
		i, found := slices.BinarySearchFunc(out.powers, p.base, func(x power, base string) int { return strings.Compare(x.base, base) })
		if !found {
			out.powers = slices.Insert(out.powers, i, power{base: p.base})
		}
		if out.powers[i].exponent += p.exponent * exponent; out.powers[i].exponent == 0 {
			out.powers = slices.Delete(out.powers, i, i+1)
		}
	}
	return out, nil
}
