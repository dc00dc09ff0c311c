package engine

import (
	"bytes"
	"context"
	"sync"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// whose is whose record a version belongs to. What cannot be read belongs to
// nobody: such a thing is not stored.
func (e *Engine) whose(r *fhir.Resource) []string {
	if r.ID == "" || r.Deleted || len(r.JSON) == 0 {
		return nil
	}
	if people, ok := e.people.find(r); ok {
		return people
	}
	d, err := tree.Parse(r.JSON)
	if err != nil {
		return nil
	}
	homes, err := e.Params.Homes(d)
	if err != nil {
		return nil
	}
	people := e.Subject.subjects(homes)
	if !bytes.Contains(r.JSON, []byte(subsetted)) {
		e.people.keep(r, people)
	}
	return people
}

// people remembers whose record versions belong to. A version never changes,
// and what is looked at is mostly looked at again. The zero value is ready.
type people struct {
	mu         sync.RWMutex
	young, old map[fhir.Key]belongs
}

type belongs struct {
	updated int64 // an id can be used again after all that had it was expunged
	people  []string
}

// peopleMax is how many versions each of the two generations holds.
const peopleMax = 16 << 10

func (p *people) find(r *fhir.Resource) ([]string, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	b, ok := p.young[r.Key]
	if !ok {
		b, ok = p.old[r.Key]
	}
	return b.people, ok && b.updated == r.Updated.UnixMilli()
}

func (p *people) keep(r *fhir.Resource, list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.young == nil || len(p.young) >= peopleMax {
		p.old, p.young = p.young, make(map[fhir.Key]belongs, peopleMax/8)
	}
	p.young[r.Key] = belongs{r.Updated.UnixMilli(), list}
}

// note remembers what an item did, for the record that the transaction itself
// keeps.
func (a *attempt) note(ctx context.Context, i int, deed string, k fhir.Key, homes ...search.Home) {
	if a.Audit == nil {
		return
	}
	a.noted[i] = true
	event := fhir.Event{Deed: deed, Type: k.Type, Entity: k}
	if it := a.items[i]; it.criteria != nil {
		event.Query = it.criteria.Used
	}
	w, _ := ctx.Value(watchedKey{}).(*watched)
	a.complete(ctx, w, &event)
	a.events = append(a.events, a.each(event, a.Subject.subjects(homes))...)
}

// record hands over to the transaction what is to be on record of it: what
// was written, what was read on the way, and what turned out to be nothing.
func (a *attempt) record(ctx context.Context) error {
	if a.Audit == nil {
		return nil
	}
	for i, it := range a.items {
		switch r := a.results[i]; {
		case a.noted[i] || it.same >= 0:
		case it.action == "read":
			a.noteRead(ctx, it, r)
		default: // there was nothing to delete, or what should be created is there
			var homes []search.Home
			for _, id := range a.whose(&r.Resource) {
				homes = append(homes, search.Home{Type: a.Subject.Type, ID: id})
			}
			a.note(ctx, i, it.action, entity(fhir.Key{Type: it.Key.Type, ID: a.keys[i].ID}, r.Resource), homes...)
		}
	}
	a.tx.Record(a.events)
	return nil
}

// noteRead remembers a GET entry.
func (a *attempt) noteRead(ctx context.Context, it *item, r fhir.Result) {
	w, _ := ctx.Value(watchedKey{}).(*watched)
	event := fhir.Event{Type: it.Key.Type, Query: it.Query}
	seen := []fhir.Resource{r.Resource}
	if r.Page != nil {
		seen = append(append(seen, r.Page.Match...), r.Page.Include...)
	}
	switch {
	case it.History:
		event.Deed = historyDeed(it.Key)
	case it.Key.ID != "":
		event.Deed = readDeed(it.Key)
	case it.Key.Type == "":
		event.Deed = "search-system"
	default:
		event.Deed = "search-type"
	}
	if it.Key.ID != "" {
		event.Entity = entity(it.Key, r.Resource)
	}
	a.events = append(a.events, a.Engine.events(ctx, w, event, seen)...)
}
