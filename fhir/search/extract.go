package search

import (
	"fmt"
	"sync"

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
	x := extractions.Get().(*extraction)
	defer x.release()
	x.doc, x.registry = d, r
	x.visit(program.root, d.Root())
	for _, p := range program.truths {
		x.closeTruth(p)
	}
	if id := d.Text(d.Get(d.Root(), "id")); id != "" && r.definitions.Compartment(typ) != nil {
		x.values.Homes = append(x.values.Homes, Home{Type: typ, ID: id})
	}
	if program.named {
		x.canonical()
	}
	for _, a := range program.added {
		x.add(a)
	}
	x.present.close(program)
	v := x.values.clone()
	v.Generation, v.Shape, v.Texts = all.generation.number, program.shape(typ, x.present), x.prose.texts()
	return v, nil
}

// extractions are what was used before: most of what an extraction needs is
// room to put its values.
var extractions = sync.Pool{New: func() any { return &extraction{} }}

// release lets go of the document and of all values.
func (x *extraction) release() {
	x.prose.reset()
	values := x.values
	values.reset()
	*x = extraction{values: values, prose: x.prose}
	extractions.Put(x)
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
	housing  bool   // read for the homes alone
	values   Values
	present  present
	prose    prose
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
	switch {
	case x.housing:
		return len(e.param.homes) > 0
	case x.only != nil:
		return x.only == e.param
	}
	return !e.covered || e.param.Type == "reference"
}

// prosaic says whether what is written for people is read.
func (x *extraction) prosaic() bool { return x.only == nil && !x.housing }

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
	if s.written != nil && x.prosaic() {
		x.read(s.written, n)
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
		b, ok := s.members[string(x.doc.Name(member))]
		if !ok {
			continue
		}
		if b.written != nil && x.prosaic() {
			x.readAll(b.written, member)
		}
		if b.edge == nil {
			continue
		}
		if b.edge.to != nil {
			x.walk(b.edge.to, member)
		}
		if first := b.edge.first; first != nil && x.doc.Kind(member) == tree.Array && x.doc.Skip(member) > member+1 {
			x.visit(first, member+1)
		}
	}
}

// member is the value of a member, "" if it is missing or no scalar.
func (x *extraction) member(n tree.Node, name string) string { return x.doc.Text(x.doc.Get(n, name)) }

// scalar says whether the node is a primitive value.
func (x *extraction) scalar(n tree.Node) bool { return x.doc.Kind(n) < tree.Array }

// String is for test failures and logs; it names the type and nothing else.
func (p *Param) String() string { return fmt.Sprintf("%s.%s (%s)", p.On, p.Code, p.Type) }
