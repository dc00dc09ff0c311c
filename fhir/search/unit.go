package search

import (
	"math/big"
	"slices"

	"github.com/webdoctor/webdoctor/fhir/ucum"
)

// http://hl7.org/fhir/R4/search.html#quantity: a quantity is found in any unit
// that can be converted into the one that is asked for. The values of
// resources stay in the unit they are written in; it is the question that is
// converted, into each of the units that occur.

// Dimension is what the unit of the quantity measures: the same for all units
// that can be converted into each other. It is "" if the unit is not one of
// UCUM; then the unit compares as a text.
func (q Quantity) Dimension() string {
	if q.System != ucum.System {
		return ""
	}
	u, err := ucum.Parse(q.Code)
	if err != nil {
		return ""
	}
	return u.Dimension()
}

// In is the quantity of a search in its own unit and in others, of which those
// are left out into which it cannot be converted. It is in the order of the
// numbers.
//
// A value that rises where the other falls, like that of a pH, is not
// compared: greater would mean less.
func (q Quantity) In(codes []string) []Quantity {
	own, err := ucum.Parse(q.Code)
	low, ok := new(big.Rat).SetString(q.Low)
	high, ok2 := new(big.Rat).SetString(q.High)
	if err != nil || !ok || !ok2 {
		return []Quantity{q}
	}
	type measured struct {
		Quantity
		low *big.Rat
	}
	list := []measured{{q, low}}
	for _, code := range codes {
		u, err := ucum.Parse(code)
		if code == q.Code || err != nil || u.Falls() != own.Falls() {
			continue
		}
		a, ok := own.Convert(low, u)
		b, ok2 := own.Convert(high, u)
		if ok && ok2 {
			list = append(list, measured{Quantity{System: q.System, Code: code, Low: between(a), High: between(b)}, a})
		}
	}
	slices.SortStableFunc(list, func(a, b measured) int { return a.low.Cmp(b.low) })
	out := make([]Quantity, len(list))
	for i, m := range list {
		out[i] = m.Quantity
	}
	return out
}

// between writes a number as a decimal that compares with all numbers of a
// resource as the number does. They have at most maxDigits digits after the
// point; what needs more lies between two of them, and is put there.
func between(r *big.Rat) string {
	if n, exact := r.FloatPrec(); exact && n <= maxDigits {
		return r.FloatString(n)
	}
	shifted := new(big.Int).Exp(big.NewInt(10), big.NewInt(maxDigits), nil)
	shifted.Mul(shifted, r.Num())
	floor, _ := shifted.DivMod(shifted, r.Denom(), new(big.Int)) // of a positive denominator: downwards
	floor.Mul(floor, big.NewInt(10))
	return scaled(floor.Add(floor, big.NewInt(5)), maxDigits+1).String()
}
