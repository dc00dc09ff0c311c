package validate

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// budget is the work that all invariants of a document may do together, in
// steps of fhir/path, besides some for every node.
const budget = 1 << 20

// rule is an invariant made ready.
type rule struct {
	*spec.Invariant
	expr *path.Expr
}

// handmade are the invariants that other files of this room decide, because
// in FHIRPath they would cost more than the rest of the walk, or cannot be
// written at all: ele-1 and ext-1 in structure.go and cardinality.go, dom-2 to
// dom-6 in contained.go, ref-1 in reference.go, txt-1 and txt-2 in xhtml.go.
var handmade = []string{"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2"}

// compile makes invariants ready; each is parsed once. An invariant of R4
// that cannot be parsed is a broken programme.
func (v *Validator) compile(list []*spec.Invariant) (out []*rule) {
	for _, inv := range list {
		if slices.Contains(handmade, inv.Key) {
			continue
		}
		r := v.rules[inv]
		if r == nil {
			r = &rule{Invariant: inv, expr: path.MustParse(inv.Expression)}
			v.rules[inv] = r
		}
		out = append(out, r)
	}
	return out
}

// invariants holds a node of the type against rules
// (conformance-rules.html#constraints).
func (w *walk) invariants(n tree.Node, t *spec.Type, rules []*rule) {
	for _, r := range rules {
		if r.Severity != "error" && !w.advise || w.full() || w.overspent {
			continue
		}
		holds, err := r.expr.Holds(w.d, path.At(n, t), path.Env{Definitions: w.v.defs, Budget: w.steps})
		switch {
		case err != nil && fhir.CodeOf(err) == fhir.TooCostly:
			w.overspent = true
		case err != nil:
			// The document is not what the rule is about, such as two items
			// where one may be, which is reported for itself.
			w.add(n, "", fhir.Issue{Severity: "information", Code: fhir.Invariant, Message: r.Key + " cannot be decided here: " + r.Expression})
		case !holds:
			w.add(n, "", fhir.Issue{Severity: r.Severity, Code: fhir.Invariant, Message: r.Key + " does not hold: " + r.Expression})
		}
	}
}

// clean says that nothing was found wrong about the object itself, so that
// its invariants mean something.
func (w *walk) clean(n tree.Node) bool { return !slices.Contains(w.broken, n) }
