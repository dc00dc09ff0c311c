package search

import (
	"bytes"
	"fmt"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Extract reads from a resource what it says to the index, in one walk over
// the document. A value that cannot be read is left out: what a resource may
// contain is not decided here, and the index never fails a write.
func (r *Registry) Extract(d *tree.Doc) (Values, error) {
	typ := d.Text(d.Get(d.Root(), "resourceType"))
	all := r.programs.Load()
	compiled := all.types[typ]
	if compiled == nil {
		return Values{}, fhir.Errorf(fhir.Invalid, "not a resource type that can be indexed").At("resourceType")
	}
	program := compiled()
	x := extraction{doc: d, registry: r}
	x.visit(program.root, d.Root())
	for _, p := range program.truths {
		x.closeTruth(p)
	}
	if id := d.Text(d.Get(d.Root(), "id")); id != "" && r.definitions.Compartment(typ) != nil {
		x.values.Homes = append(x.values.Homes, Home{Type: typ, ID: id})
	}
	for _, a := range program.added {
		x.add(a)
	}
	if program.named {
		x.canonical()
	}
	x.values.Generation = all.generation.number
	x.prose(typ)
	x.present.close(program)
	x.values.Shape = program.shape(typ, x.present)
	return x.values, nil
}

// reader reads the value at a node for a parameter.
type reader func(x *extraction, e *emit, n tree.Node)

// readers are the ways to read, by type of parameter and FHIR type of the
// value; "*" stands for the primitives that are not named. What is not here
// does not say anything to that type of parameter.
var readers = map[string]map[string]reader{
	"token": {
		"Coding": readCoding, "CodeableConcept": readCodeableConcept, "Identifier": readIdentifier,
		"ContactPoint": readContactPoint, "*": readCode,
	},
	"reference": {"Reference": readReference, "canonical": readCanonical, "uri": readCanonical, "Resource": readInline},
	"string":    {"*": readString},
	"date": {
		"date": readDate, "dateTime": readDate, "instant": readDate, "Period": readPeriod, "Timing": readTiming,
		"string": readDate, // where a date may be given as text, the text may be a date
	},
	"number": {
		"decimal": readNumber, "integer": readNumber, "positiveInt": readNumber, "unsignedInt": readNumber, "Range": readRange,
	},
	"quantity": {
		"Quantity": readQuantity, "Age": readQuantity, "Duration": readQuantity, "Count": readQuantity, "Distance": readQuantity,
		"SimpleQuantity": readQuantity, "MoneyQuantity": readQuantity, "Money": readMoney, "Range": readRange,
	},
	"uri": {"*": readURI},
}

// extraction is one walk over a document.
type extraction struct {
	doc      *tree.Doc
	registry *Registry
	only     *Param // read for this parameter alone; nil for all
	values   Values
	present  present
}

// another says whether a parameter that can have one value has one already,
// as when a resource has two types of a choice: the first counts.
func (x *extraction) another(p *Param) bool { return p.single && x.present.has(p) }

// walk visits a value, or each item of an array.
func (x *extraction) walk(s *step, n tree.Node) {
	if x.doc.Kind(n) != tree.Array {
		x.visit(s, n)
		return
	}
	for item, end := n+1, x.doc.Skip(n); item < end; item = x.doc.Skip(item) {
		x.visit(s, item)
	}
}

// reads says whether a parameter is read: when all are, one whose values
// others have is read only for the homes that its references open.
func (x *extraction) reads(e *emit) bool {
	if x.only != nil {
		return x.only == e.param
	}
	return !e.covered || e.param.Type == "reference"
}

// visit reads the value at n and goes on to its members.
func (x *extraction) visit(s *step, n tree.Node) {
	kind := x.doc.Kind(n)
	if kind == tree.Null {
		return
	}
	for i := range s.emits {
		if e := &s.emits[i]; x.reads(e) {
			e.read(x, e, n)
		}
	}
	if kind != tree.Object {
		return
	}
	for i := range s.guards {
		if g := &s.guards[i]; x.doc.TextIs(x.doc.Get(n, g.name), g.value) {
			x.visit(g.to, n)
		}
	}
	if len(s.edges) == 0 {
		return
	}
	for member, end := n+1, x.doc.Skip(n); member < end; member = x.doc.Skip(member) {
		e := s.edge(x.doc, member)
		if e == nil {
			continue
		}
		if e.to != nil {
			x.walk(e.to, member)
		}
		if e.first != nil && x.doc.Kind(member) == tree.Array && x.doc.Skip(member) > member+1 {
			x.visit(e.first, member+1)
		}
	}
}

// edge finds the edge for a member, without allocating.
func (s *step) edge(d *tree.Doc, member tree.Node) *edge {
	if s.byName != nil {
		name := d.Bytes()[d.KeyStart(member)+1:]
		if i, ok := s.byName[string(name[:bytes.IndexByte(name, '"')])]; ok {
			return &s.edges[i]
		}
		return nil
	}
	for i := range s.edges {
		if d.KeyIs(member, s.edges[i].name) {
			return &s.edges[i]
		}
	}
	return nil
}

// member is the value of a member, "" if it is missing or no scalar.
func (x *extraction) member(n tree.Node, name string) string { return x.doc.Text(x.doc.Get(n, name)) }

// scalar says whether the node is a primitive value.
func (x *extraction) scalar(n tree.Node) bool { return x.doc.Kind(n) < tree.Array }

// String is for test failures and logs; it names the type and nothing else.
func (p *Param) String() string { return fmt.Sprintf("%s.%s (%s)", p.On, p.Code, p.Type) }
