package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parser reads definitions.gz; internal/generate describes its lines.
type parser struct {
	d        *Definitions
	open     []*nesting // the types being read, outermost first
	refs     []reference
	types    map[string][]TypeRef // texts seen before; most occur hundreds of times
	bindings map[string]*Binding
	lists    map[string][]string
	byPath   map[string]*Type // backbone types of the resource being read

	invariants []*Invariant
	rules      map[string][]*Invariant // lists seen before
	extensions []*Extension            // the one being read, and those around it
}

// nesting is a type whose elements are still being read. They are collected
// apart so that Type.Elements is one piece that never moves.
type nesting struct {
	typ      *Type
	elements []Element
}

// reference is an element that borrows the content of another.
type reference struct {
	typ     *Type
	element int
	path    string
}

func parse(text string) (*Definitions, error) {
	p := &parser{
		d: &Definitions{types: map[string]*Type{}, primitives: map[string]PrimitiveType{}, paramsOf: map[string][]*SearchParam{},
			extensions: map[string]*Extension{}},
		types:    map[string][]TypeRef{},
		bindings: map[string]*Binding{},
		lists:    map[string][]string{},
		rules:    map[string][]*Invariant{},
	}
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("definitions line %d: %w", n, err)
		}
	}
	if err := p.close(0); err != nil {
		return nil, err
	}
	p.d.invariants = p.invariants
	p.finish()
	return p.d, nil
}

func (p *parser) line(line string) error {
	var f row
	rest := f.split(line)
	switch f[0] {
	case "T":
		return p.typ(&f)
	case "1", "2", "3", "4", "5", "6", "7", "8", "9":
		if len(p.extensions) > 0 {
			return p.nested(&f)
		}
		return p.element(&f)
	case "I":
		p.invariants = append(p.invariants, &Invariant{Key: f[1], Severity: f[2], Expression: f[3]})
	case "E":
		p.extension(&f)
	case "S":
		p.searchParam(&f, rest)
	case "C":
		p.d.compartments = append(p.d.compartments, &Compartment{URL: f[1], Code: f[2], params: map[string][]string{}})
	case "M":
		return p.member(line)
	case "O":
		has := func(flag string) bool { return strings.Contains(f[3], flag) }
		p.d.operations = append(p.d.operations, &Operation{URL: f[1], Code: f[2], System: has("s"), Type: has("t"),
			Instance: has("i"), AffectsState: has("c"), Resource: p.list(f[4])})
	default:
		return fmt.Errorf("unknown kind %q", f[0])
	}
	return nil
}

// member adds a resource type to the last compartment.
func (p *parser) member(line string) error {
	f := strings.Split(line, "\t")
	if len(f) < 3 || len(p.d.compartments) == 0 {
		return fmt.Errorf("a member without parameter or compartment")
	}
	c := p.d.compartments[len(p.d.compartments)-1]
	c.types = append(c.types, f[1])
	c.params[f[1]] = f[2:]
	return nil
}

func (p *parser) typ(f *row) error {
	if err := p.close(0); err != nil {
		return err
	}
	t := &Type{Name: f[1], Abstract: f[3] != "", Base: f[4]}
	var err error
	if t.Invariants, err = p.ruled(f[8]); err != nil {
		return err
	}
	switch f[2] {
	case "p":
		length, err := atoi(f[7])
		if err != nil {
			return err
		}
		t.Kind = Primitive
		p.d.primitives[t.Name] = PrimitiveType{Name: t.Name, JSON: f[5], Regex: f[6], MaxLength: length}
	case "c":
		t.Kind = Complex
	case "r":
		t.Kind = Resource
	default:
		return fmt.Errorf("unknown kind of type %q", f[2])
	}
	p.d.types[t.Name] = t
	p.open = append(p.open, &nesting{typ: t})
	p.byPath = map[string]*Type{}
	return nil
}

func (p *parser) element(f *row) error {
	depth := int(f[0][0] - '0')
	low, err := atoi(f[2])
	if err != nil {
		return err
	}
	high := -1
	if f[3] != "*" {
		if high, err = atoi(f[3]); err != nil {
			return err
		}
	}
	el := Element{Min: low, Max: high, Types: p.typeRefs(f[5]), Binding: p.binding(f[6]),
		Summary: strings.Contains(f[4], "s"), Modifier: strings.Contains(f[4], "m")}
	el.Name, el.Choice = strings.CutSuffix(f[1], "[x]")
	if el.Invariants, err = p.ruled(f[8]); err != nil {
		return err
	}
	if err := p.close(depth); err != nil {
		return err
	}
	if n := len(p.open); depth == n+1 && n > 0 && len(p.open[n-1].elements) > 0 {
		p.nest()
	}
	if depth != len(p.open) {
		return fmt.Errorf("element %q hangs in the air", f[1])
	}
	if len(el.Types) == 0 && f[7] == "" {
		return fmt.Errorf("element %q has no type", f[1])
	}
	n := p.open[depth-1]
	n.elements = append(n.elements, el)
	if f[7] != "" {
		p.refs = append(p.refs, reference{n.typ, len(n.elements) - 1, f[7]})
	}
	return nil
}

// nest opens the backbone type that the last element read turns out to have.
func (p *parser) nest() {
	n := p.open[len(p.open)-1]
	last := &n.elements[len(n.elements)-1]
	t := &Type{Name: n.typ.Name + "." + last.Name, Kind: Backbone}
	if len(last.Types) == 1 {
		t.Base = last.Types[0].Code
	}
	last.Content = t
	p.byPath[t.Name] = t
	p.open = append(p.open, &nesting{typ: t})
}

// close finishes the open types below depth, all of them for 0. When the
// outermost one is complete its content references can be resolved.
func (p *parser) close(depth int) error {
	for len(p.open) > depth {
		n := p.open[len(p.open)-1]
		n.typ.Elements = slices.Clone(n.elements)
		p.open = p.open[:len(p.open)-1]
	}
	if depth > 0 {
		return nil
	}
	for _, r := range p.refs {
		el := &r.typ.Elements[r.element]
		if el.Content = p.byPath[r.path]; el.Content == nil || el.Content.Base == "" {
			return fmt.Errorf("%s.%s refers to no element %q", r.typ.Name, el.Name, r.path)
		}
		el.Types = p.typeRefs(el.Content.Base)
	}
	p.refs = p.refs[:0]
	return nil
}

func (p *parser) searchParam(f *row, rest string) {
	s := &SearchParam{URL: f[1], Code: f[2], Type: f[3], Base: p.list(f[4]), Targets: p.list(f[5]), Modifiers: p.list(f[6]),
		Comparators: p.list(f[7]), Chains: p.list(f[8]), MultipleOr: !strings.Contains(f[9], "o"),
		MultipleAnd: !strings.Contains(f[9], "a"), XPathUsage: f[10], Expression: f[11]}
	for rest != "" {
		var c Component
		c.Definition, rest, _ = strings.Cut(rest, "\t")
		c.Expression, rest, _ = strings.Cut(rest, "\t")
		s.Components = append(s.Components, c)
	}
	p.d.params = append(p.d.params, s)
}

// atoi reads a number; nothing is 0.
func atoi(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.Atoi(s)
}
