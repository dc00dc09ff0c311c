package profile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Profile is a StructureDefinition made ready.
type Profile struct {
	URL, Version string
	Type         string // the type of R4 that it constrains
	Base         string // the profile whose rules hold besides, "" when the root has them all
	Root         *Element

	byID map[string]*Element
}

// Element is what a profile says of an element or of one slice of it.
type Element struct {
	Name     string // "value[x]" for a choice
	Slice    string
	Min, Max int // -1 = not said, or *
	Types    []Type
	Binding  *spec.Binding
	Fixed    Value
	Pattern  Value
	Rules    []Rule
	Slicing  *Slicing
	Children []*Element
	Slices   []*Element
	Content  string // id of the element whose children this one has too, "" for none

	id     string
	before []Value // fixed values and patterns of bases, which hold too
}

// Type is a type that an element may have.
type Type struct {
	Code     string
	Profiles []string // of which the value must satisfy one
	Targets  []string // of a reference
}

// Value is a part of the StructureDefinition, the zero Value none.
type Value struct {
	doc  *tree.Doc
	node tree.Node
}

func (v Value) there() bool { return v.doc != nil }

// Rule is an invariant.
type Rule struct {
	Key, Severity, Human string
	expr                 *path.Expr
}

// Slicing says how the items of an element are told apart.
type Slicing struct {
	By      []Discriminator
	Rules   string // open, closed, openAtEnd
	Ordered bool   // the slices come in the order of the profile
	byType  bool   // the slices of a choice, by its types
}

// Discriminator is one way to tell items apart.
type Discriminator struct {
	Kind string // value, exists, pattern, type, profile
	Path string
	expr *path.Expr // nil for $this

	steps []string // of the path
}

// maxElements bounds a profile, and maxSteps the path of an element of it.
const (
	maxElements = 20000
	maxSteps    = 64
)

// Read makes a profile of a StructureDefinition.
func Read(d *tree.Doc, defs *spec.Definitions) (*Profile, error) {
	get := func(name string) string { return d.Text(d.Find(name)) }
	p := &Profile{URL: get("url"), Version: get("version"), Type: get("type")}
	if defs.Type(p.Type) == nil {
		return nil, fhir.Errorf(fhir.Unprocessable, "the profile %s constrains a type that R4 does not have", p.URL)
	}
	list := d.Get(d.Find("snapshot"), "element")
	if list == tree.None {
		list = d.Get(d.Find("differential"), "element")
		p.Base = get("baseDefinition")
	}
	p.byID = map[string]*Element{}
	r := reader{d: d, defs: defs, rules: rulesOf(defs), byID: p.byID, snapshot: p.Base == "", parts: map[spot]*Element{}}
	p.Root = &Element{Name: p.Type, Max: -1}
	n := 0
	for e := range d.Children(list) {
		if n++; n > maxElements || r.made > 2*maxElements {
			return nil, fhir.Errorf(fhir.TooCostly, "the profile %s has too many elements", p.URL)
		}
		if err := r.element(p.Root, e); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// rulesOf are the expressions of the invariants that R4 itself has, by key.
func rulesOf(defs *spec.Definitions) map[string][]string {
	keys := map[string][]string{}
	for _, inv := range defs.Invariants() {
		keys[inv.Key] = append(keys[inv.Key], inv.Expression)
	}
	return keys
}

// reader reads the elements of one StructureDefinition.
type reader struct {
	d     *tree.Doc
	defs  *spec.Definitions
	rules map[string][]string
	byID  map[string]*Element

	snapshot bool // what is inherited is restated
	made     int  // elements
	parts    map[spot]*Element
}

// spot is a child or a slice of an element.
type spot struct {
	of    *Element
	name  string
	slice bool
}

// element adds what one ElementDefinition says. Its id says where it belongs:
// each step is a name and, after a colon, a slice.
func (r *reader) element(root *Element, e tree.Node) error {
	d := r.d
	id := d.Text(d.Get(e, "id"))
	if id == "" {
		if id = d.Text(d.Get(e, "path")); d.Get(e, "sliceName") != tree.None {
			id += ":" + d.Text(d.Get(e, "sliceName"))
		}
	}
	at, typ := root, r.defs.Type(root.Name)
	steps := strings.Split(id, ".")
	if len(steps) > maxSteps {
		return fhir.Errorf(fhir.TooCostly, "the profile has an element that is too deep")
	}
	for _, step := range steps[1:] {
		name, slice, _ := strings.Cut(step, ":")
		var short string
		name, short, typ = r.choice(typ, name)
		at = r.child(at, name)
		if slice == "" {
			slice = short
		}
		if slice != "" {
			if short != "" && at.Slicing == nil {
				at.Slicing = &Slicing{Rules: "open", byType: true}
			}
			at = r.slice(at, slice)
			if short != "" && len(at.Types) == 0 {
				at.Types = []Type{{Code: r.typeNamed(name, short)}}
			}
		}
	}
	r.byID[id], at.id = at, id
	return r.fill(at, e)
}

// choice resolves valueQuantity, a way to write a slice of value[x], and goes
// on to the type of the element.
func (r *reader) choice(t *spec.Type, name string) (full, short string, next *spec.Type) {
	if t == nil {
		return name, "", nil
	}
	for i := range t.Elements {
		el := &t.Elements[i]
		if el.Name != strings.TrimSuffix(name, "[x]") {
			continue
		}
		if el.Content != nil {
			return name, "", el.Content
		}
		if len(el.Types) == 1 {
			return name, "", r.defs.Type(el.Types[0].Code)
		}
		return name, "", nil
	}
	if el, code := t.Element(name); el != nil && el.Choice {
		return el.Name + "[x]", name, r.defs.Type(code)
	}
	return name, "", nil
}

// typeNamed is the type at the end of a name like valueQuantity.
func (r *reader) typeNamed(choice, name string) string {
	code := strings.TrimPrefix(name, strings.TrimSuffix(choice, "[x]"))
	if r.defs.Type(code) == nil && code != "" {
		code = strings.ToLower(code[:1]) + code[1:]
	}
	return code
}

func (r *reader) child(e *Element, name string) *Element {
	return r.part(spot{e, name, false}, func() *Element {
		c := &Element{Name: name, Max: -1}
		e.Children = append(e.Children, c)
		return c
	})
}

// part is the element at a place, made if it is not there.
func (r *reader) part(at spot, make func() *Element) *Element {
	e := r.parts[at]
	if e == nil {
		e = make()
		r.parts[at] = e
		r.made++
	}
	return e
}

// slice is the slice of a name. That of a slice has the name of both, with /
// between them (profiling.html#reslicing).
func (r *reader) slice(e *Element, name string) *Element {
	for end := 0; end < len(name); end++ {
		next := strings.IndexByte(name[end:], '/')
		if next < 0 {
			break
		}
		if end += next; end > 0 {
			e = r.cut(e, name[:end])
		}
	}
	return r.cut(e, name)
}

func (r *reader) cut(e *Element, name string) *Element {
	return r.part(spot{e, name, true}, func() *Element {
		s := &Element{Name: e.Name, Slice: name, Max: -1}
		e.Slices = append(e.Slices, s)
		return s
	})
}

func (r *reader) fill(at *Element, e tree.Node) error {
	d := r.d
	if n, err := strconv.Atoi(d.Text(d.Get(e, "min"))); err == nil {
		at.Min = n
	}
	if n, err := strconv.Atoi(d.Text(d.Get(e, "max"))); err == nil {
		at.Max = n
	}
	at.Content = strings.TrimPrefix(d.Text(d.Get(e, "contentReference")), "#")
	for c := range d.Children(e) {
		switch name := d.Key(c); {
		case strings.HasPrefix(name, "fixed"):
			at.Fixed = Value{d, c}
		case strings.HasPrefix(name, "pattern"):
			at.Pattern = Value{d, c}
		}
	}
	if b := d.Get(e, "binding"); b != tree.None {
		at.Binding = &spec.Binding{Strength: d.Text(d.Get(b, "strength")), ValueSet: d.Text(d.Get(b, "valueSet"))}
	}
	if list := d.Get(e, "type"); list != tree.None {
		at.Types = nil
		for t := range d.Children(list) {
			at.Types = append(at.Types, Type{Code: r.code(t), Profiles: r.texts(d.Get(t, "profile")), Targets: r.texts(d.Get(t, "targetProfile"))})
		}
	}
	if s := d.Get(e, "slicing"); s != tree.None {
		at.Slicing = &Slicing{Rules: d.Text(d.Get(s, "rules")), Ordered: d.Text(d.Get(s, "ordered")) == "true"}
		for b := range d.Children(d.Get(s, "discriminator")) {
			by := Discriminator{Kind: d.Text(d.Get(b, "type")), Path: d.Text(d.Get(b, "path"))}
			if by.Path != "$this" {
				expr, err := path.Parse(by.Path)
				if err != nil {
					return err
				}
				by.expr, by.steps = expr, steps(expr)
			}
			at.Slicing.By = append(at.Slicing.By, by)
		}
	}
	for c := range d.Children(d.Get(e, "constraint")) {
		rule := Rule{Key: d.Text(d.Get(c, "key")), Severity: d.Text(d.Get(c, "severity")), Human: d.Text(d.Get(c, "human"))}
		expression := d.Text(d.Get(c, "expression"))
		if expression == "" || r.inherits(rule.Key, expression, d.Text(d.Get(c, "source"))) {
			continue // those of R4 are checked by fhir/validate
		}
		rule.expr, _ = path.Parse(expression) // nil is told when it is asked for
		at.Rules = append(at.Rules, rule)
	}
	return nil
}

// inherits says whether an invariant is one of R4's own. Its key alone does
// not tell, since anybody may have an inv-1.
func (r *reader) inherits(key, expression, source string) bool {
	of, known := r.rules[key]
	foreign := strings.Contains(source, ":") && !strings.HasPrefix(source, structureURL)
	return known && (r.snapshot && !foreign || slices.Contains(of, expression))
}

// code is the type's name: that of the element id and of primitives' values
// is written as a URL.
func (r *reader) code(t tree.Node) string {
	code := r.d.Text(r.d.Get(t, "code"))
	if strings.HasPrefix(code, "http://hl7.org/fhirpath/") {
		return "string"
	}
	return code
}

func (r *reader) texts(list tree.Node) (out []string) {
	for n := range r.d.Children(list) {
		out = append(out, r.d.Text(n))
	}
	return out
}
