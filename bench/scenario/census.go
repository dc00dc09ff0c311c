package scenario

import (
	"context"
	"errors"
	"hash/fnv"
	"runtime"
	"slices"
	"sync"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// The answers are counted by brute force: every resource that was loaded is
// generated once more, and each question is put to it. That is one pass for
// all questions of all scenarios, because a million resources take a while.

// answer is all that a search must find.
type answer struct {
	matches []mask // by bundle; for a question about one bundle only that one's
	total   int
	keys    []int64 // of all matches in the order asked for; nil without an order
}

// mask is the positions of a bundle.
type mask [2]uint64

func (m *mask) set(at int)     { m[at/64] |= 1 << (at % 64) }
func (m mask) has(at int) bool { return m[at/64]&(1<<(at%64)) != 0 }

// place is a resource of the data set: which bundle, and where in it.
type place struct{ n, at int }

func (a *answer) has(p place) bool {
	if len(a.matches) == 1 { // of the only bundle there is, or of the only one asked about
		return a.matches[0].has(p.at)
	}
	return a.matches[p.n].has(p.at)
}

// Census counts what the searches among the scenarios must find. What it has
// counted holds until more is loaded.
func (e *Env) Census(ctx context.Context, scenarios []Scenario) error {
	e.Forget()
	e.asked = map[string][]*query{}
	var all []*query
	for _, s := range scenarios {
		if s.questions == nil {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(s.Name))
		e.asked[s.Name] = s.questions(e, b100.Rand(h.Sum64()))
		all = append(all, e.asked[s.Name]...)
	}
	if len(all) == 0 {
		return nil
	}
	return e.count(ctx, all)
}

// Forget lets go of what Census has counted: while the clock runs the memory
// of the client should be small.
func (e *Env) Forget() { e.asked, e.places, e.rawPlaces = nil, nil, nil }

// questions are those of a scenario, counted.
func (e *Env) questions(ctx context.Context, s Scenario) ([]*query, error) {
	if e.asked[s.Name] == nil {
		if err := e.Census(ctx, []Scenario{s}); err != nil {
			return nil, err
		}
	}
	if len(e.asked[s.Name]) == 0 {
		return nil, errors.New("no question can be asked of so few data")
	}
	return e.asked[s.Name], nil
}

// count goes through all bundles.
func (e *Env) count(ctx context.Context, all []*query) error {
	e.places, e.rawPlaces = make(map[string]place, len(e.Loaded)*b100.Size), map[string]place{}
	for _, l := range e.Loaded {
		for at, ref := range l.Refs {
			e.places[ref] = place{l.N, at}
		}
		for at, ref := range l.RawRefs {
			e.rawPlaces[ref] = place{l.N, at}
		}
	}
	for _, q := range all {
		q.found = &answer{matches: make([]mask, len(e.Loaded))}
		if q.in != nil {
			q.found.matches = make([]mask, 1)
		}
	}
	var mu sync.Mutex
	err := measure.Each(len(e.Loaded), runtime.NumCPU(), func(_, i int) error {
		l := e.Loaded[i]
		b := b100.New(l.N)
		for _, q := range all {
			if q.in == nil || q.in == l {
				q.countIn(b, i, &mu)
			}
		}
		return ctx.Err()
	})
	for _, q := range all {
		a := q.found
		slices.Sort(a.keys)
		slices.Reverse(a.keys) // the latest first
	}
	return err
}

// countIn counts the matches of one bundle, the i-th loaded.
func (q *query) countIn(b *b100.Bundle, i int, mu *sync.Mutex) {
	var m mask
	var keys []int64
	total := 0
	for at, entry := range b.Entries {
		if entry.Template.Type != q.typ || !q.passes(entry.Resource) || q.linked != nil && !q.linked(b) {
			continue
		}
		m.set(at)
		total++
		if q.sorted != "" {
			keys = append(keys, q.key(entry.Resource))
		}
	}
	if total == 0 {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if q.in != nil {
		i = 0
	}
	q.found.matches[i] = m
	q.found.total += total
	q.found.keys = append(q.found.keys, keys...)
}
