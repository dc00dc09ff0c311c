package engine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// attempt is one try of a plan. Its state is thrown away when somebody else
// wrote first.
type attempt struct {
	*Engine
	*plan
	tx     Tx
	fences map[string]Fence // those of the plan, and what turns out to be needed
	keys   []fhir.Key       // where each item writes, once known
	heads  map[fhir.Key]Head

	unmatched map[int]bool // conditional updates whose criteria match nothing
	results   []fhir.Result
	links     links
	dangling  error               // of a reference, to be told after the writes
	defined   []search.Definition // search parameters in force, and those that the change writes

	events []fhir.Event // for the record, if one is kept
	noted  []bool       // the items that they are about
}

// attempt carries a plan out in the order of http.html#trules: DELETE, POST,
// PUT and PATCH, GET. again makes it lock what it writes from the start.
func (e *Engine) attempt(ctx context.Context, p *plan, again bool) ([]fhir.Result, error) {
	a := &attempt{Engine: e, plan: p, tx: e.Store.Begin(ctx), fences: maps.Clone(p.fences), heads: map[fhir.Key]Head{}, unmatched: map[int]bool{}}
	a.keys, a.results = make([]fhir.Key, len(p.items)), make([]fhir.Result, len(p.items))
	if e.Audit != nil {
		a.noted = make([]bool, len(p.items))
	}
	defer a.tx.Rollback(ctx)
	if names := a.names(again); len(names) > 0 {
		if err := a.tx.Lock(ctx, names); err != nil {
			return nil, err
		}
	}
	for _, step := range []func(context.Context) error{a.deletes, a.identify, a.overlap, a.read, a.resolve, a.refer, a.writes, a.enclosed, a.reads, a.record, a.tx.Commit} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a.results, nil
}

func (a *attempt) names(again bool) []string {
	names := a.locks
	if again {
		names = slices.Clone(names)
		for _, it := range a.items {
			if it.Key.ID != "" && it.action != "read" {
				names = append(names, it.Key.String())
			}
		}
	}
	return names
}

// deleteMax is the most resources that one conditional delete may remove.
const deleteMax = 1000

// deletes runs first, so that the conditions of the rest see its effect.
func (a *attempt) deletes(ctx context.Context) error {
	for i, it := range a.items {
		if it.Method != fhir.DELETE {
			continue
		}
		keys := []fhir.Key{it.Key.Current()}
		if it.criteria != nil {
			q := *it.criteria
			q.Count = deleteMax + 1
			found, err := a.tx.Search(ctx, a.fences["search"], q)
			if err != nil {
				return it.blame(err)
			}
			if len(found.Match) > deleteMax {
				return it.blame(fhir.Errorf(fhir.MultipleMatch, "the criteria match more than %d resources", deleteMax))
			}
			keys = keys[:0]
			for _, m := range found.Match {
				keys = append(keys, m.Current())
			}
			slices.SortFunc(keys, func(x, y fhir.Key) int { return strings.Compare(x.ID, y.ID) })
		}
		if err := a.remove(ctx, i, it, keys); err != nil {
			return it.blame(err)
		}
	}
	return nil
}

// remove writes the deletions of keys. What is missing, hidden or deleted
// already is left alone, and the answer does not tell which (http.html#delete).
func (a *attempt) remove(ctx context.Context, i int, it *item, keys []fhir.Key) error {
	if len(keys) == 0 {
		return nil
	}
	heads, err := a.tx.Heads(ctx, a.fences["delete"], keys)
	if err != nil {
		return err
	}
	var list []Write
	for _, k := range keys {
		h, ok := heads[k]
		if ok && h.Hidden {
			ok = false
		}
		if err := matches(it.IfMatch, h, ok); err != nil {
			return err
		}
		if !ok || h.Deleted {
			continue
		}
		old, err := a.extract(h.JSON)
		if err != nil {
			return err
		}
		w := Write{Previous: h.Version, RID: h.RID, Old: old, New: search.Values{Homes: old.Homes, Generation: old.Generation}}
		w.Resource = fhir.Resource{Key: k, Method: fhir.DELETE, Deleted: true, Updated: a.after(h.Updated)}
		w.Resource.Version = h.Version + 1
		if err := a.relate(ctx, &w, it.action); err != nil {
			return err
		}
		list = append(list, w)
		a.results[i].Deleted = append(a.results[i].Deleted, w.Resource)
		a.results[i].Changed = true
		a.note(ctx, i, "delete", w.Resource.Key, old.Homes...)
	}
	if len(list) == 1 { // of many there is no version to tell
		a.results[i].Resource = list[0].Resource
	}
	if it.criteria == nil {
		a.keys[i] = keys[0]
	}
	return a.tx.Write(ctx, a.fences["delete"], list)
}

// identify finds out which resource each POST, PUT and PATCH is about.
func (a *attempt) identify(ctx context.Context) error {
	for i, it := range a.items {
		switch {
		case it.action == "read" || it.Method == fhir.DELETE:
			continue
		case it.same >= 0:
			continue // below, when its first is known
		case it.criteria != nil:
			if err := a.condition(ctx, i, it); err != nil {
				return it.blame(err)
			}
		case it.Method == fhir.POST:
			a.keys[i] = fhir.Key{Type: it.Key.Type, ID: a.newID()}
		default:
			a.keys[i] = it.Key.Current()
		}
	}
	for i, it := range a.items {
		if it.same >= 0 {
			a.keys[i], a.results[i] = a.keys[it.same], a.results[it.same]
		}
	}
	return nil
}

// condition answers the criteria of a conditional create, update or patch.
// http://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #patch
func (a *attempt) condition(ctx context.Context, i int, it *item) error {
	q := *it.criteria
	q.Count = 2
	found, err := a.tx.Search(ctx, a.fences["search"], q)
	if err != nil {
		return err
	}
	if len(found.Match) > 1 {
		return fhir.Errorf(fhir.MultipleMatch, "the criteria match more than one resource")
	}
	if len(found.Match) == 1 {
		match := found.Match[0]
		a.keys[i] = match.Current()
		switch it.Method {
		case fhir.POST:
			r, err := a.whole(ctx, match)
			if err != nil {
				return err
			}
			a.results[i] = fhir.Result{Resource: r}
		case fhir.PUT:
			if id := it.doc.Find("id"); id >= 0 && !it.doc.TextIs(id, match.ID) {
				return fhir.Errorf(fhir.Invalid, "the criteria match a resource with another id than the one in the body").At(it.Key.Type + ".id")
			}
		}
		return nil
	}
	switch it.Method {
	case fhir.PATCH:
		return fhir.Errorf(fhir.NotFound, "the criteria match no resource")
	case fhir.PUT:
		a.unmatched[i] = true
		if id := it.doc.Find("id"); id >= 0 {
			a.keys[i] = fhir.Key{Type: it.Key.Type, ID: it.doc.Text(id)}
			return nil
		}
	}
	a.keys[i] = fhir.Key{Type: it.Key.Type, ID: a.newID()}
	return nil
}

// overlap refuses a transaction that touches a resource twice.
func (a *attempt) overlap(context.Context) error {
	if a.single {
		return nil
	}
	seen := map[fhir.Key]int{}
	for i, it := range a.items {
		k := a.keys[i]
		if k.ID == "" || it.action == "read" || a.settled(i) {
			continue
		}
		if first, twice := seen[k]; twice {
			return fhir.Errorf(fhir.Invalid, "%s and %s are about the same resource", a.items[first].At, it.At).At(it.At)
		}
		seen[k] = i
	}
	return nil
}

// settled says that a conditional create found its resource.
func (a *attempt) settled(i int) bool {
	it := a.items[i]
	return it.same >= 0 || it.Method == fhir.POST && a.results[i].Resource.ID != ""
}

// read fetches what the updates and patches follow.
func (a *attempt) read(ctx context.Context) error {
	for _, method := range []fhir.Method{fhir.PUT, fhir.PATCH} {
		var keys []fhir.Key
		for i, it := range a.items {
			if it.Method == method {
				keys = append(keys, a.keys[i])
			}
		}
		if len(keys) == 0 {
			continue
		}
		heads, err := a.tx.Heads(ctx, a.fences[action(method)], keys)
		if err != nil {
			return err
		}
		for k, h := range heads {
			a.heads[k] = h
		}
	}
	return nil
}

// reads answers the GET entries of a transaction, from inside it.
func (a *attempt) reads(ctx context.Context) error {
	for i, it := range a.items {
		if it.action != "read" {
			continue
		}
		if err := a.answer(ctx, &a.results[i], it); err != nil {
			return it.blame(err)
		}
	}
	return nil
}

func (a *attempt) answer(ctx context.Context, r *fhir.Result, it *item) (err error) {
	var page fhir.Page
	switch {
	case it.History:
		page, err = a.Engine.history(ctx, a.tx, fhir.History{Key: it.Key, Query: it.Query})
	case it.Key.ID == "":
		page, err = a.Engine.search(ctx, a.tx, fhir.Search{Type: it.Key.Type, Query: it.Query})
	default:
		r.Resource, err = a.Engine.read(ctx, a.tx, it.Key)
		return err
	}
	r.Page = &page
	return err
}
