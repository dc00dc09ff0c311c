package path

import (
	"math/big"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/ucum"
)

// unit is a UCUM unit as a multiple of base units. Units with an offset or a
// logarithm are bases of their own: they compare with themselves only.
type unit struct {
	factor *big.Rat
	dims   dimensions
}

// parseUnit reads a UCUM code.
func parseUnit(code string) (unit, bool) {
	u, err := ucum.Parse(code)
	if err != nil {
		return unit{}, false
	}
	factor, ok := u.Factor()
	if !ok {
		return unit{big.NewRat(1, 1), dimensions{{code, 1}}}, true
	}
	out := unit{factor: factor}
	for base, exponent := range u.Powers() {
		out.dims = append(out.dims, dimension{base, exponent})
	}
	return out, true
}

// times multiplies by a power of another unit.
func (u unit) times(o unit, power int) unit {
	out := unit{new(big.Rat).Set(u.factor), slices.Clone(u.dims)}
	for range max(power, -power) {
		if power > 0 {
			out.factor.Mul(out.factor, o.factor)
		} else {
			out.factor.Quo(out.factor, o.factor)
		}
	}
	for _, d := range o.dims {
		i, found := slices.BinarySearchFunc(out.dims, d.name, func(x dimension, name string) int { return strings.Compare(x.name, name) })
		if !found {
			out.dims = slices.Insert(out.dims, i, dimension{name: d.name})
		}
		if out.dims[i].exponent += d.exponent * power; out.dims[i].exponent == 0 {
			out.dims = slices.Delete(out.dims, i, i+1)
		}
	}
	return out
}
