package ucum

import (
	"math/big"
	"strings"
)

// Parse reads the code of a unit. What it made of a code it remembers, so that
// it costs a look-up for the codes that are in use.
func Parse(code string) (Unit, error) {
	if len(code) > maxCode {
		return Unit{}, errUnit
	}
	if known, ok := memory.get(code); ok {
		return known.unit, known.err
	}
	u, err := parse(code)
	memory.put(strings.Clone(code), parsed{u, err})
	return u, err
}

func parse(code string) (Unit, error) {
	p := parser{src: code}
	var u Unit
	var err error
	if p.take('/') {
		u, err = p.term(Unit{factor: one}, -1)
	} else {
		u, err = p.term(Unit{factor: one}, 1)
	}
	if err == nil && p.at < len(p.src) {
		err = errUnit
	}
	if err != nil {
		return Unit{}, err
	}
	u.dimension = u.powers.String()
	return u, nil
}

// parser reads the grammar of UCUM §4 from left to right.
type parser struct {
	src       string
	at, depth int
}

func (p *parser) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// term reads components with "." and "/" between them. A "/" divides by the
// one component that follows: a/b.c is (a/b).c.
func (p *parser) term(u Unit, exponent int) (Unit, error) {
	for first := true; ; first = false {
		c, err := p.component()
		if err != nil {
			return u, err
		}
		if first && exponent == 1 && len(u.powers) == 0 && u.factor == one {
			u = c // which may be special
		} else if u, err = u.times(c, exponent); err != nil {
			return u, err
		}
		switch {
		case p.take('.'):
			exponent = 1
		case p.take('/'):
			exponent = -1
		default:
			return u, nil
		}
	}
}

// component reads a term in parentheses, an annotation, a number, or a symbol
// with an exponent. An annotation, {…}, says nothing.
func (p *parser) component() (Unit, error) {
	switch c := p.peek(); {
	case c == '(':
		p.at++
		if p.depth++; p.depth > maxDepth {
			return Unit{}, errUnit
		}
		u, err := p.term(Unit{factor: one}, 1)
		p.depth--
		if err == nil && !p.take(')') {
			err = errUnit
		}
		return u, err
	case c == '{':
		return Unit{factor: one}, p.annotation()
	case digit(c) && !ten(p.src[p.at:]):
		return p.number()
	}
	u, err := symbol(p.symbol())
	if err != nil {
		return u, err
	}
	exponent, err := p.exponent()
	if err != nil {
		return u, err
	}
	if exponent != 1 {
		if u, err = (Unit{factor: one}).times(u, exponent); err != nil {
			return u, err
		}
	}
	return u, p.annotation()
}

func (p *parser) annotation() error {
	if !p.take('{') {
		return nil
	}
	for p.peek() > ' ' && p.peek() <= '~' && p.peek() != '{' {
		if p.take('}') {
			return nil
		}
		p.at++
	}
	return errUnit
}

func (p *parser) number() (Unit, error) {
	start := p.at
	for digit(p.peek()) {
		p.at++
	}
	n, ok := new(big.Int).SetString(p.src[start:p.at], 10)
	if !ok || n.Sign() == 0 {
		return Unit{}, errUnit
	}
	return Unit{factor: new(big.Rat).SetInt(n)}, p.annotation()
}

// symbol reads up to an operator, a digit, a sign or an annotation. Within
// brackets anything may stand.
func (p *parser) symbol() string {
	start := p.at
	if ten(p.src[p.at:]) {
		p.at += 3
		return p.src[start:p.at]
	}
	for bracket := false; p.at < len(p.src); p.at++ {
		c := p.src[p.at]
		if !bracket && (strings.IndexByte("./(){}+-", c) >= 0 || digit(c)) {
			break
		}
		bracket = c == '[' || bracket && c != ']'
	}
	return p.src[start:p.at]
}

func (p *parser) exponent() (int, error) {
	negative := p.peek() == '-'
	signed := p.take('-') || p.take('+')
	start, n := p.at, 0
	for digit(p.peek()) && n <= maxExponent {
		n = 10*n + int(p.peek()-'0')
		p.at++
	}
	switch {
	case p.at == start && !signed:
		return 1, nil
	case p.at == start || n > maxExponent || n == 0:
		return 0, errUnit
	case negative:
		return -n, nil
	}
	return n, nil
}

// ten says whether the number ten for powers, 10* or 10^, comes next.
func ten(s string) bool { return strings.HasPrefix(s, "10*") || strings.HasPrefix(s, "10^") }

func digit(c byte) bool { return c >= '0' && c <= '9' }
