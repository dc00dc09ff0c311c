package scenario

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// deepest is how many pages are turned for the scenario of a late page.
const deepest = 50

// late is a late page of a search.
type late struct {
	query *query
	path  string // on the server
	find  raw.Search
}

// depth is how many pages are turned.
func (e *Env) depth() int {
	if e.Pages > 0 {
		return e.Pages
	}
	return deepest
}

// preparePages turns the pages of every search that has enough of them, holds
// each page to what was counted, and keeps the link to the last.
func preparePages(ctx context.Context, e *Env) error {
	e.late = nil
	all, err := e.questions(ctx, Scenario{Name: "s_page50", questions: everyCode})
	if err != nil {
		return err
	}
	conn := e.Client.Conn()
	defer conn.Close()
	for _, q := range all {
		if q.found.total < e.depth()*q.count {
			continue
		}
		l := late{query: q, path: q.path()}
		var seen []string
		for n := range e.depth() {
			refs, next, err := e.turn(conn, l.path)
			if err != nil {
				return fmt.Errorf("page %d of %s: %w", n+1, q.path(), err)
			}
			seen = append(seen, refs...)
			if len(refs) != q.count {
				return fmt.Errorf("page %d of %s has %d matches", n+1, q.path(), len(refs))
			}
			if n < e.depth()-1 {
				l.path = next
			}
		}
		if err := e.belong(q, seen, e.places); err != nil {
			return fmt.Errorf("the first %d pages of %s: %w", e.depth(), q.path(), err)
		}
		if e.Raw != nil {
			if l.find, err = e.lateRaw(ctx, q); err != nil {
				return err
			}
		}
		e.late = append(e.late, l)
	}
	if len(e.late) == 0 {
		return fmt.Errorf("%w: no code has the %d matches that %d pages need", ErrTooFew, e.depth()*page, e.depth())
	}
	return nil
}

// turn fetches a page and says what is on it and where the next one is.
func (e *Env) turn(conn *client.Conn, path string) (refs []string, next string, err error) {
	resp, err := conn.Get(path)
	if err != nil {
		return nil, "", err
	}
	b, err := parseBundle(resp, "searchset")
	if err != nil {
		return nil, "", err
	}
	refs, _, err = e.entries(b)
	for _, l := range b.Link {
		if l.Relation == "next" {
			u, err := url.Parse(l.URL)
			if err != nil {
				return nil, "", err
			}
			base, err := url.Parse(e.Client.Base())
			if err != nil {
				return nil, "", err
			}
			next = strings.TrimPrefix(u.RequestURI(), base.Path)
		}
	}
	return refs, next, err
}

// lateRaw finds the row behind which the page begins on the raw side.
func (e *Env) lateRaw(ctx context.Context, q *query) (raw.Search, error) {
	pg, err := e.Raw.Conn(ctx)
	if err != nil {
		return raw.Search{}, err
	}
	defer pg.Close(context.WithoutCancel(ctx))
	rid, err := pg.Nth(ctx, q.find, (e.depth()-1)*q.count)
	return q.find.After(rid), err
}

func pageServer(_ context.Context, e *Env, w *Worker) measure.Op {
	return get(w, func() string { return e.late[w.Rand.IntN(len(e.late))].path })
}

func pageRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	return func() error {
		_, err := w.PG.Search(ctx, e.late[w.Rand.IntN(len(e.late))].find, nil)
		return err
	}
}

// checkPages holds the late pages of the raw side to what was counted; those
// of the server were when they were turned.
func checkPages(ctx context.Context, e *Env, _ *client.Conn) error {
	if e.Raw == nil {
		return nil
	}
	pg, err := e.Raw.Conn(ctx)
	if err != nil {
		return err
	}
	defer pg.Close(context.WithoutCancel(ctx))
	for _, l := range e.late {
		var refs []string
		if _, err := pg.Search(ctx, l.find, func(content []byte) {
			if i, err := identify(content); err == nil {
				refs = append(refs, i.ResourceType+"/"+i.ID)
			}
		}); err != nil {
			return err
		}
		if len(refs) != l.query.count {
			return fmt.Errorf("raw postgres: page %d has %d matches", e.depth(), len(refs))
		}
		if err := e.belong(l.query, refs, e.rawPlaces); err != nil {
			return fmt.Errorf("raw postgres: %w", err)
		}
	}
	return nil
}
