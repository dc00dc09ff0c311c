package path

// Limits of what Parse accepts. The longest expression of the R4 search
// parameters has 1,386 characters.
const (
	MaxLength = 32 << 10 // bytes of source
	MaxDepth  = 100      // nesting of parentheses, brackets and arguments
	MaxNodes  = 4096     // nodes of the tree
)

// Parse reads an expression by the grammar of FHIRPath N1
// (http://hl7.org/fhirpath/N1/grammar.html). The error is a *fhir.Error with
// code Invalid that names the position. Time and memory are bounded by the
// limits above.
func Parse(src string) (*Expr, error) {
	if len(src) > MaxLength {
		return nil, mistake(MaxLength, "the expression is longer than %d bytes", MaxLength)
	}
	p := &parser{lex: lexer{src: src}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.expression(1)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	return e, nil
}

// MustParse is Parse for expressions that are part of the programme; it
// panics when one cannot be read.
func MustParse(src string) *Expr {
	e, err := Parse(src)
	if err != nil {
		panic("path.MustParse: " + err.Error())
	}
	return e
}

// precedence of the binary operators, lowest first
// (http://hl7.org/fhirpath/N1/#operator-precedence).
var precedence = map[string]int{
	"implies": 1,
	"or":      2, "xor": 2,
	"and": 3,
	"in":  4, "contains": 4,
	"=": 5, "~": 5, "!=": 5, "!~": 5,
	"<": 6, "<=": 6, ">": 6, ">=": 6,
	"|":  7,
	"is": 8, "as": 8,
	"+": 9, "-": 9, "&": 9,
	"*": 10, "/": 10, "div": 10, "mod": 10,
}

// isOperatorWord says whether a word cannot be an identifier as it stands.
// Of the operators "as", "contains", "in" and "is" can.
func isOperatorWord(s string) bool {
	switch s {
	case "implies", "or", "xor", "and", "div", "mod":
		return true
	}
	return false
}

type parser struct {
	lex   lexer
	tok   token
	depth int
	nodes int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) unexpected() error {
	if p.tok.kind == tokEnd {
		return mistake(p.tok.pos, "the expression ends too early")
	}
	if p.tok.kind == tokSymbol {
		return mistake(p.tok.pos, "unexpected %s", p.tok.text)
	}
	return mistake(p.tok.pos, "unexpected text")
}

func (p *parser) symbol(s string) bool { return p.tok.kind == tokSymbol && p.tok.text == s }

func (p *parser) expect(s string) error {
	if !p.symbol(s) {
		return p.unexpected()
	}
	return p.advance()
}

// node counts what is built.
func (p *parser) node(e Expr) (*Expr, error) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, mistake(e.Pos, "the expression has more than %d parts", MaxNodes)
	}
	return &e, nil
}

func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return mistake(p.tok.pos, "nested deeper than %d levels", MaxDepth)
	}
	return nil
}

// expression reads operators that bind at least as tightly as level. All of
// them associate to the left.
func (p *parser) expression(level int) (*Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	left, err := p.polarity()
	for err == nil {
		op, pos := p.tok, p.tok.pos
		if op.kind != tokSymbol && op.kind != tokName {
			break
		}
		tight, ok := precedence[op.text]
		if !ok || tight < level {
			break
		}
		if err = p.advance(); err != nil {
			break
		}
		if op.text == "is" || op.text == "as" {
			var t TypeName
			if t, err = p.typeName(); err == nil {
				left, err = p.node(Expr{Kind: Type, Name: op.text, Args: []*Expr{left}, Type: t, Pos: pos})
			}
			continue
		}
		var right *Expr
		if right, err = p.expression(tight + 1); err == nil {
			left, err = p.node(Expr{Kind: Binary, Name: op.text, Args: []*Expr{left, right}, Pos: pos})
		}
	}
	return left, err
}

// polarity reads a sign, which binds less tightly than . and [] only.
func (p *parser) polarity() (*Expr, error) {
	if !p.symbol("+") && !p.symbol("-") {
		return p.steps()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	sign := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.polarity()
	if err != nil {
		return nil, err
	}
	return p.node(Expr{Kind: Unary, Name: sign.text, Args: []*Expr{e}, Pos: sign.pos})
}

// steps reads a term and what follows it: .name .function() [index].
func (p *parser) steps() (*Expr, error) {
	e, err := p.term()
	for err == nil {
		pos := p.tok.pos
		switch {
		case p.symbol("."):
			if err = p.advance(); err == nil {
				e, err = p.invocation(e)
			}
		case p.symbol("["):
			if err = p.advance(); err != nil {
				break
			}
			var i *Expr
			if i, err = p.expression(1); err != nil {
				break
			}
			if err = p.expect("]"); err == nil {
				e, err = p.node(Expr{Kind: Index, On: e, Args: []*Expr{i}, Pos: pos})
			}
		default:
			return e, nil
		}
	}
	return nil, err
}

// invocation reads a name, a function call or a variable, applied to on.
func (p *parser) invocation(on *Expr) (*Expr, error) {
	t := p.tok
	switch {
	case t.kind == tokVariable:
		if on != nil && t.text != "$this" { // a.$this is a, as the grammar allows
			return nil, mistake(t.pos, "%s cannot follow a dot", t.text)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if on != nil {
			return on, nil
		}
		kind := map[string]Kind{"$this": This, "$index": Position, "$total": Total}[t.text]
		return p.node(Expr{Kind: kind, Pos: t.pos})
	case t.kind == tokQuoted, t.kind == tokName && !isOperatorWord(t.text):
	default:
		return nil, p.unexpected()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.symbol("(") {
		return p.node(Expr{Kind: Member, Name: t.text, On: on, Pos: t.pos})
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	call := Expr{Kind: Call, Name: t.text, On: on, Pos: t.pos}
	if t.text == "is" || t.text == "as" || t.text == "ofType" {
		tn, err := p.typeName()
		if err != nil {
			return nil, err
		}
		call.Type = tn
		if err := p.expect(")"); err != nil {
			return nil, err
		}
		return p.node(call)
	}
	for !p.symbol(")") {
		if len(call.Args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := p.expression(1)
		if err != nil {
			return nil, err
		}
		call.Args = append(call.Args, a)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch call.Name {
	case "matches", "matchesFull", "replaceMatches":
		if len(call.Args) > 0 && call.Args[0].Kind == Literal {
			if s, ok := call.Args[0].Value.(String); ok {
				call.pattern = compile(call.Name, string(s))
			}
		}
	}
	return p.node(call)
}
