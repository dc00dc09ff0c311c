package storage

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// Audit keeps on record what happened. An event goes three ways, each to its
// end before the next:
//
//  1. Record writes it to audit_pending and returns when that is durable
//     (audit.go). Events of changes ride in the transaction of the change.
//  2. One server at a time gives events their numbers, in the order in which
//     it finds them committed, and makes them leaves of the tree
//     (audit_sequence.go), which it signs now and then (audit_checkpoint.go).
//  3. One server at a time makes AuditEvents of the leaves
//     (audit_publish.go), as ordinary resources: searched, fenced and read
//     like any other.
type Audit struct {
	db     *DB
	params *search.Registry
	config AuditConfig

	mu      sync.Mutex
	next    *gathered // what came while others were being written, nil for nothing
	writing bool      // one statement is under way: two would halve what each of them carries

	sequencing sync.Mutex // over all of Sequence
	names      names

	published bell         // rung when there are new leaves
	crowded   atomic.Bool  // several events were written together the last time
	hurry     atomic.Int32 // those who wait for what is published
	rate      atomic.Int64 // events that got their numbers in the last second or so
}

// AuditConfig is what an Audit needs besides the database.
type AuditConfig struct {
	Render func(e fhir.Event, updated time.Time) ([]byte, error) // the AuditEvent of an event, version 1, with its id

	Key         ledger.Signer      // signs checkpoints; nil: there are none
	Every       time.Duration      // how often, when something has happened; 0: 10 s
	Checkpoints func([]byte) error // keeps a new checkpoint elsewhere as well; nil: nobody does
	Share       float64            // of its time that publishing may work while much happens; 0: a fiftieth
	Now         func() time.Time   // nil: the system's clock
}

var _ engine.Audit = (*Audit)(nil)

// NewAudit returns the record of a database. Run does its work in the
// background.
func NewAudit(db *DB, params *search.Registry, c AuditConfig) *Audit {
	if c.Every == 0 {
		c.Every = 10 * time.Second
	}
	if c.Share == 0 {
		c.Share = 0.02
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Audit{db: db, params: params, config: c, names: names{known: map[string]name{}}, published: make(bell, 1)}
}

// insertAudit writes rows of events.
const insertAudit = `INSERT INTO audit_pending (entries) SELECT unnest($1::bytea[])`

// gathered are events that are written by one statement.
type gathered struct {
	rows   [][]byte
	events int
	done   chan struct{} // closed when they are durable, or err says why not
	err    error
}

// add appends an encoded event.
func (g *gathered) add(event []byte) {
	last := len(g.rows) - 1
	if last < 0 || len(g.rows[last])+len(event) > maxRow {
		g.rows = append(g.rows, make([]byte, 0, maxRow))
		last++
	}
	g.rows[last] = append(g.rows[last], event...)
	g.events++
}

// recordTime bounds one of them.
const recordTime = 10 * time.Second

// Record writes events. Those that come while others are being written wait
// and are written together: under load many share one statement and one flush
// of the disk.
func (a *Audit) Record(ctx context.Context, events ...fhir.Event) error {
	if len(events) == 0 {
		return nil
	}
	var room [512]byte
	encoded := room[:0]
	ends := make([]int, len(events))
	for i := range events {
		encoded = appendEvent(encoded, &events[i])
		ends[i] = len(encoded)
	}
	a.mu.Lock()
	g := a.next
	if g == nil {
		g = &gathered{done: make(chan struct{})}
		a.next = g
	}
	start := 0
	for _, end := range ends {
		g.add(encoded[start:end])
		start = end
	}
	if !a.writing {
		a.writing = true
		go a.write()
	}
	a.mu.Unlock()
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// together is how long more is waited for when several came together the last
// time. A statement costs as much as the read that it records: sixteen readers
// are answered a tenth faster with the wait than without.
const together = 200 * time.Microsecond

// write writes what has gathered until nothing has.
func (a *Audit) write() {
	for {
		if a.crowded.Load() {
			time.Sleep(together)
		}
		a.mu.Lock()
		g := a.next
		if g == nil {
			a.writing = false
			a.mu.Unlock()
			return
		}
		a.next = nil
		a.mu.Unlock()
		a.crowded.Store(g.events > 1)
		ctx, cancel := context.WithTimeout(context.Background(), recordTime)
		if _, err := a.db.pool.Exec(ctx, insertAudit, g.rows); err != nil {
			g.err = fmt.Errorf("record: %w", failure(err))
		}
		cancel()
		close(g.done)
		a.db.recorded.ring()
	}
}

// bell wakes who waits for events. It may be rung by anybody, any number of times.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}
