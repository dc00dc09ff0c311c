package ucum

import (
	"math"
	"math/big"
)

// Convert says how many of the other unit x of this one are. It is false if
// the dimensions differ, or if there is no such number: of no amount there is
// no logarithm. The result is exact if both units are.
func (u Unit) Convert(x *big.Rat, to Unit) (*big.Rat, bool) {
	if u.factor == nil || to.factor == nil || u.dimension != to.dimension {
		return nil, false
	}
	if u.special != nil {
		var ok bool
		if x, ok = u.special.to(new(big.Rat).Mul(x, u.scale)); !ok {
			return nil, false
		}
	}
	y := new(big.Rat).Mul(x, u.factor)
	y.Quo(y, to.factor)
	if to.special == nil {
		return y, true
	}
	y, ok := to.special.from(y)
	if !ok {
		return nil, false
	}
	return y.Quo(y, to.scale), true
}

// Exact says whether values convert exactly.
func (u Unit) Exact() bool { return u.special == nil || u.special.offset != nil }

// Falls says whether the value in this unit falls as what is measured rises,
// as that of a pH does.
func (u Unit) Falls() bool { return u.special != nil && u.special.falls }

// function is how a special unit depends on the unit of its definition (UCUM
// §21): by an offset, or by f and its inverse.
type function struct {
	offset     *big.Rat // what is added to a value
	f, inverse func(x float64) float64
	falls      bool
}

func offset(text string) *function { return &function{offset: number(text)} }

func lg(base float64) *function {
	return &function{f: func(x float64) float64 { return math.Log(x) / math.Log(base) }, inverse: func(x float64) float64 { return math.Pow(base, x) }}
}

func colg(base float64) *function {
	return &function{falls: true, f: func(x float64) float64 { return -math.Log(x) / math.Log(base) }, inverse: func(x float64) float64 { return math.Pow(base, -x) }}
}

// functions are those that the table names.
var functions = map[string]*function{
	"Cel": offset("273.15"), "degF": offset("459.67"), "degRe": offset("218.52"),
	"lg": lg(10), "ln": lg(math.E), "ld": lg(2), "lgTimes2": {
		f:       func(x float64) float64 { return 2 * math.Log10(x) },
		inverse: func(x float64) float64 { return math.Pow(10, x/2) }},
	"pH": colg(10), "hpX": colg(10), "hpC": colg(100), "hpM": colg(1000), "hpQ": colg(50_000),
	"tanTimes100": tangent(1), "100tan": tangent(180 / math.Pi), // of radians, of degrees
	"sqrt": {f: math.Sqrt, inverse: func(x float64) float64 {
		if x < 0 {
			return math.NaN()
		}
		return x * x
	}},
}

// tangent is a hundred times the tangent of an angle, of which so many are
// one radian.
func tangent(radian float64) *function {
	return &function{
		f:       func(x float64) float64 { return 100 * math.Tan(x/radian) },
		inverse: func(x float64) float64 { return math.Atan(x/100) * radian },
	}
}

// to takes a value of the special unit to its definition's.
func (f *function) to(x *big.Rat) (*big.Rat, bool) {
	if f.offset != nil {
		return x.Add(x, f.offset), true
	}
	return by(f.inverse, x)
}

// from is the inverse of to.
func (f *function) from(x *big.Rat) (*big.Rat, bool) {
	if f.offset != nil {
		return x.Sub(x, f.offset), true
	}
	return by(f.f, x)
}

func by(f func(float64) float64, x *big.Rat) (*big.Rat, bool) {
	v, _ := x.Float64()
	if v = f(v); math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, false
	}
	return new(big.Rat).SetFloat64(v), true
}
