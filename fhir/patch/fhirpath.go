package patch

import (
	"errors"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// FHIRPath applies a FHIRPath Patch to a resource
// (http://hl7.org/fhir/R4/fhirpatch.html). parameters is the Parameters
// resource with the operations; env is what their paths are evaluated with.
//
// add, insert, replace and move need a path that selects exactly one element
// or list. delete may select nothing, which is no error, but not more than
// one. A property that loses its last item or member is removed with it.
func FHIRPath(src, parameters *tree.Doc, env path.Env) ([]byte, error) {
	operations, err := readParameters(parameters)
	if err != nil {
		return nil, err
	}
	if env.Definitions == nil {
		env.Definitions = spec.R4()
	}
	if env.Steps == 0 && len(operations) > 0 {
		env.Steps = max(path.DefaultSteps*4/len(operations), 1<<12)
		env.Steps = min(env.Steps, path.DefaultSteps)
	}
	s := &editor{state: begin(src), env: env, params: parameters}
	for _, o := range operations {
		if err := s.operate(o); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// change is one operation of a FHIRPath Patch.
type change struct {
	at    string // expression of the parameter
	typ   string
	path  *path.Expr
	parts map[string]tree.Node
}

// where is the expression of a part of the operation.
func (c change) where(d *tree.Doc, part string) string {
	if n, ok := c.parts[part]; ok {
		return d.Path(n)
	}
	return c.at
}

// needs lists the parts an operation has besides type and path.
var needs = map[string][]string{
	"add":     {"name", "value"},
	"insert":  {"value", "index"},
	"delete":  {},
	"replace": {"value"},
	"move":    {"source", "destination"},
}

func readParameters(d *tree.Doc) ([]change, error) {
	if !d.TextIs(d.Find("resourceType"), "Parameters") {
		return nil, fhir.Errorf(fhir.Invalid, "a FHIRPath Patch is a Parameters resource")
	}
	all := d.Find("parameter")
	if all != tree.None && d.Kind(all) != tree.Array {
		return nil, fhir.Errorf(fhir.Invalid, "parameter is an array").At("Parameters.parameter")
	}
	if d.Count(all) > maxOperations {
		return nil, fhir.Errorf(fhir.TooCostly, "a patch may have %d operations", maxOperations)
	}
	var out []change
	for n := range d.Children(all) {
		c, err := readChange(d, n)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func readChange(d *tree.Doc, n tree.Node) (change, error) {
	c := change{at: d.Path(n), parts: map[string]tree.Node{}}
	if !d.TextIs(d.Get(n, "name"), "operation") {
		return c, fhir.Errorf(fhir.Invalid, "every parameter of a FHIRPath Patch is an operation").At(c.at)
	}
	for p := range d.Children(d.Get(n, "part")) {
		name := d.Text(d.Get(p, "name"))
		switch name {
		case "type", "path", "name", "value", "index", "source", "destination":
		default:
			return c, fhir.Errorf(fhir.Invalid, "an operation has no part of this name").At(d.Path(p))
		}
		if _, twice := c.parts[name]; twice {
			return c, fhir.Errorf(fhir.Invalid, "the part %s occurs twice", name).At(d.Path(p))
		}
		c.parts[name] = p
	}
	c.typ = text(d, c.parts["type"])
	needed, ok := needs[c.typ]
	if _, given := c.parts["type"]; !given || !ok {
		return c, fhir.Errorf(fhir.Invalid, "the type is one of add, insert, delete, replace and move").At(c.where(d, "type"))
	}
	for _, part := range append([]string{"path"}, needed...) {
		if _, ok := c.parts[part]; !ok {
			return c, fhir.Errorf(fhir.Invalid, "the operation %s needs a part %s", c.typ, part).At(c.at)
		}
	}
	source := text(d, c.parts["path"])
	if source == "" {
		return c, fhir.Errorf(fhir.Invalid, "the path is a string").At(c.where(d, "path"))
	}
	var err error
	c.path, err = path.Parse(source)
	return c, place(err, c.where(d, "path"))
}

// text is the value of a part that is a string or code.
func text(d *tree.Doc, part tree.Node) string {
	for _, name := range [...]string{"valueString", "valueCode"} {
		if n := d.Get(part, name); d.Kind(n) == tree.String {
			return d.Text(n)
		}
	}
	return ""
}

// number is the value of a part that is an index.
func (c change) number(d *tree.Doc, part string) (int, error) {
	v := tree.None
	for _, name := range [...]string{"valueInteger", "valueUnsignedInt", "valuePositiveInt"} {
		if n := d.Get(c.parts[part], name); n != tree.None {
			v = n
		}
	}
	n, ok := position(d.Text(v))
	if d.Kind(v) != tree.Number || !ok {
		return 0, fhir.Errorf(fhir.Invalid, "%s is an integer of 0 or more", part).At(c.where(d, part))
	}
	return n, nil
}

// place gives an error of fhir/path its expression.
func place(err error, at string) error {
	var e *fhir.Error
	if errors.As(err, &e) {
		e.Expression = at
	}
	return err
}

// editor applies changes to the state.
type editor struct {
	*state
	env    path.Env
	params *tree.Doc
}

func (s *editor) operate(c change) error {
	if c.typ == "add" {
		return s.add(c)
	}
	items, err := s.selected(c)
	if err != nil {
		return err
	}
	switch c.typ {
	case "insert":
		return s.insert(c, items)
	case "move":
		return s.move(c, items)
	}
	switch {
	case len(items) == 0 && c.typ == "delete":
		return nil
	case len(items) != 1:
		return s.unfit(c, "path", "the path must select one element, it selects %d", len(items))
	}
	if items[0].Node == s.doc.Root() {
		return s.unfit(c, "path", "the resource itself cannot be changed by %s", c.typ)
	}
	if c.typ == "delete" {
		return s.delete(c, items[0])
	}
	return s.replace(c, items[0])
}

// selected evaluates the path. Everything it selects stands in the resource.
func (s *editor) selected(c change) (path.Collection, error) {
	items, err := c.path.Eval(s.doc, s.doc.Root(), s.env)
	if err != nil {
		if fhir.CodeOf(err) == fhir.Invalid {
			var e *fhir.Error
			errors.As(err, &e)
			e.Code = fhir.Unprocessable // the same path may be fine on another resource
		}
		return nil, place(err, c.where(s.params, "path"))
	}
	for _, i := range items {
		if i.Node == tree.None && i.Extra == tree.None {
			return nil, s.unfit(c, "path", "the path selects something that is no element of the resource")
		}
	}
	return items, nil
}

// unfit is an error about the meeting of operation and resource.
func (s *editor) unfit(c change, part, format string, args ...any) error {
	return fhir.Errorf(fhir.Unprocessable, format, args...).At(c.where(s.params, part))
}
