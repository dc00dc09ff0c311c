package validate

import (
	"sync"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// MaxIssues is how many issues one check reports. Whoever has more repairs
// these first; a hostile body cannot make the answer larger than itself.
const MaxIssues = 20

// Validator checks documents against one set of definitions. It is safe for
// concurrent use.
type Validator struct {
	defs  *spec.Definitions
	roots map[string]*root

	mu     sync.Mutex // guards shapes
	shapes map[*spec.Type]*shape
}

// root is a resource type that may stand at the root of a resource.
type root struct {
	typ   *spec.Type
	once  sync.Once
	shape *shape
}

// New returns a validator by these definitions.
func New(defs *spec.Definitions) *Validator {
	v := &Validator{defs: defs, roots: map[string]*root{}, shapes: map[*spec.Type]*shape{}}
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
	w := walk{v: v, d: d, src: d.Bytes()}
	w.resource(d.Root())
	return w.issues
}

// walk is one pass over a document.
type walk struct {
	v      *Validator
	d      *tree.Doc
	src    []byte
	issues []fhir.Issue
}

// full says that enough was found to stop.
func (w *walk) full() bool { return len(w.issues) >= MaxIssues }

// report adds an issue about the node.
func (w *walk) report(n tree.Node, code fhir.Code, message string) {
	w.reportBelow(n, "", code, message)
}

// reportBelow adds an issue about a member of the node that is not there.
func (w *walk) reportBelow(n tree.Node, name string, code fhir.Code, message string) {
	if w.full() {
		return
	}
	at := w.v.expression(w.d, n)
	if name != "" {
		at += "." + name
	}
	w.issues = append(w.issues, fhir.Issue{Severity: "error", Code: code, Message: message, Expression: at})
}
