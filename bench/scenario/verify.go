package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
)

// asks is how many searches of a scenario are checked before it is timed.
const asks = 5

// drawn makes the questions of a scenario that draws all of its own by asker.
func drawn(ask asker) func(*Env, *rand.Rand) []*query {
	return func(e *Env, r *rand.Rand) (all []*query) {
		for range asks {
			all = append(all, ask(e, r))
		}
		return all
	}
}

// checkQuestions puts the questions of a scenario to the server, and to
// Postgres where it is timed on them, and holds both to what was counted.
func checkQuestions(s Scenario) func(context.Context, *Env, *client.Conn) error {
	return func(ctx context.Context, e *Env, conn *client.Conn) error {
		all, err := e.questions(ctx, s)
		if err != nil {
			return err
		}
		for _, q := range all {
			if err := e.checkServer(conn, q); err != nil {
				return fmt.Errorf("%s: %w", q.path(), err)
			}
		}
		if e.Raw == nil || s.Raw == nil {
			return nil
		}
		pg, err := e.Raw.Conn(ctx)
		if err != nil {
			return err
		}
		defer pg.Close(context.WithoutCancel(ctx))
		for _, q := range all {
			if q.noRaw {
				continue
			}
			var refs []string
			_, total, err := q.ask(ctx, pg, func(content []byte) {
				if i, err := identify(content); err == nil {
					refs = append(refs, i.ResourceType+"/"+i.ID)
				}
			})
			if err == nil {
				err = e.checkRaw(q, refs, total)
			}
			if err != nil {
				return fmt.Errorf("raw postgres, %s: %w", q.path(), err)
			}
		}
		return nil
	}
}

func (e *Env) checkServer(conn *client.Conn, q *query) error {
	resp, err := conn.Get(q.path(), q.headers...)
	if err != nil {
		return err
	}
	b, err := parseBundle(resp, "searchset")
	if err != nil {
		return err
	}
	if len(b.Link) == 0 {
		return fmt.Errorf("no link to itself")
	}
	if q.total && (b.Total == nil || !e.right(*b.Total, q.found.total)) {
		return fmt.Errorf("total %v, counted were %d", b.Total, q.found.total)
	}
	matches, included, err := e.entries(b)
	if err != nil {
		return err
	}
	if err := e.checkMatches(q, matches, e.places); err != nil {
		return err
	}
	return e.checkIncluded(q, included, e.places)
}

// right compares a number with what was counted: a server that holds other
// data as well may find more.
func (e *Env) right(got, counted int) bool { return got == counted || !e.Fresh && got > counted }

// entries takes a page apart and compares each resource that we have loaded
// with what was sent.
func (e *Env) entries(b bundle) (matches, included []string, err error) {
	made := map[int]*b100.Bundle{}
	for _, entry := range b.Entry {
		i, err := identify(entry.Resource)
		if err != nil {
			return nil, nil, err
		}
		ref := i.ResourceType + "/" + i.ID
		if entry.FullURL == "" {
			return nil, nil, fmt.Errorf("%s has no fullUrl", ref)
		}
		switch entry.Search.Mode {
		case "match":
			matches = append(matches, ref)
		case "include":
			included = append(included, ref)
		default:
			return nil, nil, fmt.Errorf("%s has the mode %q", ref, entry.Search.Mode)
		}
		p, known := e.places[ref]
		if !known {
			continue
		}
		if made[p.n] == nil {
			made[p.n] = b100.New(p.n)
		}
		if err := same(made[p.n].Entries[p.at].Template.Append(nil, e.Loaded[p.n].Refs), entry.Resource, e.Exact); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", ref, err)
		}
	}
	return matches, included, nil
}

// checkMatches holds a page to what was counted: as many as there must be, none
// twice, each one that was counted, and in the order asked for.
func (e *Env) checkMatches(q *query, refs []string, places map[string]place) error {
	want := min(q.found.total, q.count)
	if q.only {
		want = 0
	}
	if !e.right(len(refs), want) {
		return fmt.Errorf("%d matches, counted were %d", len(refs), want)
	}
	if err := e.belong(q, refs, places); err != nil {
		return err
	}
	if q.sorted == "" || !e.Fresh {
		return nil
	}
	for i, ref := range refs {
		p := places[ref]
		if key := q.key(b100.New(p.n).Entries[p.at].Resource); key != q.found.keys[i] {
			return fmt.Errorf("%s is not in its place: match %d has another %s", ref, i+1, q.sorted)
		}
	}
	return nil
}

// belong says whether each of them was counted, and none comes twice.
func (e *Env) belong(q *query, refs []string, places map[string]place) error {
	seen := map[string]bool{}
	for _, ref := range refs {
		if seen[ref] {
			return fmt.Errorf("%s comes twice", ref)
		}
		seen[ref] = true
		p, known := places[ref]
		if !known && e.Fresh {
			return fmt.Errorf("%s was never loaded", ref)
		}
		if known && (q.in != nil && p.n != q.in.N || !q.found.has(p)) {
			return fmt.Errorf("%s is no match", ref)
		}
	}
	return nil
}

// checkIncluded compares what a page brings along with what belongs to it.
func (e *Env) checkIncluded(q *query, refs []string, places map[string]place) error {
	var want []int
	if q.bring != nil {
		want = q.bring(b100.New(q.in.N))
	}
	var got []int
	for _, ref := range refs {
		p, known := places[ref]
		if known && p.n == q.in.N {
			got = append(got, p.at)
		} else if e.Fresh {
			return fmt.Errorf("%s was included and does not belong to it", ref)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, slices.Compact(want)) {
		return fmt.Errorf("%d included, counted were %d", len(got), len(want))
	}
	return nil
}

// checkRaw is the same for what Postgres gave: if the two sides answer
// different questions, comparing them means nothing.
func (e *Env) checkRaw(q *query, refs []string, total int) error {
	if q.total && total != q.found.total {
		return fmt.Errorf("total %d, counted were %d", total, q.found.total)
	}
	if q.bring == nil {
		return e.checkMatches(q, refs, e.rawPlaces)
	}
	var matches, included []string
	for _, ref := range refs {
		if p, known := e.rawPlaces[ref]; known && p.n == q.in.N && q.found.has(p) {
			matches = append(matches, ref)
		} else {
			included = append(included, ref)
		}
	}
	if err := e.checkMatches(q, matches, e.rawPlaces); err != nil {
		return err
	}
	return e.checkIncluded(q, included, e.rawPlaces)
}
