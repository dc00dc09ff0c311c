package path

import (
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// Env is what an evaluation knows besides the document. The zero value is
// fine: R4, the system's clock, no constants of the caller's.
type Env struct {
	// Definitions give elements their types; nil means R4.
	Definitions *spec.Definitions
	// Now is the clock of now(), today() and timeOfDay(); nil means the
	// system's. It is read once in an evaluation.
	Now fhir.Clock
	// Constants are what %name stands for, beyond those that FHIR defines:
	// resource, rootResource, context, ucum, sct, loinc, vs-… and ext-….
	Constants map[string]Value
	// Strict reports what is otherwise empty: elements the type does not
	// have, a type at the start of a path that the context is not of, and as
	// on more than one item. Search parameters and patches need the leniency,
	// as R4's own expressions use as on lists.
	Strict bool
	// Steps bounds the work of one evaluation; 0 means DefaultSteps and some
	// more for every node of the document. What goes beyond is refused with
	// TooCostly.
	Steps int
	// Budget, when set, is what several evaluations may do together. Each
	// takes from it what it used.
	Budget *int
	// Trace is told what trace() sees; nil for nobody.
	Trace func(name string, c Collection)
}

// DefaultSteps is the work an evaluation may do: about one step for each
// item visited or compared, or 64 bytes of text made.
const DefaultSteps = 1 << 20

// maxText bounds a string that is computed.
const maxText = 1 << 20

// Eval evaluates the expression with node ctx of d as its context. Errors are
// *fhir.Error: Invalid for an expression that asks for something impossible,
// NotSupported for a function we do not have, TooCostly beyond env.Steps.
// They name the position in the expression and never what the document holds.
func (e *Expr) Eval(d *tree.Doc, ctx tree.Node, env Env) (Collection, error) {
	r := newRun(d, env)
	r.context = r.locate(ctx)
	return r.whole(e)
}

// EvalAt is Eval with an item of d as the context.
func (e *Expr) EvalAt(d *tree.Doc, ctx Item, env Env) (Collection, error) {
	r := newRun(d, env)
	r.context = ctx
	return r.whole(e)
}

// whole evaluates the expression of the run.
func (r *run) whole(e *Expr) (Collection, error) {
	c, err := r.eval(e, scope{this: r.context})
	if r.env.Budget != nil {
		*r.env.Budget = r.steps
	}
	return c, err
}

// At makes an item of a node whose type the caller knows; [Locate] finds it
// out.
func At(n tree.Node, t *spec.Type) Item { return Item{Node: n, Extra: tree.None, typ: t} }

// Test evaluates the expression and says whether its result is true by the
// rules for singletons (http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections):
// an empty result is not.
func (e *Expr) Test(d *tree.Doc, ctx tree.Node, env Env) (bool, error) {
	c, err := e.Eval(d, ctx, env)
	if err != nil {
		return false, err
	}
	b, err := (&run{doc: d}).truth(e, c)
	return b == isTrue, err
}

// Holds says whether an invariant holds of an item, whose result is like that
// of Test.
func (e *Expr) Holds(d *tree.Doc, ctx Item, env Env) (bool, error) {
	c, err := e.EvalAt(d, ctx, env)
	if err != nil {
		return false, err
	}
	b, err := (&run{doc: d}).truth(e, c)
	return b == isTrue, err
}

// Locate makes an item of a node, with the type that the resource around it
// and the definitions of env give it.
func Locate(d *tree.Doc, n tree.Node, env Env) Item { return newRun(d, env).locate(n) }

// run is one evaluation.
type run struct {
	env     Env
	defs    *spec.Definitions
	doc     *tree.Doc
	context Item // %context
	// %resource and %rootResource, found when first asked for
	resource, root Collection
	steps          int
	now            time.Time
}

func newRun(d *tree.Doc, env Env) *run {
	r := &run{env: env, defs: env.Definitions, doc: d, steps: env.Steps}
	if r.defs == nil {
		r.defs = spec.R4()
	}
	if env.Budget != nil {
		r.steps = *env.Budget
	} else if r.steps == 0 {
		r.steps = DefaultSteps + 16*d.Len()
	}
	return r
}

// scope is where a part of an expression stands.
type scope struct {
	this  Item
	index int
	total Collection
	inner bool // $index has a meaning
}

// step pays for n units of work.
func (r *run) step(e *Expr, n int) error {
	if r.steps -= n; r.steps < 0 {
		return refuse(fhir.TooCostly, e, "the expression needs too much work on this resource")
	}
	return nil
}

// clock is the time of the evaluation.
func (r *run) clock() time.Time {
	if r.now.IsZero() {
		now := time.Now
		if r.env.Now != nil {
			now = r.env.Now
		}
		r.now = now()
	}
	return r.now
}

// refuse is an error at the place of e in the expression.
func refuse(code fhir.Code, e *Expr, format string, args ...any) error {
	err := mistake(e.Pos, format, args...)
	err.Code = code
	return err
}

func invalid(e *Expr, format string, args ...any) error {
	return refuse(fhir.Invalid, e, format, args...)
}
