package path

import "strings"

// term reads a literal, a constant, an expression in parentheses or the first
// step of a path.
func (p *parser) term() (*Expr, error) {
	t := p.tok
	switch {
	case p.symbol("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.expression(1)
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case p.symbol("{"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if err := p.expect("}"); err != nil {
			return nil, err
		}
		return p.node(Expr{Kind: Literal, Pos: t.pos})
	case p.symbol("%"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		switch p.tok.kind {
		case tokName, tokQuoted, tokString:
		default:
			return nil, p.unexpected()
		}
		name := p.tok.text
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.node(Expr{Kind: Constant, Name: name, Pos: t.pos})
	case t.kind == tokString, t.kind == tokTemporal, t.kind == tokNumber,
		t.kind == tokName && (t.text == "true" || t.text == "false"):
		return p.literal()
	}
	return p.invocation(nil)
}

func (p *parser) literal() (*Expr, error) {
	t := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	var v Value
	switch t.kind {
	case tokName:
		v = Boolean(t.text == "true")
	case tokString:
		v = String(t.text)
	case tokTemporal:
		m, ok := parseTemporal(t.text)
		if !ok {
			return nil, mistake(t.pos, "not a date, dateTime or time")
		}
		v = m
	case tokNumber:
		d, ok := ParseDecimal(t.text)
		if !ok {
			return nil, mistake(t.pos, "the number is too long")
		}
		v = d
		if !strings.Contains(t.text, ".") {
			i, ok := d.integer()
			if !ok {
				return nil, mistake(t.pos, "the integer does not fit into 32 bits")
			}
			v = i
		}
		switch word := calendarUnit(p.tok.text); {
		case p.tok.kind == tokString:
			v = Quantity{Value: d, Unit: p.tok.text}
		case p.tok.kind == tokName && word != "":
			v = Quantity{Value: d, Unit: word, Calendar: true}
		default:
			return p.node(Expr{Kind: Literal, Value: v, Pos: t.pos})
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return p.node(Expr{Kind: Literal, Value: v, Pos: t.pos})
}

// calendarUnit is the singular of a word for a calendar duration, else "".
func calendarUnit(word string) string {
	switch w := strings.TrimSuffix(word, "s"); w {
	case "year", "month", "week", "day", "hour", "minute", "second", "millisecond":
		return w
	}
	return ""
}

func (p *parser) typeName() (TypeName, error) {
	var parts [2]string
	for i := range parts {
		t := p.tok
		if t.kind != tokQuoted && (t.kind != tokName || isOperatorWord(t.text)) {
			return TypeName{}, p.unexpected()
		}
		parts[i] = t.text
		if err := p.advance(); err != nil {
			return TypeName{}, err
		}
		if i == 1 || !p.symbol(".") {
			break
		}
		if !isNamespace(parts[0]) { // (x as Quantity.value) is no type; let . be reported
			break
		}
		if err := p.advance(); err != nil {
			return TypeName{}, err
		}
	}
	if parts[1] != "" {
		return TypeName{parts[0], parts[1]}, nil
	}
	return TypeName{Name: parts[0]}, nil
}

func isNamespace(s string) bool { return s == "FHIR" || s == "System" }
