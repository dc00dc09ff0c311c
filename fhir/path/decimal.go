package path

import (
	"math/big"
	"strings"
)

// Decimal is System.Decimal: an exact decimal number that remembers how many
// digits were written after the point, so that 1.50 stays 1.50. It is
// unscaled * 10^-scale. The zero value is 0.
type Decimal struct {
	unscaled *big.Int // nil is 0; never changed once set
	scale    int      // digits after the point, never negative
}

// System is "Decimal".
func (Decimal) System() string { return "Decimal" }

// maxDigits bounds numbers, so that neither a literal like 1e999999999 nor
// repeated multiplication can ask for unbounded memory. FHIR promises 18
// digits (datatypes.html#decimal), FHIRPath 28.
const maxDigits = 500

// maxScale is where computed results are cut; what was written is kept whole.
const maxScale = 40

// ParseDecimal reads a decimal or JSON number. It fails for anything else
// and for numbers that need more than 500 digits.
func ParseDecimal(s string) (Decimal, bool) {
	digits, exp := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var ok bool
		if exp, ok = smallInt(s[i+1:]); !ok {
			return Decimal{}, false
		}
		digits = s[:i]
	}
	sign := ""
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		sign, digits = digits[:1], digits[1:]
	}
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || dotted && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return Decimal{}, false
	}
	scale := len(fraction) - exp
	if len(digits) > maxDigits || scale > maxDigits || scale < -maxDigits {
		return Decimal{}, false
	}
	n, ok := new(big.Int).SetString(sign+whole+fraction, 10)
	if !ok {
		return Decimal{}, false
	}
	if scale < 0 {
		n.Mul(n, pow10(-scale))
		scale = 0
	}
	return Decimal{n, scale}, true
}

func smallInt(s string) (int, bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(strings.TrimLeft(s, "+-"), "0")
	if len(s) > 4 || !allDigits(s) {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func decimalOf(i int64) Decimal { return Decimal{unscaled: big.NewInt(i)} }

func (d Decimal) int() *big.Int {
	if d.unscaled == nil {
		return new(big.Int)
	}
	return d.unscaled
}

// Rat is the number as a fraction.
func (d Decimal) Rat() *big.Rat { return new(big.Rat).SetFrac(d.int(), pow10(d.scale)) }

// Scale is the number of digits after the point.
func (d Decimal) Scale() int { return d.scale }

func (d Decimal) String() string {
	s := d.int().String()
	if d.scale == 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if pad := d.scale + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	return sign + s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
}

func (d Decimal) isOne() bool { return d.Cmp(decimalOf(1)) == 0 }

// integer is the number as an Integer, if it is one and fits.
func (d Decimal) integer() (Integer, bool) {
	t := d.trim()
	if t.scale != 0 || !t.int().IsInt64() {
		return 0, false
	}
	i := t.int().Int64()
	return Integer(i), i == int64(Integer(i))
}

// at writes the number with a larger scale.
func (d Decimal) at(scale int) *big.Int {
	if scale == d.scale {
		return d.int()
	}
	return new(big.Int).Mul(d.int(), pow10(scale-d.scale))
}

// Cmp compares by value: 1.0 and 1.00 are equal.
func (d Decimal) Cmp(o Decimal) int {
	scale := max(d.scale, o.scale)
	return d.at(scale).Cmp(o.at(scale))
}

// trim drops zeros at the end of the fraction.
func (d Decimal) trim() Decimal {
	n, ten, r := new(big.Int).Set(d.int()), big.NewInt(10), new(big.Int)
	for d.scale > 0 {
		q, r := new(big.Int).QuoRem(n, ten, r)
		if r.Sign() != 0 {
			break
		}
		n, d.scale = q, d.scale-1
	}
	return Decimal{n, d.scale}
}

// round to at most scale digits after the point, half away from zero.
func (d Decimal) round(scale int) Decimal {
	if d.scale <= scale {
		return d
	}
	unit := pow10(d.scale - scale)
	q, r := new(big.Int).QuoRem(d.int(), unit, new(big.Int))
	if r.Abs(r).Lsh(r, 1).Cmp(unit) >= 0 {
		q.Add(q, big.NewInt(int64(d.int().Sign())))
	}
	return Decimal{q, scale}
}

// bounded cuts a computed number to maxScale; ok is false when it has grown
// beyond maxDigits.
func (d Decimal) bounded() (Decimal, bool) {
	d = d.round(maxScale)
	return d, d.int().BitLen() < maxDigits*10/3
}

func (d Decimal) neg() Decimal { return Decimal{new(big.Int).Neg(d.int()), d.scale} }

func (d Decimal) add(o Decimal) Decimal {
	scale := max(d.scale, o.scale)
	return Decimal{new(big.Int).Add(d.at(scale), o.at(scale)), scale}
}

func (d Decimal) mul(o Decimal) Decimal {
	return Decimal{new(big.Int).Mul(d.int(), o.int()), d.scale + o.scale}
}

// quo divides; the quotient has up to maxScale digits after the point and no
// zeros at the end. o must not be 0.
func (d Decimal) quo(o Decimal) Decimal {
	n := new(big.Int).Mul(d.int(), pow10(maxScale+1+o.scale))
	n.Quo(n, new(big.Int).Mul(o.int(), pow10(d.scale)))
	return Decimal{n, maxScale + 1}.round(maxScale).trim()
}

// div divides and truncates; the remainder goes with it: d = q*o + r.
func (d Decimal) div(o Decimal) (q, r Decimal) {
	scale := max(d.scale, o.scale)
	x, y := new(big.Int).QuoRem(d.at(scale), o.at(scale), new(big.Int))
	return Decimal{unscaled: x}, Decimal{y, scale}
}

func (d Decimal) isZero() bool { return d.int().Sign() == 0 }
