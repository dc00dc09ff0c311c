package search

import (
	"errors"
	"math/big"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#number

func readNumber(x *extraction, e *emit, n tree.Node) {
	text := x.doc.Text(n)
	if d, err := parseDecimal(text); err == nil {
		plain := d.String()
		x.quantity(e.param, Quantity{Value: text, Low: plain, High: plain})
	}
}

// readRange reads from low to high, either of which may be open. The unit is
// that of whichever end has one.
func readRange(x *extraction, e *emit, n tree.Node) {
	q := Quantity{Param: e.param.Code}
	for _, end := range [...]struct {
		name string
		to   *string
	}{{"high", &q.High}, {"low", &q.Low}} {
		at := x.doc.Get(n, end.name)
		d, err := parseDecimal(x.member(at, "value"))
		if err != nil {
			continue
		}
		*end.to, q.Value = d.String(), x.member(at, "value")
		x.unit(&q, at)
	}
	if q.Value != "" {
		x.quantity(e.param, q)
	}
}

func (x *extraction) quantity(p *Param, q Quantity) {
	if x.another(p) {
		return
	}
	q.Param = p.Code
	x.present.add(p)
	x.values.Quantities = append(x.values.Quantities, q)
}

// decimal is an exact decimal number: digits × 10^-scale. Whatever a double
// can be is one, exponents included (datatypes.html#decimal). A number of more
// than maxDigits digits before or after the point, written out, is refused:
// what it would cost is not what it is worth.
type decimal struct {
	negative bool
	digits   string // without leading zeros, "" for zero
	scale    int
}

const maxDigits = 400

var errNumber = errors.New("not a number, or one of too many digits")

// parseDecimal reads an optional sign, digits with or without a point, and an
// optional exponent.
func parseDecimal(s string) (decimal, error) {
	var d decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative, s = s[0] == '-', s[1:]
	}
	mantissa, exponent, scientific := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, scientific = s[:i], s[i+1:], true
	}
	whole, part, point := strings.Cut(mantissa, ".")
	if len(mantissa) > 2*maxDigits+2 || !onlyDigits(whole+part) || whole+part == "" || point && part == "" {
		return decimal{}, errNumber
	}
	d.digits, d.scale = strings.TrimLeft(whole+part, "0"), len(part)
	if scientific {
		exponent, negative := strings.CutPrefix(exponent, "-")
		if !negative {
			exponent = strings.TrimPrefix(exponent, "+")
		}
		if exponent == "" || len(exponent) > 3 || !onlyDigits(exponent) {
			return decimal{}, errNumber
		}
		n := 0
		for _, c := range exponent {
			n = n*10 + int(c-'0')
		}
		if negative {
			n = -n
		}
		d.scale -= n
	}
	if d.scale > maxDigits || len(d.digits)-d.scale > maxDigits {
		return decimal{}, errNumber
	}
	return d, nil
}

func onlyDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String writes the number out, without an exponent and without zeros that
// say nothing, so that equal numbers are equal texts.
func (d decimal) String() string {
	digits := d.digits
	if digits == "" {
		return "0"
	}
	scale := d.scale
	for scale > 0 && digits[len(digits)-1] == '0' {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	switch {
	case scale <= 0:
		digits += strings.Repeat("0", -scale)
	case scale < len(digits):
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	default:
		digits = "0." + strings.Repeat("0", scale-len(digits)) + digits
	}
	if d.negative {
		return "-" + digits
	}
	return digits
}

// precision is what the number covers by the digits it was written with: 100
// covers 99.5 to 100.5, and 1e2 covers 50 to 150.
func (d decimal) precision() (low, high decimal) {
	n := d.tenfold()
	five := big.NewInt(5)
	return scaled(new(big.Int).Sub(n, five), d.scale+1), scaled(new(big.Int).Add(n, five), d.scale+1)
}

// about is what "approximately" covers: a tenth to either side, as R4
// recommends, and no less than the precision.
func (d decimal) about() (low, high decimal) {
	n := d.tenfold()
	wide := new(big.Int).Abs(n)
	if wide.Div(wide, big.NewInt(10)); wide.Cmp(big.NewInt(5)) < 0 {
		wide.SetInt64(5)
	}
	return scaled(new(big.Int).Sub(n, wide), d.scale+1), scaled(new(big.Int).Add(n, wide), d.scale+1)
}

// tenfold is the number in units of a tenth of its last digit.
func (d decimal) tenfold() *big.Int {
	n := new(big.Int)
	if d.digits != "" {
		n.SetString(d.digits+"0", 10)
	}
	if d.negative {
		n.Neg(n)
	}
	return n
}

func scaled(n *big.Int, scale int) decimal {
	digits := new(big.Int).Abs(n).String()
	return decimal{negative: n.Sign() < 0, digits: strings.TrimLeft(digits, "0"), scale: scale}
}

// IsNumber says whether s is a decimal number of a size that is indexed.
func IsNumber(s string) bool {
	_, err := parseDecimal(s)
	return err == nil
}

// parseNumber reads [prefix][number]. The interval is what the number covers
// by its precision; a comparison takes the number as if it were exact.
func parseNumber(value string) (Operand, error) {
	prefix, text, err := cutPrefix(value)
	if err != nil {
		return Operand{}, err
	}
	d, err := parseDecimal(strings.Replace(text, " ", "+", 1))
	if err != nil {
		return Operand{}, fhir.Errorf(fhir.Value, "not a number, or one of too many digits")
	}
	low, high := d, d
	switch prefix {
	case "eq", "ne":
		low, high = d.precision()
	case "ap":
		low, high = d.about()
	}
	return Operand{Prefix: prefix, Quantity: Quantity{Value: text, Low: low.String(), High: high.String()}}, nil
}
