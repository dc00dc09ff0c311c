package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// round is where one worker stands in the CRUD scenario: nine resources are
// created, each referring to those before it, then all are read, updated, and
// deleted in reverse. Every request is an operation.
type round struct {
	set  []crud
	refs []string // by position: what was created in this round, else what was loaded
	step int
}

// The four passes of a round.
const (
	passCreate = iota
	passRead
	passUpdate
	passDelete
)

// next is the pass and which of the nine; a new round begins with start.
func (r *round) next(start func()) (pass, i int) {
	if r.step == 0 {
		start()
	}
	n := len(r.set)
	pass, i = r.step/n, r.step%n
	if pass == passDelete {
		i = n - 1 - i
	}
	r.step = (r.step + 1) % (4 * n)
	return pass, i
}

// take makes the references of the others point at the resource created.
func (r *round) take(i int, ref string) {
	for _, at := range r.set[i].At {
		r.refs[at] = ref
	}
}

// httpRound is a round against the server.
type httpRound struct {
	round
	ids []string
	buf []byte
}

func (r *httpRound) do(conn *client.Conn, start func()) error {
	pass, i := r.next(start)
	typ := r.set[i].Type
	if pass == passCreate {
		r.buf = r.set[i].templates[0].Append(r.buf[:0], r.refs)
		resp, err := conn.Do(http.MethodPost, "/"+typ, r.buf)
		if err == nil {
			err = status(resp, http.StatusCreated)
		}
		if err != nil {
			r.step = 0 // what follows would build on it
			return err
		}
		_, r.ids[i], _ = client.Location(string(resp.Header.Peek("Location")))
		r.take(i, typ+"/"+r.ids[i])
		return nil
	}
	path := "/" + typ + "/" + r.ids[i]
	switch pass {
	case passRead:
		resp, err := conn.Get(path)
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK)
	case passUpdate:
		r.buf = r.set[i].templates[1].AppendWithID(r.buf[:0], r.ids[i], r.refs)
		resp, err := conn.Do(http.MethodPut, path, r.buf)
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK)
	default:
		resp, err := conn.Do(http.MethodDelete, path, nil)
		if err != nil {
			return err
		}
		return status(resp, http.StatusOK, http.StatusNoContent)
	}
}

func crudServer(_ context.Context, e *Env, w *Worker) measure.Op {
	all := sets()
	r := &httpRound{round: round{set: all[0]}, ids: make([]string, len(all[0]))}
	start := func() {
		r.set, r.refs = all[w.Rand.IntN(len(all))], slices.Clone(e.any(w.Rand).Refs)
	}
	return func() error { return r.do(w.HTTP, start) }
}

// checkCRUD goes one round, reads after each write, and finds the resources
// gone at the end.
func checkCRUD(_ context.Context, e *Env, conn *client.Conn) error {
	set := sets()[0]
	r := &httpRound{round: round{set: set, refs: slices.Clone(e.Loaded[0].Refs)}, ids: make([]string, len(set))}
	for step := range 4 * len(set) {
		pass, i := step/len(set), step%len(set)
		if err := r.do(conn, func() {}); err != nil {
			return fmt.Errorf("%s: %w", set[i].Type, err)
		}
		ref := set[i].Type + "/" + r.ids[i]
		var err error
		switch pass {
		case passCreate, passUpdate:
			err = e.readSame(conn, ref, set[i].templates[pass/passUpdate].Append(nil, r.refs))
		case passDelete:
			ref = set[len(set)-1-i].Type + "/" + r.ids[len(set)-1-i]
			resp, getErr := conn.Get("/" + ref)
			if err = getErr; err == nil {
				err = status(resp, http.StatusGone, http.StatusNotFound)
			}
		}
		if err != nil {
			return fmt.Errorf("after pass %d: %w", pass, err)
		}
	}
	return nil
}

func crudRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	all := sets()
	r := &round{set: all[0]}
	records := make([]raw.Record, len(r.set))
	return func() error {
		pass, i := r.next(func() {
			r.set, r.refs = all[w.Rand.IntN(len(all))], slices.Clone(e.any(w.Rand).RawRefs)
		})
		switch pass {
		case passCreate:
			made, err := w.PG.Create(ctx, []*raw.Plan{r.set[i].plans[0]}, slices.Clone(r.refs))
			if err != nil {
				r.step = 0
				return err
			}
			records[i] = made[0]
			r.take(i, records[i].Ref())
			return nil
		case passRead:
			_, err := w.PG.Read(ctx, &records[i])
			return err
		case passUpdate:
			return w.PG.Update(ctx, &records[i], r.set[i].plans[1], r.refs)
		default:
			return w.PG.Delete(ctx, &records[i])
		}
	}
}
