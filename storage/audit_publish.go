package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// auditType is the resource type of what is published.
const auditType = "AuditEvent"

// publishBundles is how many rows of leaves are published by one transaction.
const publishBundles = 2

// Publish makes resources of leaves of which there are none yet. How far it
// came is written down by the transaction that writes the resources, so that
// each leaf has one.
func (a *Audit) Publish(ctx context.Context) (Step, error) {
	w := &tx{reader: reader{db: a.db, q: a.db.pool}}
	if err := w.begin(ctx); err != nil {
		return Step{}, err
	}
	defer w.Rollback(ctx)
	var mine bool
	if err := w.conn.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(publisherLock)).Scan(&mine); err != nil || !mine {
		return Step{Others: err == nil, More: true}, failure(err)
	}
	leaves, next, err := a.unpublished(ctx, w.conn)
	if err != nil || len(leaves) == 0 {
		return Step{}, err
	}
	there, err := a.there(ctx, w.conn, leaves)
	if err != nil {
		return Step{}, err
	}
	writes := make([]engine.Write, 0, len(leaves))
	for _, e := range leaves {
		if there[e.ID] {
			continue
		}
		there[e.ID] = true
		one, err := a.resource(e)
		if err != nil {
			return Step{}, err
		}
		writes = append(writes, one)
	}
	if err := w.Write(ctx, engine.Fence{Anywhere: true}, writes); err != nil {
		return Step{}, err
	}
	if err := w.flush(ctx); err != nil {
		return Step{}, err
	}
	if _, err := w.conn.Exec(ctx, `UPDATE audit_tree SET published = $1`, next); err != nil {
		return Step{}, fmt.Errorf("publish: %w", failure(err))
	}
	return Step{Events: len(leaves), More: true}, w.Commit(ctx)
}

// there are the events that have a resource already: what is recorded by hand
// may come twice, with the id that says so.
func (a *Audit) there(ctx context.Context, q querier, events []fhir.Event) (map[string]bool, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	rows, err := q.Query(ctx, `SELECT id FROM resource WHERE type = $1 AND id = ANY ($2)`, a.db.types[auditType], ids)
	if err != nil {
		return nil, fmt.Errorf("publish: %w", failure(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	out := make(map[string]bool, len(events))
	for _, id := range list {
		out[id] = true
	}
	return out, failure(err)
}

// unpublished reads the events of the next leaves, and the number of the leaf
// after them.
func (a *Audit) unpublished(ctx context.Context, q querier) ([]fhir.Event, int64, error) {
	rows, err := q.Query(ctx, `SELECT first, count, hashes, leaves, private FROM audit_bundle
 WHERE first >= (SELECT published FROM audit_tree) ORDER BY first LIMIT $1`, publishBundles)
	if err != nil {
		return nil, 0, fmt.Errorf("read the record: %w", failure(err))
	}
	var leaves []ledger.Leaf
	next := int64(0)
	err = a.bundles(rows, func(first int64, count int, b bundle) error {
		next = first + int64(count)
		return b.each(func(_ int, _, leaf, private []byte) error {
			if len(private) == 0 {
				private = nil
			}
			l, err := ledger.Read(leaf, private)
			leaves = append(leaves, l)
			return err
		})
	})
	if err != nil || len(leaves) == 0 {
		return nil, next, err
	}
	var wanted [][16]byte
	for _, l := range leaves {
		wanted = append(wanted, l.Actor, l.Patient)
	}
	names, err := a.named(ctx, q, wanted)
	if err != nil {
		return nil, 0, err
	}
	events := make([]fhir.Event, len(leaves))
	for i, l := range leaves {
		events[i] = l.Event
		events[i].Actor.Reference, events[i].Patient = names[l.Actor], ledger.ParseKey(names[l.Patient])
	}
	return events, next, nil
}

// bundles reads rows of leaves.
func (a *Audit) bundles(rows pgx.Rows, f func(first int64, count int, b bundle) error) error {
	defer rows.Close()
	for rows.Next() {
		var first int64
		var count int
		var b bundle
		if err := rows.Scan(&first, &count, &b.hashes, &b.leaves, &b.private); err != nil {
			return failure(err)
		}
		var err error
		if b.leaves, err = s2.Decode(nil, b.leaves); err == nil {
			b.private, err = s2.Decode(nil, b.private)
		}
		if err != nil {
			return fmt.Errorf("leaves from %d: %w", first, err)
		}
		if err := f(first, count, b); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

// resource is the AuditEvent of an event, ready to be written.
func (a *Audit) resource(e fhir.Event) (engine.Write, error) {
	w := engine.Write{Resource: fhir.Resource{
		Key: fhir.Key{Type: auditType, ID: e.ID, Version: 1}, Method: fhir.POST,
		Updated: a.config.Now().UTC().Truncate(time.Millisecond),
	}}
	var err error
	if w.Resource.JSON, err = a.config.Render(e, w.Resource.Updated); err != nil {
		return w, err
	}
	d, err := tree.Parse(w.Resource.JSON)
	if err != nil {
		return w, fmt.Errorf("publish %s: %w", e.ID, err)
	}
	w.New, err = a.params.Extract(d)
	return w, err
}
