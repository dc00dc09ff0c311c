package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// tx is one atomic change. A connection is taken when the first statement
// needs one; a change that only writes is one batch, which Postgres runs as
// one transaction, on any connection of the pool.
type tx struct {
	reader                // through the pool until begun
	conn    *pgxpool.Conn // nil until begun
	pending []engine.Write
	checks  []fenceCheck
	wrote   bool // something was sent inside the open transaction
	terms   bool // resources of terminology are among what was written

	learnt learnt // once it is committed
	events []fhir.Event

	aboard     bool // counted among the changes by the definitions of generation
	generation int64
}

// fenceCheck asks that all of these resources lie within a fence, after they
// were written.
type fenceCheck struct {
	fence engine.Fence
	keys  []fhir.Key
}

var _ engine.Tx = (*tx)(nil)

// Begin opens a change without talking to the database.
func (r *Resources) Begin(context.Context) engine.Tx { return &tx{reader: r.reader} }

// begin takes a connection and opens a transaction, once.
func (t *tx) begin(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	conn, err := t.db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", failure(err))
	}
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED"); err != nil {
		conn.Release()
		return fmt.Errorf("begin: %w", failure(err))
	}
	t.conn = conn
	t.reader = reader{db: t.db, q: conn}
	return nil
}

// inside makes sure that reads see what was written before.
func (t *tx) inside(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	return t.flush(ctx)
}

// Lock takes the names in sorted order, as a statement of its own.
func (t *tx) Lock(ctx context.Context, names []string) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	keys := make([]int64, 0, len(names))
	for _, name := range names {
		keys = append(keys, search.Hash(name))
	}
	slices.Sort(keys)
	if _, err := t.conn.Exec(ctx, `SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k`, slices.Compact(keys)); err != nil {
		return fmt.Errorf("lock: %w", failure(err))
	}
	return nil
}

func (t *tx) Read(ctx context.Context, f engine.Fence, k fhir.Key) (engine.Stored, error) {
	if err := t.inside(ctx); err != nil {
		return engine.Stored{}, err
	}
	return t.reader.Read(ctx, f, k)
}

func (t *tx) Search(ctx context.Context, f engine.Fence, q search.Query) (engine.SearchPage, error) {
	if err := t.inside(ctx); err != nil {
		return engine.SearchPage{}, err
	}
	return t.reader.Search(ctx, f, q)
}

func (t *tx) History(ctx context.Context, f engine.Fence, q engine.HistoryQuery) (engine.HistoryPage, error) {
	if err := t.inside(ctx); err != nil {
		return engine.HistoryPage{}, err
	}
	return t.reader.History(ctx, f, q)
}

// Heads reads through the pool while the change has not begun: then the
// primary key of version decides a race. Once begun, the rows are locked.
func (t *tx) Heads(ctx context.Context, f engine.Fence, keys []fhir.Key) (map[fhir.Key]engine.Head, error) {
	if t.conn == nil && len(t.pending) == 0 {
		return t.reader.Heads(ctx, f, keys)
	}
	if err := t.inside(ctx); err != nil {
		return nil, err
	}
	return t.reader.heads(ctx, f, keys, true)
}

// Write remembers the versions until something must see them.
func (t *tx) Write(_ context.Context, f engine.Fence, writes []engine.Write) error {
	var c fenceCheck
	for _, w := range writes {
		if !f.Shows(w.Resource.Type) {
			c.keys = append(c.keys, w.Resource.Current())
		}
	}
	if len(c.keys) > 0 {
		c.fence = f
		t.checks = append(t.checks, c)
	}
	t.pending = append(t.pending, writes...)
	return nil
}

// Commit stores what is pending and ends the transaction. One round trip for
// a change that nothing was asked of before.
func (t *tx) Commit(ctx context.Context) error {
	defer func() {
		if t.conn == nil {
			t.alight() // else Rollback does
		}
	}()
	if t.conn == nil && len(t.checks) == 0 {
		if len(t.pending) == 0 && len(t.events) == 0 {
			return nil
		}
		batch, err := t.batch(ctx, t.db.pool)
		if err != nil {
			return err
		}
		key := idempotencyOf(ctx)
		if len(t.pending) == 0 {
			key = nil // nothing is changed
		}
		if key != nil {
			batch.Queue(insertKey, key.key)
		}
		t.queueEvents(batch)
		if t.terms {
			batch.Queue(nextTerminology)
			defer t.db.changes.forget()
		}
		err = send(ctx, t.db.pool, batch)
		key.done(err)
		if err == nil {
			t.db.learn(&t.learnt)
			t.told()
		}
		return err
	}
	if err := t.last(ctx); err != nil {
		return err
	}
	wrote := t.wrote
	key := idempotencyOf(ctx)
	if key != nil && wrote {
		if _, err := t.conn.Exec(ctx, insertKey, key.key); err != nil {
			return fmt.Errorf("store: %w", failure(err))
		}
	}
	if err := t.Enclosed(ctx); err != nil {
		return err
	}
	if t.terms {
		if _, err := t.conn.Exec(ctx, nextTerminology); err != nil {
			return fmt.Errorf("store: %w", failure(err))
		}
		defer t.db.changes.forget()
	}
	if _, err := t.conn.Exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", failure(err))
	}
	t.db.learn(&t.learnt)
	t.told()
	if wrote {
		key.done(nil)
	}
	t.release()
	return nil
}

// Rollback gives the connection back, whatever state it is in.
func (t *tx) Rollback(ctx context.Context) {
	defer t.alight()
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.conn.Conn().Close(ctx) // the pool drops a closed connection
	}
	t.release()
}

func (t *tx) release() {
	t.conn.Release()
	t.conn = nil
	t.reader = reader{db: t.db, q: t.db.pool}
}

// flush stores what is pending inside the open transaction.
func (t *tx) flush(ctx context.Context) error {
	if len(t.pending) == 0 {
		return nil
	}
	batch, err := t.batch(ctx, t.conn)
	if err != nil {
		return err
	}
	t.pending, t.wrote = nil, true
	return send(ctx, t.conn, batch)
}

// send carries out a batch of statements.
func send(ctx context.Context, q querier, batch *pgx.Batch) error {
	results := q.SendBatch(ctx, batch)
	for range batch.Len() {
		if _, err := results.Exec(); err != nil {
			results.Close()
			return fmt.Errorf("store: %w", failure(err))
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("store: %w", failure(err))
	}
	return nil
}

// Enclosed checks the fences of what was written so far.
func (t *tx) Enclosed(ctx context.Context) error {
	if len(t.checks) == 0 {
		return nil
	}
	if err := t.inside(ctx); err != nil {
		return err
	}
	for _, c := range t.checks {
		if err := t.check(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// check is the second half of the fence of a write: what was written must lie
// within it, else the change is rolled back.
func (t *tx) check(ctx context.Context, c fenceCheck) error {
	types, ids := make([]int16, len(c.keys)), make([]string, len(c.keys))
	for i, k := range c.keys {
		types[i], ids[i] = t.db.types[k.Type], k.ID
	}
	a := sqlArgs{args: []any{types, ids}}
	fence, err := t.db.fenceWhere(c.fence, "r", "", &a)
	if err != nil {
		return err
	}
	var outside int
	err = t.conn.QueryRow(ctx, `SELECT count(*) FROM unnest($1::smallint[], $2::text[]) AS w (type, id)
  JOIN resource r ON r.type = w.type AND r.id = w.id WHERE NOT `+fence, a.args...).Scan(&outside)
	if err != nil {
		return fmt.Errorf("check the fence: %w", failure(err))
	}
	if outside > 0 {
		return fhir.Errorf(fhir.Forbidden, "the resource would lie outside of what you may write")
	}
	return nil
}
