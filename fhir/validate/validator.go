package validate

import (
	"sync"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// MaxIssues is how many issues one check reports unless it is told otherwise.
// Whoever has more repairs these first; a hostile body cannot make the answer
// larger than itself.
const MaxIssues = 20

// Validator checks documents against one set of definitions. It is safe for
// concurrent use.
type Validator struct {
	defs  *spec.Definitions
	roots map[string]*root

	mu     sync.Mutex // guards shapes and rules
	shapes map[*spec.Type]*shape
	rules  map[*spec.Invariant]*rule
}

// root is a resource type that may stand at the root of a resource.
type root struct {
	typ   *spec.Type
	once  sync.Once
	shape *shape
}

// New returns a validator by these definitions.
func New(defs *spec.Definitions) *Validator {
	v := &Validator{defs: defs, roots: map[string]*root{}, shapes: map[*spec.Type]*shape{}, rules: map[*spec.Invariant]*rule{}}
	for _, name := range defs.ResourceTypes() {
		v.roots[name] = &root{typ: defs.Type(name)}
	}
	return v
}

// Structure checks a resource and everything inside it, contained resources
// and those of a Bundle or Parameters included, and returns what is wrong in
// the order of the document, at most [MaxIssues]. All issues are errors; nil
// means that the document may be stored.
//
// Messages say what is expected and never quote the document. An expression
// is the FHIRPath of the offending element, of the missing one when it is
// missing. A nested resource that [tree.ParseOpaque] left unparsed is only
// held to be an object.
func (v *Validator) Structure(d *tree.Doc) []fhir.Issue {
	w := walk{v: v, d: d, src: d.Bytes(), max: MaxIssues}
	w.resource(d.Root())
	return w.issues
}

// Strict is Structure and everything else that R4 itself calls an error:
// invariants, references, contained resources, narratives, required bindings
// of concepts. It says nothing of what is only doubtful.
func (v *Validator) Strict(d *tree.Doc, o Options) []fhir.Issue {
	o.Advise = false
	return v.whole(d, o)
}

// Validate says all there is to say about a document: what Strict finds, what
// is doubtful, as warnings, and where each issue stands in the text.
func (v *Validator) Validate(d *tree.Doc, o Options) []fhir.Issue {
	o.Advise = true
	return v.whole(d, o)
}

// Options are what a check knows besides the document.
type Options struct {
	Advise bool // says what is doubtful too
	Max    int  // issues; 0: MaxIssues
	Terms  Terms
	// Source and Offset say where the document was cut out of, for lines and
	// columns; nil: it stands alone.
	Source []byte
	Offset int
}

func (v *Validator) whole(d *tree.Doc, o Options) []fhir.Issue {
	w := walk{v: v, d: d, src: d.Bytes(), max: o.Max, deep: true, advise: o.Advise, terms: o.Terms}
	if w.max == 0 {
		w.max = MaxIssues
	}
	steps := budget + 256*d.Len()
	w.steps = &steps
	w.resource(d.Root())
	if w.overspent {
		w.add(d.Root(), "", fhir.Issue{Severity: "error", Code: fhir.TooCostly, Message: "the invariants of this resource need too much work"})
	}
	if o.Advise {
		w.place(o)
	}
	return w.issues
}

// walk is one pass over a document.
type walk struct {
	v      *Validator
	d      *tree.Doc
	src    []byte
	max    int
	issues []fhir.Issue

	// Of a deep walk, which Structure's is not.
	deep, advise bool
	terms        Terms
	broken       []tree.Node // objects that have something wrong about themselves
	offsets      []int       // of the issues
	steps        *int        // left for invariants
	overspent    bool
	bundles      map[tree.Node]*entries             // that references were looked for in
	ids          map[tree.Node]map[string]tree.Node // contained resources by id, of the resource around them
}

// full says that enough was found to stop.
func (w *walk) full() bool { return len(w.issues) >= w.max }

// report adds an error about the node.
func (w *walk) report(n tree.Node, code fhir.Code, message string) {
	w.reportBelow(n, "", code, message)
}

// reportBelow adds an error about a member of the node that is not there.
func (w *walk) reportBelow(n tree.Node, name string, code fhir.Code, message string) {
	w.add(n, name, fhir.Issue{Severity: "error", Code: code, Message: message})
	if w.deep {
		w.broken = append(w.broken, w.holder(n, name))
	}
}

// warn adds something doubtful about the node.
func (w *walk) warn(n tree.Node, code fhir.Code, message string) {
	if w.advise {
		w.add(n, "", fhir.Issue{Severity: "warning", Code: code, Message: message})
	}
}

func (w *walk) add(n tree.Node, name string, is fhir.Issue) {
	if w.full() {
		return
	}
	is.Expression = w.v.expression(w.d, n)
	if name != "" {
		is.Expression += "." + name
	}
	w.issues = append(w.issues, is)
	if w.advise {
		at := w.d.KeyStart(n)
		if at < 0 {
			at, _ = w.d.Span(n)
		}
		w.offsets = append(w.offsets, at)
	}
}

// holder is the object that an issue about a node is about: the one that has
// the property, or the one that should.
func (w *walk) holder(n tree.Node, name string) tree.Node {
	if name != "" {
		return n
	}
	p := w.d.Parent(n)
	if w.d.Kind(p) == tree.Array {
		p = w.d.Parent(p)
	}
	return p
}

// place gives the issues their lines and columns.
func (w *walk) place(o Options) {
	src := o.Source
	if src == nil {
		src = w.src
	}
	for i := range w.issues {
		w.issues[i].Line, w.issues[i].Col = tree.Line(src, o.Offset+w.offsets[i])
	}
}
