package patch

import (
	"errors"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// JSON applies a JSON Patch document to a resource
// (https://www.rfc-editor.org/rfc/rfc6902, http://hl7.org/fhir/R4/http.html#patch).
// RFC 6902 allows what FHIR forbids, empty arrays and objects, and patches use
// them in passing: they are removed when the last operation is done.
func JSON(src *tree.Doc, patchDoc []byte) ([]byte, error) {
	operations, err := readOperations(patchDoc)
	if err != nil {
		return nil, err
	}
	s := begin(src)
	for i, o := range operations {
		if err := s.run(o, "["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
	}
	if s.doc != src {
		if err := s.prune(); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// operation is one of a JSON Patch, checked as far as that can be done
// without the resource.
type operation struct {
	op         string
	path, from pointer
	doc        *tree.Doc // the patch
	value      tree.Node
}

func readOperations(patchDoc []byte) ([]operation, error) {
	d, err := tree.Parse(patchDoc)
	if err != nil {
		var e *fhir.Error
		if errors.As(err, &e) {
			e.Expression = strings.TrimPrefix(e.Expression, "$this")
		}
		return nil, err
	}
	if d.Kind(d.Root()) != tree.Array {
		return nil, fhir.Errorf(fhir.Invalid, "a JSON Patch is an array of operations")
	}
	if d.Count(d.Root()) > maxOperations {
		return nil, fhir.Errorf(fhir.TooCostly, "a patch may have %d operations", maxOperations)
	}
	var out []operation
	for n := range d.Children(d.Root()) {
		o, err := readOperation(d, n, "["+strconv.Itoa(len(out))+"]")
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func readOperation(d *tree.Doc, n tree.Node, at string) (operation, error) {
	o := operation{op: d.Text(d.Get(n, "op")), doc: d, value: d.Get(n, "value")}
	if d.Kind(n) != tree.Object {
		return o, fhir.Errorf(fhir.Invalid, "an operation is an object").At(at)
	}
	needsValue, needsFrom := false, false
	switch o.op {
	case "add", "replace", "test":
		needsValue = true
	case "move", "copy":
		needsFrom = true
	case "remove":
	default:
		return o, fhir.Errorf(fhir.Invalid, "op is one of add, remove, replace, move, copy and test").At(at + ".op")
	}
	if needsValue && o.value == tree.None {
		return o, fhir.Errorf(fhir.Invalid, "the operation %s needs a value", o.op).At(at + ".value")
	}
	var err error
	if o.path, err = readPointer(d, n, "path", at); err == nil && needsFrom {
		o.from, err = readPointer(d, n, "from", at)
	}
	if err == nil && o.op == "move" && len(o.path) > len(o.from) && o.path.within(o.from) {
		err = fhir.Errorf(fhir.Invalid, "a value cannot be moved into itself").At(at + ".from")
	}
	return o, err
}

func readPointer(d *tree.Doc, n tree.Node, name, at string) (pointer, error) {
	text := d.Get(n, name)
	if d.Kind(text) != tree.String {
		return nil, fhir.Errorf(fhir.Invalid, "the operation needs %s, a JSON pointer", name).At(at + "." + name)
	}
	p, ok := parsePointer(d.Text(text))
	if !ok {
		return nil, fhir.Errorf(fhir.Invalid, "this is not a JSON pointer").At(at + "." + name)
	}
	return p, nil
}

func (s *state) run(o operation, at string) error {
	value := o.doc.Raw(o.value)
	switch o.op {
	case "add":
		return s.addAt(o.path, value, at+".path")
	case "test":
		n, ok := o.path.find(s.doc)
		if !ok {
			return missing(at + ".path")
		}
		if !equal(s.doc, n, o.doc, o.value) {
			return fhir.Errorf(fhir.BusinessRule, "the test failed").At(at)
		}
		return nil
	case "replace":
		n, ok := o.path.find(s.doc)
		if !ok {
			return missing(at + ".path")
		}
		return s.apply(at+".path", replace(s.doc, n, value))
	case "remove":
		return s.removeAt(o.path, at+".path")
	}
	n, ok := o.from.find(s.doc)
	if !ok {
		return missing(at + ".from")
	}
	value = s.doc.Raw(n)
	if o.op == "move" {
		if len(o.path) == len(o.from) && o.path.within(o.from) {
			return nil
		}
		if err := s.removeAt(o.from, at+".from"); err != nil {
			return err
		}
	}
	return s.addAt(o.path, value, at+".path")
}

// addAt is the operation add: a new member or item, or another value
// for a member that is there.
func (s *state) addAt(p pointer, value []byte, at string) error {
	d := s.doc
	if len(p) == 0 {
		return s.apply(at, replace(d, d.Root(), value))
	}
	parent, ok := p[:len(p)-1].find(d)
	if !ok {
		return missing(at)
	}
	step := p[len(p)-1]
	switch d.Kind(parent) {
	case tree.Object:
		if n := d.Get(parent, step); n != tree.None {
			return s.apply(at, replace(d, n, value))
		}
		return s.apply(at, appendTo(d, parent, append(appendName(nil, step), value...)))
	case tree.Array:
		if step == "-" {
			return s.apply(at, appendTo(d, parent, value))
		}
		if i, ok := position(step); ok && i <= d.Count(parent) {
			return s.apply(at, insertAt(d, parent, i, value))
		}
	}
	return missing(at)
}

func (s *state) removeAt(p pointer, at string) error {
	n, ok := p.find(s.doc)
	if !ok {
		return missing(at)
	}
	if n == s.doc.Root() {
		return fhir.Errorf(fhir.Unprocessable, "a patch cannot remove the resource").At(at)
	}
	return s.apply(at, remove(s.doc, s.doc.Parent(n), map[tree.Node]bool{n: true})...)
}
