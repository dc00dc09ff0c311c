package storage

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
)

// Record remembers events of a change. They are written with it.
func (t *tx) Record(events []fhir.Event) { t.events = append(t.events, events...) }

// queueEvents adds the events to the statements of the change: they cost no
// round trip where the change is one batch.
func (t *tx) queueEvents(b *pgx.Batch) {
	if len(t.events) > 0 {
		b.Queue(insertAudit, eventRows(t.events))
	}
}

// last stores what is pending and the events that go with it, as the last
// that is written inside the open transaction.
func (t *tx) last(ctx context.Context) error {
	if err := t.begin(ctx); err != nil || len(t.pending) == 0 && len(t.events) == 0 {
		return err
	}
	batch, err := t.batch(ctx, t.conn)
	if err != nil {
		return err
	}
	t.wrote = t.wrote || len(t.pending) > 0
	t.pending = nil
	t.queueEvents(batch)
	return send(ctx, t.conn, batch)
}

// told wakes who gives numbers to events.
func (t *tx) told() {
	if len(t.events) > 0 {
		t.db.recorded.ring()
	}
}
