package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// https://profiles.ihe.net/ITI/BALP: what is on record, and how.

// Audit keeps on record what happened.
type Audit interface {
	// Record returns when the events cannot be lost any more.
	Record(ctx context.Context, events ...fhir.Event) error

	// Settle waits until what was recorded before can be read as AuditEvents.
	// It is false if that takes too long.
	Settle(ctx context.Context) (bool, error)
}

// Subject says whose record a resource belongs to: the homes of that type that
// it has by one of the parameters, or, if it has none of those, all its homes
// of that type.
type Subject struct {
	Type   string
	Params []string
}

// auditType is the resource type of what is on record. It is written by the
// server alone.
const auditType = "AuditEvent"

// Audited is the service for callers whose every access has to be on record:
// one event for each person whose record comes into it, or one that names
// nobody. Writes are recorded by their own transaction, reads before they are
// answered. What an operation reads on the way to its answer is part of the
// operation. With Audit nil it is the Engine itself. It is asked for once,
// before the Engine is used.
func (e *Engine) Audited() fhir.Service {
	if e.Audit == nil {
		return e
	}
	e.Gate = watchedGate{e.Gate}
	return audited{e}
}

// watchedGate notes what it grants.
type watchedGate struct{ Gate }

func (g watchedGate) Permit(ctx context.Context, a fhir.Access) (fhir.Grant, error) {
	grant, err := g.Gate.Permit(ctx, a)
	if w, ok := ctx.Value(watchedKey{}).(*watched); ok && err == nil && w.grant.Load() == nil {
		first := grant
		w.grant.CompareAndSwap(nil, &first)
	}
	return grant, err
}

type audited struct{ *Engine }

var _ fhir.Service = audited{}

func (a audited) Read(ctx context.Context, k fhir.Key) (fhir.Resource, error) {
	ctx, w := watch(ctx)
	r, err := a.Engine.Read(ctx, k)
	if k.Type == auditType && fhir.CodeOf(err) == fhir.NotFound {
		if _, late := a.Audit.Settle(ctx); late == nil {
			r, err = a.Engine.Read(ctx, k)
		}
	}
	if no := a.looked(ctx, w, fhir.Event{Deed: readDeed(k), Type: k.Type, Entity: entity(k, r)}, err, r); no != nil {
		return fhir.Resource{}, no
	}
	return r, err
}

func readDeed(k fhir.Key) string {
	if k.Version != 0 {
		return "vread"
	}
	return "read"
}

// entity is the key of what was found, or of what was asked for.
func entity(asked fhir.Key, found fhir.Resource) fhir.Key {
	if found.ID != "" {
		return found.Key
	}
	return asked
}

func (a audited) Search(ctx context.Context, s fhir.Search) (fhir.Page, error) {
	ctx, w := watch(ctx)
	settled, err := true, error(nil)
	if s.Type == auditType || s.Type == "" || strings.Contains(s.Query, auditType) {
		settled, err = a.Audit.Settle(ctx)
	}
	var page fhir.Page
	if err == nil {
		page, err = a.Engine.Search(ctx, s)
	}
	if !settled {
		page.Notes = append(page.Notes, fhir.Issue{Severity: "warning", Code: "incomplete", Message: "the newest " + auditType + "s cannot be searched yet"})
	}
	event := fhir.Event{Deed: "search-type", Type: s.Type, Query: s.Query}
	if s.Type == "" {
		event.Deed = "search-system"
	}
	if s.Compartment.ID != "" {
		event.Entity = s.Compartment
	}
	if no := a.looked(ctx, w, event, err, slices.Concat(page.Match, page.Include)...); no != nil {
		return fhir.Page{}, no
	}
	return page, err
}

func (a audited) History(ctx context.Context, h fhir.History) (fhir.Page, error) {
	ctx, w := watch(ctx)
	page, err := a.Engine.History(ctx, h)
	event := fhir.Event{Deed: historyDeed(h.Key), Type: h.Key.Type, Query: h.Query}
	if h.Key.ID != "" {
		event.Entity = h.Key.Current()
	}
	if no := a.looked(ctx, w, event, err, page.Match...); no != nil {
		return fhir.Page{}, no
	}
	return page, err
}

func historyDeed(k fhir.Key) string {
	switch {
	case k.ID != "":
		return "history-instance"
	case k.Type != "":
		return "history-type"
	}
	return "history-system"
}

// Commit is recorded by the commit itself, unless it fails.
func (a audited) Commit(ctx context.Context, changes ...fhir.Change) ([]fhir.Result, error) {
	ctx, w := watch(ctx)
	results, err := a.Engine.Commit(ctx, changes...)
	if err != nil {
		event := fhir.Event{Deed: "transaction"}
		if len(changes) == 1 && changes[0].At == "" {
			c := changes[0]
			event = fhir.Event{Deed: action(c.Method), Type: c.Key.Type, Entity: c.Key.Current(), Query: c.Query}
		}
		_ = a.looked(ctx, w, event, err)
	}
	return results, err
}

func (a audited) Operate(ctx context.Context, op fhir.Operation) (fhir.Result, error) {
	ctx, w := watch(ctx)
	result, err := a.Engine.Operate(ctx, op)
	event := fhir.Event{Deed: "operation", Name: op.Name, Type: op.Key.Type, Query: op.Query}
	if op.Key.ID != "" {
		event.Entity = op.Key
	}
	seen := []fhir.Resource{result.Resource}
	if result.Page != nil {
		seen = slices.Concat(seen, result.Page.Match, result.Page.Include)
	}
	if no := a.looked(ctx, w, event, err, seen...); no != nil {
		return fhir.Result{}, no
	}
	return result, err
}

func (a audited) OpenBinary(ctx context.Context, k fhir.Key, part *fhir.ByteRange) (fhir.Blob, error) {
	ctx, w := watch(ctx)
	b, err := a.Engine.OpenBinary(ctx, k, part)
	k.Type = binaryType
	if no := a.looked(ctx, w, fhir.Event{Deed: readDeed(k), Type: k.Type, Entity: entity(k, b.Resource)}, err, b.Resource); no != nil {
		if b.Body != nil {
			b.Body.Close()
		}
		return fhir.Blob{}, no
	}
	return b, err
}

// looked records an access that changed nothing. What cannot be recorded is
// not answered, unless the Engine is Lax; a refusal stays what it is.
func (a audited) looked(ctx context.Context, w *watched, event fhir.Event, err error, seen ...fhir.Resource) error {
	event.Failure = fhir.CodeOf(err)
	if err != nil {
		// The caller may have gone, which does not make it undone.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), refusalTime)
		defer cancel()
		seen = nil
	}
	no := a.Audit.Record(ctx, a.events(ctx, w, event, seen)...)
	if no == nil {
		return nil
	}
	if a.Log != nil {
		a.Log.Error("an access is not on record", "deed", event.Deed, "error", no.Error())
	}
	if err != nil || a.Lax {
		return nil
	}
	return &fhir.Error{Code: fhir.Unavailable, Message: "the access cannot be recorded at the moment, and is not granted without", RetryAfter: 2 * time.Second, Err: no}
}

// refusalTime bounds how long the record of a refusal may keep the answer.
const refusalTime = 5 * time.Second

// watched is what is learnt about an access while it is carried out: the first
// grant, which says who it is.
type watched struct {
	grant atomic.Pointer[fhir.Grant]

	mu    sync.Mutex
	whole map[fhir.Key][]string // whose records versions belong to of which only a part is shown
}

// uncut notes whose record a version belongs to before it is cut: who it is
// about may be among what is hidden.
func (e *Engine) uncut(ctx context.Context, r *fhir.Resource) {
	w, ok := ctx.Value(watchedKey{}).(*watched)
	if !ok || e.Audit == nil {
		return
	}
	people := e.whose(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.whole == nil {
		w.whole = map[fhir.Key][]string{}
	}
	w.whole[r.Key] = people
}

// whose is whose record a version belongs to, whatever is shown of it.
func (w *watched) whose(e *Engine, r *fhir.Resource) []string {
	if w != nil {
		w.mu.Lock()
		people, ok := w.whole[r.Key]
		w.mu.Unlock()
		if ok {
			return people
		}
	}
	return e.whose(r)
}

type watchedKey struct{}

func watch(ctx context.Context) (context.Context, *watched) {
	w := &watched{}
	return context.WithValue(ctx, watchedKey{}, w), w
}

// events makes of one the events of all whose records were seen.
func (e *Engine) events(ctx context.Context, w *watched, event fhir.Event, seen []fhir.Resource) []fhir.Event {
	e.complete(ctx, w, &event)
	var people []string
	for _, k := range []fhir.Key{event.Entity, event.Patient} {
		if k.Type == e.Subject.Type && k.ID != "" {
			people = append(people, k.ID)
		}
	}
	for i := range seen {
		for _, id := range w.whose(e, &seen[i]) {
			if !slices.Contains(people, id) {
				people = append(people, id)
			}
		}
	}
	return e.each(event, people)
}

// each is the event once for each of the people.
func (e *Engine) each(event fhir.Event, people []string) []fhir.Event {
	list := make([]fhir.Event, max(1, len(people)))
	for i := range list {
		list[i] = event
		list[i].ID = uuid.Must(uuid.NewV7()).String()
		if len(people) > 0 {
			list[i].Patient = fhir.Key{Type: e.Subject.Type, ID: people[i]}
		}
	}
	return list
}

// complete adds who it was and when.
func (e *Engine) complete(ctx context.Context, w *watched, event *fhir.Event) {
	event.At = e.now()
	if r := fhir.RequestOf(ctx); r != nil {
		event.Request, event.Actor = *r, r.Actor
	}
	if w == nil {
		return
	}
	g := w.grant.Load()
	if g == nil {
		return
	}
	if g.Actor != (fhir.Actor{}) {
		event.Actor = g.Actor
	}
	for _, s := range g.Slices {
		if s.Policy != "" && !slices.Contains(event.Reasons, s.Policy) {
			event.Reasons = append(event.Reasons, s.Policy)
		}
	}
}

// subjects picks out of homes whose record a resource belongs to.
func (s Subject) subjects(homes []search.Home) []string {
	var near, all []string
	for _, h := range homes {
		if h.Type != s.Type {
			continue
		}
		if !slices.Contains(all, h.ID) {
			all = append(all, h.ID)
		}
		if (h.Param == "" || slices.Contains(s.Params, h.Param)) && !slices.Contains(near, h.ID) {
			near = append(near, h.ID)
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}
