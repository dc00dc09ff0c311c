package path

import (
	"math/big"
	"slices"
	"strings"
)

// unit is a UCUM unit as a multiple of base units. Units with an offset or a
// logarithm, and those that are arbitrary, are bases of their own: they
// compare with themselves only.
type unit struct {
	factor *big.Rat
	dims   dimensions
}

// atom is a unit symbol: so many of what the definition says.
type atom struct {
	factor string
	of     string // a unit; "" for a base
	metric bool   // takes prefixes
}

// atoms are the unit symbols that clinical data use, with the values of UCUM
// (https://ucum.org/ucum). A symbol that is missing here is a base of its own.
var atoms = map[string]atom{
	"m": {metric: true}, "g": {metric: true}, "s": {metric: true}, "K": {metric: true}, "C": {metric: true}, "cd": {metric: true}, "rad": {metric: true},
	"Cel": {metric: true}, "[degF]": {}, "[pH]": {}, "B": {metric: true}, "Np": {metric: true},
	"%": {"1/100", "1", false}, "[ppth]": {"1/1000", "1", false}, "[ppm]": {"1/1000000", "1", false}, "[ppb]": {"1/1000000000", "1", false},
	"10*": {"10", "1", false}, "10^": {"10", "1", false}, "[pi]": {"3.1415926535897932384626433832795028841971", "1", false},
	"mol": {"602213670000000000000000", "1", true}, "eq": {"1", "mol", true}, "osm": {"1", "mol", true},
	"kat": {"1", "mol/s", true}, "U": {"1", "umol/min", true},
	"[iU]": {metric: true}, "[IU]": {"1", "[iU]", true}, "[arb'U]": {metric: true},
	"min": {"60", "s", false}, "h": {"60", "min", false}, "d": {"24", "h", false}, "wk": {"7", "d", false},
	"mo": {"30.4375", "d", false}, "mo_j": {"30.4375", "d", false}, "a": {"365.25", "d", false}, "a_j": {"365.25", "d", false},
	"l": {"1", "dm3", true}, "L": {"1", "dm3", true}, "ar": {"100", "m2", true}, "t": {"1000", "kg", true},
	"Hz": {"1", "s-1", true}, "N": {"1", "kg.m/s2", true}, "Pa": {"1", "N/m2", true}, "J": {"1", "N.m", true}, "W": {"1", "J/s", true},
	"A": {"1", "C/s", true}, "V": {"1", "J/C", true}, "F": {"1", "C/V", true}, "Ohm": {"1", "V/A", true}, "S": {"1", "Ohm-1", true},
	"Wb": {"1", "V.s", true}, "T": {"1", "Wb/m2", true}, "H": {"1", "Wb/A", true}, "sr": {"1", "rad2", true}, "lm": {"1", "cd.sr", true}, "lx": {"1", "lm/m2", true},
	"Bq": {"1", "s-1", true}, "Gy": {"1", "J/kg", true}, "Sv": {"1", "J/kg", true}, "Ci": {"37000000000", "Bq", true}, "RAD": {"100", "erg/g", true},
	"erg": {"1/10000000", "J", true}, "dyn": {"1/100000", "N", true}, "bar": {"100000", "Pa", true}, "atm": {"101325", "Pa", false},
	"m[Hg]": {"133322", "Pa", true}, "m[H2O]": {"9806.65", "Pa", true}, "cal": {"4.184", "J", true}, "[Cal]": {"1", "kcal", false}, "eV": {"1.60217733e-19", "J", true},
	"u": {"1.6605402e-24", "g", true}, "g%": {"1", "g/dl", true}, "deg": {"0.01745329251994329576923690768488612713", "rad", false}, "'": {"1/60", "deg", false}, "''": {"1/60", "'", false},
	"[in_i]": {"2.54", "cm", false}, "[ft_i]": {"12", "[in_i]", false}, "[yd_i]": {"3", "[ft_i]", false}, "[mi_i]": {"5280", "[ft_i]", false},
	"[gr]": {"64.79891", "mg", false}, "[lb_av]": {"7000", "[gr]", false}, "[oz_av]": {"1/16", "[lb_av]", false}, "[stone_av]": {"14", "[lb_av]", false},
	"[gal_us]": {"231", "[in_i]3", false}, "[qt_us]": {"1/4", "[gal_us]", false}, "[pt_us]": {"1/2", "[qt_us]", false}, "[foz_us]": {"1/16", "[pt_us]", false},
	"[cup_us]": {"16", "[tbs_us]", false}, "[tbs_us]": {"1/2", "[foz_us]", false}, "[tsp_us]": {"1/3", "[tbs_us]", false}, "[psi]": {"6894.757293168361", "Pa", false},
}

var prefixes = map[string]int{
	"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
	"d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}

// maxUnit bounds the code of a unit, maxExponent its powers.
const (
	maxUnit     = 80
	maxExponent = 40
)

// parseUnit reads a UCUM code.
func parseUnit(code string) (unit, bool) {
	if code == "" || len(code) > maxUnit {
		return unit{}, false
	}
	p := unitParser{src: code}
	u, ok := p.term()
	return u, ok && p.at == len(code)
}

type unitParser struct {
	src   string
	at    int
	depth int
}

// term reads components joined by . and /, optionally after a first /.
func (p *unitParser) term() (unit, bool) {
	if p.depth++; p.depth > 16 {
		return unit{}, false
	}
	u := unit{factor: big.NewRat(1, 1)}
	power := 1
	if p.peek() == '/' {
		p.at++
		power = -1
	}
	for {
		c, ok := p.component()
		if !ok {
			return u, false
		}
		u = u.times(c, power)
		switch p.peek() {
		case '.':
			power = 1
		case '/':
			power = -1
		default:
			return u, true
		}
		p.at++
	}
}

func (p *unitParser) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// component reads a symbol with its exponent, a number, an annotation or a
// term in parentheses.
func (p *unitParser) component() (unit, bool) {
	one := unit{factor: big.NewRat(1, 1)}
	switch c := p.peek(); {
	case c == '(':
		p.at++
		u, ok := p.term()
		if !ok || p.peek() != ')' {
			return u, false
		}
		p.at++
		return u, true
	case c == '{':
		return one, p.annotation()
	case isDigit(c) && !strings.HasPrefix(p.src[p.at:], "10*") && !strings.HasPrefix(p.src[p.at:], "10^"):
		start := p.at
		for isDigit(p.peek()) {
			p.at++
		}
		n, ok := new(big.Rat).SetString(p.src[start:p.at])
		if !ok || n.Sign() == 0 {
			return one, false
		}
		return unit{factor: n}, p.peek() != '{' || p.annotation()
	}
	name := p.symbol()
	if name == "" {
		return one, false
	}
	u, ok := symbol(name)
	if !ok {
		return one, false
	}
	exponent, ok := p.exponent()
	if !ok {
		return one, false
	}
	return one.times(u, exponent), p.peek() != '{' || p.annotation()
}

func (p *unitParser) annotation() bool {
	end := strings.IndexByte(p.src[p.at:], '}')
	if end < 0 {
		return false
	}
	p.at += end + 1
	return true
}

// symbol reads up to an operator, digit, sign or annotation; brackets hold
// anything.
func (p *unitParser) symbol() string {
	start := p.at
	if rest := p.src[p.at:]; strings.HasPrefix(rest, "10*") || strings.HasPrefix(rest, "10^") {
		p.at += 3
		return rest[:3]
	}
	bracket := false
	for p.at < len(p.src) {
		c := p.src[p.at]
		if !bracket && (strings.IndexByte("./(){}+-", c) >= 0 || isDigit(c)) {
			break
		}
		if c == '[' {
			bracket = true
		} else if c == ']' {
			bracket = false
		}
		p.at++
	}
	return p.src[start:p.at]
}

func (p *unitParser) exponent() (int, bool) {
	start := p.at
	if c := p.peek(); c == '+' || c == '-' {
		p.at++
	}
	digits := p.at
	for isDigit(p.peek()) {
		p.at++
	}
	if p.at == start {
		return 1, true
	}
	n, ok := smallInt(p.src[start:p.at])
	return n, ok && p.at > digits && n != 0 && n >= -maxExponent && n <= maxExponent
}

// symbol resolves a unit symbol, with a prefix if it takes one.
func symbol(name string) (unit, bool) {
	if a, ok := atoms[name]; ok {
		return a.resolve(name)
	}
	for n := 1; n <= 2 && n < len(name); n++ {
		power, ok := prefixes[name[:n]]
		a, ok2 := atoms[name[n:]]
		if !ok || !ok2 || !a.metric {
			continue
		}
		u, ok := a.resolve(name[n:])
		if !ok {
			return u, false
		}
		scale := new(big.Rat).SetInt(pow10(max(power, -power)))
		if power < 0 {
			scale.Inv(scale)
		}
		return unit{scale.Mul(scale, u.factor), u.dims}, true
	}
	if name[0] == '[' {
		return unit{big.NewRat(1, 1), dimensions{{name, 1}}}, true
	}
	return unit{}, false
}

func (a atom) resolve(name string) (unit, bool) {
	if a.of == "" {
		return unit{big.NewRat(1, 1), dimensions{{name, 1}}}, true
	}
	u, ok := parseUnit(a.of)
	factor, ok2 := new(big.Rat).SetString(a.factor)
	if !ok || !ok2 {
		return u, false
	}
	return unit{factor.Mul(factor, u.factor), u.dims}, true
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
