package terminology

import (
	"net/url"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// http://hl7.org/fhir/R4/operations.html#request

// argument is one parameter of an operation.
type argument struct {
	name string
	text string    // of a primitive, and of whatever stands in a URL
	doc  *tree.Doc // of the body; nil for one from the URL
	node tree.Node // the value[x], the resource, or the parameter itself if it has parts
	kind string    // Coding, Resource, Part or the type of a primitive; "" for one from the URL
}

// arguments are the parameters of a request.
type arguments []argument

// readArguments reads the parameters of an operation, which may have those
// that are named. A body that is no Parameters is the resource of that name.
func readArguments(op fhir.Operation, bare string, names ...string) (arguments, error) {
	var list arguments
	for pair := range strings.SplitSeq(op.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, fhir.Errorf(fhir.Value, "the query has a broken %% escape")
		}
		if name != "" {
			list = append(list, argument{name: name, text: value})
		}
	}
	if op.JSON != nil {
		body, err := readBody(op.JSON, bare)
		if err != nil {
			return nil, err
		}
		list = append(list, body...)
	}
	repeated := []string{"property", "designation", "exclude-system", "system-version", "check-system-version", "force-system-version", "dependency"}
	for i, a := range list {
		if !slices.Contains(names, a.name) {
			return nil, fhir.Errorf(fhir.NotSupported, "the operation has the parameters %s", strings.Join(names, ", ")).At(clip(a.name))
		}
		twice := slices.ContainsFunc(list[:i], func(b argument) bool { return b.name == a.name })
		if twice && !slices.Contains(repeated, a.name) {
			return nil, fhir.Errorf(fhir.Value, "the parameter may be given once").At(a.name)
		}
	}
	return list, nil
}

func readBody(text []byte, bare string) (arguments, error) {
	d, err := tree.Parse(text)
	if err != nil {
		return nil, err
	}
	typ := d.Find("resourceType")
	if bare != "" && d.TextIs(typ, strings.ToUpper(bare[:1])+bare[1:]) {
		return arguments{{name: bare, doc: d, node: d.Root(), kind: "Resource"}}, nil
	}
	if !d.TextIs(typ, "Parameters") {
		return nil, fhir.Errorf(fhir.Invalid, "the parameters of this operation are a Parameters resource")
	}
	var list arguments
	for _, item := range items(d, d.Root(), "parameter") {
		a := argument{name: d.Text(d.Get(item, "name")), doc: d}
		if a.name == "" {
			return nil, fhir.Errorf(fhir.Invalid, "a parameter has no name").At(d.Path(item))
		}
		if a.node, a.kind = value(d, item); a.node != tree.None {
			a.text = d.Text(a.node)
		} else if a.node = d.Get(item, "resource"); d.Kind(a.node) == tree.Object {
			a.kind = "Resource"
		} else if len(items(d, item, "part")) > 0 {
			a.node, a.kind = item, "Part"
		} else {
			return nil, fhir.Errorf(fhir.Value, "the parameter has no value").At(a.name)
		}
		list = append(list, a)
	}
	return list, nil
}

// get is the parameter of a name, nil if it was not given.
func (list arguments) get(name string) *argument {
	i := slices.IndexFunc(list, func(a argument) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// all are the texts of a parameter that may be given several times.
func (list arguments) all(name string) []string {
	var all []string
	for _, a := range list {
		if a.name == name && a.text != "" {
			all = append(all, a.text)
		}
	}
	return all
}

// text is the text of a primitive parameter, "" if it was not given.
func (list arguments) text(name string) (string, error) {
	a := list.get(name)
	if a == nil {
		return "", nil
	}
	if a.text == "" {
		return "", fhir.Errorf(fhir.Value, "the parameter has no value that the operation takes").At(name)
	}
	return a.text, nil
}

// flag is a parameter that is true or false, and whether it was given.
func (list arguments) flag(name string) (value, given bool, err error) {
	text, err := list.text(name)
	switch {
	case err != nil:
		return false, false, err
	case text == "":
		return false, false, nil
	case text != "true" && text != "false":
		return false, false, fhir.Errorf(fhir.Value, "the parameter is true or false").At(name)
	}
	return text == "true", true, nil
}

// coding is a parameter of type Coding; in a URL it is system|code.
func (list arguments) coding(name string) (*Coding, error) {
	a := list.get(name)
	switch {
	case a == nil:
		return nil, nil
	case a.kind == "Coding":
		c := readCoding(a.doc, a.node)
		if c.Code == "" {
			return nil, fhir.Errorf(fhir.Required, "the coding has no code").At(name)
		}
		return &c, nil
	case a.kind == "":
		if system, code, ok := strings.Cut(a.text, "|"); ok && code != "" {
			return &Coding{System: system, Code: code}, nil
		}
	}
	return nil, fhir.Errorf(fhir.Value, "the parameter is a Coding; in a URL it is system|code").At(name)
}

// codings are those of a parameter of type CodeableConcept.
func (list arguments) codings(name string) ([]Coding, error) {
	a := list.get(name)
	if a == nil {
		return nil, nil
	}
	if a.kind != "CodeableConcept" {
		return nil, fhir.Errorf(fhir.Value, "the parameter is a CodeableConcept").At(name)
	}
	var all []Coding
	for _, item := range items(a.doc, a.node, "coding") {
		all = append(all, readCoding(a.doc, item))
	}
	if len(all) == 0 {
		return nil, fhir.Errorf(fhir.Required, "the concept has no coding").At(name)
	}
	return all, nil
}

// resource is a parameter that is a resource of a type.
func (list arguments) resource(name, typ string) (*parsed, error) {
	a := list.get(name)
	if a == nil {
		return nil, nil
	}
	if a.kind != "Resource" || !a.doc.TextIs(a.doc.Get(a.node, "resourceType"), typ) {
		return nil, fhir.Errorf(fhir.Value, "the parameter is a %s resource", typ).At(name)
	}
	p, err := parse(typ, a.doc.Raw(a.node), fhir.Key{})
	if err != nil {
		return nil, err
	}
	return p, nil
}
