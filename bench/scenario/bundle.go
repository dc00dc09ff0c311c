package scenario

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// parcels is a pool of bundles.
type parcels func() []parcel

// checkTransaction posts one and reads all that it made: every reference to
// another entry must have become the reference of what was created for it.
func checkTransaction(from parcels) func(context.Context, *Env, *client.Conn) error {
	return func(_ context.Context, e *Env, conn *client.Conn) error {
		p := from()[0]
		resp, err := conn.Do(http.MethodPost, "", p.body)
		if err != nil {
			return err
		}
		if _, err := parseBundle(resp, "transaction-response"); err != nil {
			return err
		}
		refs, err := responses(resp.Body(), p.bundle)
		if err != nil {
			return err
		}
		return e.readAll(conn, p, refs, refs)
	}
}

// readAll compares all resources of a bundle; their references are those given.
func (e *Env) readAll(conn *client.Conn, p parcel, own, refs []string) error {
	for i, entry := range p.bundle.Entries {
		if err := e.readSame(conn, own[i], entry.Template.Append(nil, refs)); err != nil {
			return err
		}
	}
	return nil
}

func transactionServer(from parcels) func(context.Context, *Env, *Worker) measure.Op {
	return func(_ context.Context, e *Env, w *Worker) measure.Op {
		pool := from()
		return func() error {
			resp, err := w.HTTP.Do(http.MethodPost, "", pool[w.Rand.IntN(len(pool))].body)
			if err != nil {
				return err
			}
			return status(resp, http.StatusOK)
		}
	}
}

func transactionRaw(from parcels) func(context.Context, *Env, *Worker) measure.Op {
	return func(ctx context.Context, e *Env, w *Worker) measure.Op {
		pool := from()
		return func() error {
			_, err := w.PG.Create(ctx, pool[w.Rand.IntN(len(pool))].plans, nil)
			return err
		}
	}
}

func checkBatch(_ context.Context, e *Env, conn *client.Conn) error {
	p := e.batches()[0]
	resp, err := conn.Do(http.MethodPost, "", p.body)
	if err != nil {
		return err
	}
	if _, err := parseBundle(resp, "batch-response"); err != nil {
		return err
	}
	own, err := responses(resp.Body(), p.bundle)
	if err != nil {
		return err
	}
	return e.readAll(conn, p, own, e.Loaded[0].Refs)
}

// batchServer counts the entries that were created in each answer, since a
// batch is answered by 200 even when all of its entries failed.
func batchServer(_ context.Context, e *Env, w *Worker) measure.Op {
	pool := e.batches()
	return func() error {
		p := pool[w.Rand.IntN(len(pool))]
		resp, err := w.HTTP.Do(http.MethodPost, "", p.body)
		if err != nil {
			return err
		}
		if err := status(resp, http.StatusOK); err != nil {
			return err
		}
		if n := bytes.Count(resp.Body(), []byte(`"201"`)) + bytes.Count(resp.Body(), []byte(`"201 `)); n != len(p.plans) {
			return fmt.Errorf("%d of %d entries were created", n, len(p.plans))
		}
		return nil
	}
}

func batchRaw(ctx context.Context, e *Env, w *Worker) measure.Op {
	pool := e.batches()
	return func() error {
		p := pool[w.Rand.IntN(len(pool))]
		return w.PG.CreateEach(ctx, p.plans, p.refs)
	}
}
