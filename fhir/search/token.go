package search

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/search.html#token

// For :missing the element counts: a concept of which there is only text, or
// an identifier without a value, is there.

func readCoding(x *extraction, e *emit, n tree.Node) {
	x.present.add(e.param)
	x.text(e.param, x.member(n, "display"))
	x.token(e.param, x.member(n, "system"), x.member(n, "code"))
}

func readCodeableConcept(x *extraction, e *emit, n tree.Node) {
	x.present.add(e.param)
	x.text(e.param, x.member(n, "text"))
	for coding := range x.doc.Children(x.doc.Get(n, "coding")) {
		readCoding(x, e, coding)
	}
}

func readIdentifier(x *extraction, e *emit, n tree.Node) {
	x.present.add(e.param)
	value := x.member(n, "value")
	x.token(e.param, x.member(n, "system"), value)
	x.text(e.param, x.member(x.doc.Get(n, "type"), "text"))
	if value == "" {
		return
	}
	for coding := range x.doc.Children(x.doc.Get(x.doc.Get(n, "type"), "coding")) {
		if code := x.member(coding, "code"); code != "" {
			x.values.Tokens = append(x.values.Tokens, Token{Param: e.param.Code, Type: x.member(coding, "system"), TypeCode: code, Code: value})
		}
	}
}

// readContactPoint leaves out ContactPoint.system, which is no namespace.
func readContactPoint(x *extraction, e *emit, n tree.Node) {
	x.token(e.param, "", x.member(n, "value"))
}

func readCode(x *extraction, e *emit, n tree.Node) {
	if x.scalar(n) {
		x.token(e.param, "", x.doc.Text(n))
	}
}

func (x *extraction) token(p *Param, system, code string) {
	if code != "" {
		x.present.add(p)
		x.values.Tokens = append(x.values.Tokens, Token{Param: p.Code, System: system, Code: p.Fold(code)})
	}
}

// readTruth reads x of the expression "x.exists() and x != false".
func readTruth(x *extraction, e *emit, n tree.Node) {
	if x.doc.Kind(n) != tree.Bool || x.doc.Text(n) != "false" {
		x.token(e.param, "", "true")
	}
}

// closeTruth gives the parameter its value when nothing was found to be true.
func (x *extraction) closeTruth(p *Param) {
	if x.present.has(p) {
		return
	}
	x.token(p, "", "false")
}

// Fold is the form in which the parameter's codes are compared. Codes are
// compared without regard to case, because R4 wants it so when in doubt:
// finding too much does less harm than finding too little. Identifiers and
// ids are compared exactly: there a difference of case is no doubt but
// another thing, and conditional operations act on what is found.
func (p *Param) Fold(code string) string {
	if p.exact {
		return code
	}
	return strings.ToLower(code)
}

// Exact says whether the case of the parameter's codes matters: whether they
// are identifiers.
func (p *Param) Exact() bool { return p.exact }

// parseToken reads [code], [system]|[code] and |[code].
func parseToken(value string) (Operand, error) {
	parts := splitEscaped(value, '|')
	switch {
	case len(parts) == 1:
		return Operand{AnySystem: true, Token: Token{Code: unescape(parts[0])}}, nil
	case len(parts) > 2:
		return Operand{}, fhir.Errorf(fhir.Value, `a token is written as code, system|code or |code; a "|" within is written as "\|"`)
	case parts[1] == "" && parts[0] == "":
		return Operand{}, fhir.Errorf(fhir.Value, "a token needs a code")
	case parts[1] == "":
		return Operand{AnyCode: true, Token: Token{System: unescape(parts[0])}}, nil
	}
	return Operand{Token: Token{System: unescape(parts[0]), Code: unescape(parts[1])}}, nil
}

// parseOfType reads [system]|[code]|[value] of :of-type: the type of an
// identifier, and its value.
func parseOfType(value string) (Operand, error) {
	parts := splitEscaped(value, '|')
	if len(parts) != 3 || slices.Contains(parts, "") {
		return Operand{}, fhir.Errorf(fhir.Value, ":of-type takes type-system|type-code|value")
	}
	return Operand{Token: Token{Type: unescape(parts[0]), TypeCode: unescape(parts[1]), Code: unescape(parts[2])}}, nil
}
