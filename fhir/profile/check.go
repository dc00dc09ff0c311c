package profile

import (
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// Checker holds resources against profiles.
type Checker struct {
	Defs *spec.Definitions
	// Find is the profile of a canonical URL with or without |version, nil
	// when there is none.
	Find  func(canonical string) (*Profile, error)
	Terms validate.Terms // nil: only R4's own value sets are known
	// Budget, when set, is the work that several checks may do together, in
	// steps; each takes what it did from it.
	Budget *int
}

// maxDepth bounds how deep profiles lead to others, such as one that asks for
// itself.
const maxDepth = 16

// Budget is the work that checks of a document may do, like that of
// fhir/validate, in looks at an element, a node or a step of FHIRPath.
func Budget(d *tree.Doc) int { return 1<<20 + 64*d.Len() }

// member asks R4's definitions, then Terms.
func (c *Checker) member(valueSet, system, code string) validate.Answer {
	if set, ok := c.Defs.Codes(valueSet); ok {
		if set.Has(system, code) || system == "" && set.HasCode(code) {
			return validate.Yes
		}
		return validate.No
	}
	if c.Terms != nil {
		return c.Terms.Member(valueSet, system, code)
	}
	return validate.Unknown
}

// Check says what a profile has against the resource at a node, at most so
// many issues. A profile that is not there is said to be so.
func (c *Checker) Check(d *tree.Doc, n tree.Node, canonical string, most int) []Issue {
	steps := c.Budget
	if steps == nil {
		own := Budget(d)
		steps = &own
	}
	w := &walk{c: c, d: d, defs: c.Defs, steps: steps, max: most, seen: map[visit]bool{}, wholes: map[*Profile]*Profile{}}
	w.against(item{node: n, at: n, typ: d.Text(d.Get(n, "resourceType")), kind: c.Defs.Type(d.Text(d.Get(n, "resourceType")))}, canonical)
	if w.overspent && !w.full() {
		w.add(n, "", fhir.Issue{Severity: "error", Code: fhir.TooCostly, Message: "the profile needs too much work on this resource"})
	}
	return w.issues
}

// Issue is an issue and the node it is about; Below names a child of it that
// is missing.
type Issue struct {
	fhir.Issue
	Node  tree.Node
	Below string
}

// visit is a node held against a profile.
type visit struct {
	node    tree.Node
	profile string
}

type walk struct {
	c         *Checker
	d         *tree.Doc
	defs      *spec.Definitions
	steps     *int
	overspent bool
	max       int
	issues    []Issue
	depth     int
	seen      map[visit]bool
	wholes    map[*Profile]*Profile // with what their bases say
}

// spend says whether there is work left.
func (w *walk) spend(n int) bool {
	if *w.steps -= n; *w.steps < 0 {
		w.overspent = true
	}
	return !w.overspent
}

func (w *walk) full() bool { return len(w.issues) >= w.max }

func (w *walk) add(n tree.Node, below string, is fhir.Issue) {
	if !w.full() {
		w.issues = append(w.issues, Issue{Issue: is, Node: n, Below: below})
	}
}

func (w *walk) report(n tree.Node, code fhir.Code, message string) {
	w.add(n, "", fhir.Issue{Severity: "error", Code: code, Message: message})
}

func (w *walk) warn(n tree.Node, code fhir.Code, message string) {
	w.add(n, "", fhir.Issue{Severity: "warning", Code: code, Message: message})
}

// against holds an item against a profile with what that is based on.
func (w *walk) against(i item, canonical string) {
	if w.ofR4(canonical) {
		bare, _, _ := strings.Cut(strings.TrimPrefix(canonical, structureURL), "|")
		if !w.derives(i.typ, bare) && w.defs.Type(bare).Base != i.typ { // SimpleQuantity is a Quantity
			w.report(i.at, fhir.Invalid, "this is not a "+bare)
		}
		return // the rules of R4 are checked elsewhere
	}
	v := visit{i.node, canonical}
	if w.seen[v] || w.depth >= maxDepth || w.full() {
		return
	}
	w.seen[v] = true
	w.depth++
	defer func() { w.depth-- }()
	p, err := w.c.Find(canonical)
	switch {
	case err != nil:
		w.warn(i.at, fhir.Unprocessable, "the profile "+canonical+" cannot be read, so that nothing was held against it")
	case p == nil:
		w.warn(i.at, fhir.NotFound, "the profile "+canonical+" is not on this server, so that nothing was held against it")
	case !w.derives(i.typ, p.Type):
		w.report(i.at, fhir.Invalid, "the profile "+canonical+" is one of "+p.Type)
	default:
		whole, missing, looped := w.whole(p)
		if missing != "" {
			w.warn(i.at, fhir.NotFound, "the profile "+missing+", on which another one is based, is not on this server, so that nothing was held against it")
		}
		if looped {
			w.warn(i.at, fhir.Unprocessable, "the profile "+canonical+" is based on itself")
		}
		w.element(i, whole.Root, whole)
	}
}

// ofR4 says whether a canonical URL is that of a type of R4.
func (w *walk) ofR4(canonical string) bool {
	canonical, _, _ = strings.Cut(canonical, "|")
	bare, ours := strings.CutPrefix(canonical, structureURL)
	return ours && w.defs.Type(bare) != nil
}

// one holds an item against profiles of which one must be satisfied.
func (w *walk) one(i item, profiles []string) {
	if len(profiles) == 1 {
		w.against(i, profiles[0])
		return
	}
	for _, p := range profiles {
		if w.trial(i, p) {
			return
		}
	}
	w.report(i.at, fhir.Invalid, "none of the profiles that are allowed here is satisfied")
}

// trial says whether an item satisfies a profile, and keeps quiet about it.
func (w *walk) trial(i item, canonical string) bool {
	t := *w
	t.issues, t.max, t.seen = nil, 20, map[visit]bool{}
	t.against(i, canonical)
	w.overspent = w.overspent || t.overspent
	for _, is := range t.issues {
		if is.Severity == "error" {
			return false
		}
	}
	return true
}

// satisfies says whether a resource is what the profiles of an element want.
func (w *walk) satisfies(n tree.Node, e *Element) bool {
	name := w.d.Text(w.d.Get(n, "resourceType"))
	for _, t := range e.Types {
		for _, p := range append(t.Profiles[:len(t.Profiles):len(t.Profiles)], t.Targets...) {
			if w.depth < maxDepth && w.trial(item{node: n, at: n, typ: name, kind: w.defs.Type(name)}, p) {
				return true
			}
		}
	}
	return false
}

// element holds an item against an element of the profile.
func (w *walk) element(i item, e *Element, p *Profile) {
	if w.full() || !w.spend(1) {
		return
	}
	if e.Fixed.there() && (i.node == tree.None || !w.equal(i.node, e.Fixed)) {
		w.report(i.at, fhir.Value, "the profile fixes another value")
		return
	}
	if e.Pattern.there() && (i.node == tree.None || !w.matches(i.node, e.Pattern)) {
		w.report(i.at, fhir.Value, "the value does not have what the pattern of the profile asks for")
		return
	}
	for _, v := range e.before {
		if i.node == tree.None || !w.matches(i.node, v) {
			w.report(i.at, fhir.Value, "the value does not have what a base of the profile asks for")
			return
		}
	}
	if e != p.Root {
		w.typed(i, e)
		w.bound(i, e)
	}
	w.invariants(i, e)
	holder := i.node
	if w.d.Kind(holder) != tree.Object {
		if holder = i.at; w.d.Kind(holder) != tree.Object {
			return
		}
	}
	children := e.Children
	if like := p.byID[e.Content]; len(children) == 0 && like != nil {
		children = like.Children
	}
	for _, c := range children {
		w.child(holder, i.kind, c, p)
	}
}

// child holds the items of an element against its cardinality and slices, and
// each against the rest.
func (w *walk) child(holder tree.Node, t *spec.Type, e *Element, p *Profile) {
	items := w.items(holder, t, e.Name)
	w.count(holder, len(items), e, e.Name)
	for _, i := range items {
		w.element(i, e, p)
	}
	w.sliced(holder, items, e, nil, p)
}

// count holds a number of items against minimum and maximum.
func (w *walk) count(holder tree.Node, n int, e *Element, name string) {
	below, _, _ := strings.Cut(strings.TrimSuffix(e.Name, "[x]"), ":")
	switch {
	case n < e.Min:
		w.add(holder, below, fhir.Issue{Severity: "error", Code: fhir.Required, Message: "the profile asks for " + name})
	case e.Max >= 0 && n > e.Max:
		w.add(holder, below, fhir.Issue{Severity: "error", Code: fhir.Invalid, Message: "the profile does not allow so many of " + name})
	}
}
