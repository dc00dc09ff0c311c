package path

import "strings"

// Kind says what an [Expr] node is.
type Kind uint8

// The kinds of nodes, with the fields they use.
const (
	Literal  Kind = iota // Value; nil for {}
	Constant             // Name: %Name
	This                 // $this
	Position             // $index
	Total                // $total
	Member               // On.Name; On is nil at the start of a path
	Call                 // On.Name(Args); On is nil at the start of a path. Type for is, as, ofType
	Index                // On[Args[0]]
	Unary                // Name Args[0]: + -
	Binary               // Args[0] Name Args[1]
	Type                 // Args[0] Name Type: is as
)

// Expr is a node of a parsed expression, and the root of the tree below it.
// It is read-only and safe for concurrent use.
type Expr struct {
	Kind  Kind
	Name  string  // of a member, function, operator or constant
	On    *Expr   // what a member, call or index is applied to
	Args  []*Expr // arguments or operands
	Type  TypeName
	Value Value // of a literal
	Pos   int   // byte offset in the source

	pattern *pattern // of a call whose regular expression is a literal
}

// TypeName is a type specifier: "FHIR.Patient", "System.String", or a bare
// name, whose Namespace is "".
type TypeName struct{ Namespace, Name string }

func (t TypeName) String() string {
	if t.Namespace == "" {
		return t.Name
	}
	return t.Namespace + "." + t.Name
}

// Alternatives are the operands of a chain of | operators, from left to
// right; an expression that is no union is its own only alternative.
func (e *Expr) Alternatives() []*Expr {
	var out []*Expr
	for e.Kind == Binary && e.Name == "|" {
		if right := e.Args[1]; right.Kind == Binary && right.Name == "|" {
			out = append(out, reversed(right.Alternatives())...)
		} else {
			out = append(out, right)
		}
		e = e.Args[0]
	}
	return reversed(append(out, e))
}

func reversed(x []*Expr) []*Expr {
	for i, j := 0, len(x)-1; i < j; i, j = i+1, j-1 {
		x[i], x[j] = x[j], x[i]
	}
	return x
}

// String writes the expression again, fully parenthesised, so that parsing
// it yields an equal tree.
func (e *Expr) String() string {
	var b strings.Builder
	e.write(&b)
	return b.String()
}

func (e *Expr) write(b *strings.Builder) {
	if e.On != nil {
		e.On.write(b)
		if e.Kind != Index {
			b.WriteByte('.')
		}
	}
	switch e.Kind {
	case Literal:
		if e.Value == nil {
			b.WriteString("{}")
		} else {
			b.WriteString(literal(e.Value))
		}
	case Constant:
		b.WriteString("%" + quoteName(e.Name))
	case This:
		b.WriteString("$this")
	case Position:
		b.WriteString("$index")
	case Total:
		b.WriteString("$total")
	case Member:
		b.WriteString(quoteName(e.Name))
	case Call:
		b.WriteString(quoteName(e.Name))
		b.WriteByte('(')
		if e.Type.Name != "" {
			writeType(b, e.Type)
		}
		for i, a := range e.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			a.write(b)
		}
		b.WriteByte(')')
	case Index:
		b.WriteByte('[')
		e.Args[0].write(b)
		b.WriteByte(']')
	case Unary:
		b.WriteString("(" + e.Name)
		e.Args[0].write(b)
		b.WriteByte(')')
	case Binary:
		b.WriteByte('(')
		e.Args[0].write(b)
		b.WriteString(" " + e.Name + " ")
		e.Args[1].write(b)
		b.WriteByte(')')
	case Type:
		b.WriteByte('(')
		e.Args[0].write(b)
		b.WriteString(" " + e.Name + " ")
		writeType(b, e.Type)
		b.WriteByte(')')
	}
}

func writeType(b *strings.Builder, t TypeName) {
	if t.Namespace != "" {
		b.WriteString(quoteName(t.Namespace) + ".")
	}
	b.WriteString(quoteName(t.Name))
}

// quoteName writes a name as an identifier, between backquotes when it is
// not a plain one or reads like an operator.
func quoteName(s string) string {
	plain := s != "" && !isOperatorWord(s) && s != "true" && s != "false"
	for i := 0; i < len(s) && plain; i++ {
		plain = isLetter(s[i]) || i > 0 && isDigit(s[i])
	}
	if plain {
		return s
	}
	return "`" + escape(s, '`') + "`"
}
