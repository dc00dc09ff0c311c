package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// plan is a commit that was checked as far as that goes without the database.
// It is not changed by an attempt.
type plan struct {
	items  []*item
	fences map[string]Fence // by action, over all types that the action touches
	locks  []string         // of conditional creates and updates
	single bool             // no Bundle around

	defines bool // search parameters
}

// item is one change of a plan.
type item struct {
	fhir.Change
	action   string
	doc      *tree.Doc // the resource of a POST or PUT
	holes    []hole
	given    *Object       // the data of a Binary that came as a stream
	criteria *search.Query // of a conditional change
	same     int           // index of an earlier conditional create with the same criteria, or -1
}

func action(m fhir.Method) string {
	switch m {
	case fhir.POST:
		return "create"
	case fhir.PUT:
		return "update"
	case fhir.PATCH:
		return "patch"
	case fhir.DELETE:
		return "delete"
	}
	return "read"
}

func (e *Engine) plan(ctx context.Context, changes []fhir.Change, data *Object) (*plan, error) {
	p := &plan{fences: map[string]Fence{}, single: len(changes) == 1 && changes[0].At == ""}
	types, may := map[string][]string{}, []string(nil)
	want := func(action, typ string) {
		if !slices.Contains(types[action], typ) {
			types[action] = append(types[action], typ)
		}
	}
	creates := map[string]int{}
	for i := range changes {
		it := &item{Change: changes[i], action: action(changes[i].Method), given: data, same: -1}
		if err := e.check(ctx, it); err != nil {
			return nil, it.blame(err)
		}
		p.items = append(p.items, it)
		if it.action == "read" {
			continue // asked by the interaction itself
		}
		want(it.action, it.Key.Type)
		if it.Key.Type == definitionType && e.Index != nil && !p.defines {
			p.defines, p.locks = true, append(p.locks, definitionType)
		}
		if it.Method == fhir.PUT && it.Key.ID == "" {
			want("create", it.Key.Type)
		}
		if it.criteria == nil {
			continue
		}
		must, also := e.named(fhir.Search{Type: it.Key.Type}, it.criteria)
		for _, typ := range must {
			want("search", typ)
		}
		may = append(may, also...)
		if err := e.decidable(ctx, *it.criteria); err != nil {
			return nil, it.blame(err)
		}
		name := it.Key.Type + "?" + it.criteria.Used
		if it.Method == fhir.POST || it.Method == fhir.PUT {
			p.locks = append(p.locks, name)
		}
		if it.Method == fhir.POST {
			if first, again := creates[name]; again {
				it.same = first
			} else {
				creates[name] = i
			}
		}
	}
	for action, list := range types {
		var others []string
		if action == "search" {
			others = without(may, list)
		}
		f, err := e.fence(ctx, action, list, others)
		if err == nil && action == "search" {
			for _, it := range p.items {
				if it.criteria != nil && err == nil {
					if err = e.unhidden(f, *it.criteria); err == nil {
						f, err = f.asked(it.criteria, []string{it.Key.Type})
					}
				}
			}
		}
		if err != nil {
			return nil, err
		}
		p.fences[action] = f
	}
	// Objects are stored before the transaction is opened, once for all
	// attempts; if the change fails they are swept.
	for _, it := range p.items {
		if it.doc == nil || it.given != nil {
			continue
		}
		var err error
		if it.holes, err = e.holes(ctx, it.doc); err != nil {
			return nil, it.blame(err)
		}
	}
	return p, nil
}

// check looks at one change alone.
func (e *Engine) check(ctx context.Context, it *item) error {
	if err := e.known(it.Key); err != nil && !(it.action == "read" && it.Key.Type == "") {
		return err
	}
	if e.Audit != nil && it.Key.Type == auditType && it.action != "read" {
		return fhir.Errorf(fhir.Forbidden, "only the server itself writes %ss, and nobody changes them", auditType)
	}
	conditional := it.Key.ID == "" && it.Method != fhir.POST
	switch it.Method {
	case fhir.POST, fhir.PUT:
		if err := e.body(ctx, it); err != nil {
			return err
		}
	case fhir.PATCH, fhir.DELETE:
	case fhir.GET, fhir.HEAD:
		return nil
	default:
		return fhir.Errorf(fhir.NotAllowed, "the method of a change is POST, PUT, PATCH, DELETE or GET")
	}
	criteria := it.Query
	if it.Method == fhir.POST {
		if it.IfNoneExist == nil {
			return nil
		}
		criteria = *it.IfNoneExist
	} else if !conditional {
		return nil
	}
	q, err := e.Params.Parse(search.Request{Type: it.Key.Type, Query: criteria, Criteria: true, Terms: e.terms(ctx)})
	if err != nil {
		return err
	}
	it.criteria = &q
	return nil
}

// body reads the resource of a POST or PUT and holds it against the URL.
func (e *Engine) body(ctx context.Context, it *item) error {
	d, err := tree.Parse(it.JSON)
	if err != nil {
		return err
	}
	if d.Kind(d.Root()) != tree.Object {
		return fhir.Errorf(fhir.Malformed, "a resource is a JSON object")
	}
	typ := d.Find("resourceType")
	switch {
	case d.Kind(typ) != tree.String:
		return fhir.Errorf(fhir.Malformed, "resourceType is missing").At("$this.resourceType")
	case !d.TextIs(typ, it.Key.Type):
		return fhir.Errorf(fhir.Invalid, "the resource is not a %s, as the URL says", it.Key.Type).At("$this.resourceType")
	}
	id := d.Find("id")
	if it.Method == fhir.PUT && it.Key.ID != "" {
		switch {
		case d.Kind(id) != tree.String:
			return fhir.Errorf(fhir.Invalid, "the resource must carry the id of the URL").At(it.Key.Type + ".id")
		case !d.TextIs(id, it.Key.ID):
			return fhir.Errorf(fhir.Invalid, "the id of the resource is not the one of the URL").At(it.Key.Type + ".id")
		}
	}
	if it.Method == fhir.PUT && id != tree.None && !(d.Kind(id) == tree.String && fhir.ValidID(d.Text(id))) {
		return fhir.Errorf(fhir.Invalid, "an id has 1 to 64 letters, digits, '-' and '.'").At(it.Key.Type + ".id")
	}
	it.doc = d
	if it.given != nil {
		return nil // made here, with a place for the bytes
	}
	return e.valid(ctx, d)
}

// blame says in which entry the error lies, when there is more than one.
func (it *item) blame(err error) error {
	f, ok := errors.AsType[*fhir.Error](err)
	if !ok || it.At == "" || errors.Is(err, ErrRace) {
		return err
	}
	at := *f
	if at.Expression = it.within(f.Expression); at.Expression == it.At && f.Expression != "" && f.Expression != it.At {
		at.Message += " (" + f.Expression + ")"
	}
	at.Issues = slices.Clone(f.Issues)
	for i := range at.Issues {
		at.Issues[i].Expression = it.within(at.Issues[i].Expression)
	}
	return &at
}

// within puts an expression that starts at the resource into the Bundle.
func (it *item) within(expression string) string {
	if strings.HasPrefix(expression, it.At) {
		return expression
	}
	if _, path, inside := strings.Cut(expression, "."); inside {
		return it.At + ".resource." + path
	}
	return it.At
}
