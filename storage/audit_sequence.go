package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// The advisory locks of the one server that gives numbers and of the one that
// publishes.
const (
	sequencerLock = 7_460_913_001
	publisherLock = 7_460_913_002
)

const (
	sequenceRows = 256 // rows of events that are taken at once
	bundleLeaves = 256 // leaves of a row
)

// Step is what one step of the work in the background did.
type Step struct {
	Events int
	More   bool // there may be more to do
	Others bool // nothing was done, since another server or goroutine is at it
}

// Sequence gives events that wait their numbers: all that are committed when
// it is called, unless there is More.
func (a *Audit) Sequence(ctx context.Context) (Step, error) {
	if !a.sequencing.TryLock() {
		return Step{Others: true, More: true}, nil
	}
	defer a.sequencing.Unlock()
	tx, err := a.db.pool.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return Step{}, fmt.Errorf("sequence: %w", failure(err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	var mine bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(sequencerLock)).Scan(&mine); err != nil || !mine {
		return Step{Others: err == nil, More: true}, failure(err)
	}
	events, more, err := a.take(ctx, tx)
	if err != nil || len(events) == 0 {
		return Step{}, err
	}
	names, err := a.append(ctx, tx, events)
	if err != nil {
		return Step{}, err
	}
	if err := tx.Commit(ctx); err != nil {
		return Step{}, fmt.Errorf("sequence: %w", failure(err))
	}
	a.remember(names)
	return Step{Events: len(events), More: more}, nil
}

// take removes events from those that wait. What cannot be read stops it with
// an error that names the row: nothing must get lost.
func (a *Audit) take(ctx context.Context, tx pgx.Tx) (events []fhir.Event, more bool, err error) {
	rows, err := tx.Query(ctx, `DELETE FROM audit_pending WHERE number IN (SELECT number FROM audit_pending ORDER BY number LIMIT $1) RETURNING number, entries`, sequenceRows)
	if err != nil {
		return nil, false, fmt.Errorf("take events: %w", failure(err))
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var number int64
		var entries []byte
		if err := rows.Scan(&number, &entries); err != nil {
			return nil, false, failure(err)
		}
		list, err := readEvents(entries)
		if err != nil {
			return nil, false, fmt.Errorf("row %d of audit_pending: %w", number, err)
		}
		events = append(events, list...)
	}
	return events, n == sequenceRows, failure(rows.Err())
}

// append makes the events leaves of the tree.
func (a *Audit) append(ctx context.Context, tx pgx.Tx, events []fhir.Event) (map[string]ledger.Pseudonym, error) {
	tree, logged, err := readTree(ctx, tx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for i := range events {
		if events[i].Actor.Reference != "" {
			wanted[events[i].Actor.Reference] = true
		}
		if events[i].Patient.ID != "" {
			wanted[events[i].Patient.String()] = true
		}
	}
	names, err := a.pseudonyms(ctx, tx, wanted)
	if err != nil {
		return nil, err
	}
	if now := a.config.Now().UTC().Truncate(time.Millisecond); now.After(logged) {
		logged = now
	}
	var first []int64
	var count []int32
	var hashes, leaves, private [][]byte
	for part := range chunks(events, bundleLeaves) {
		first, count = append(first, tree.Size()), append(count, int32(len(part)))
		b := bundle{}
		for i := range part {
			var nonce [16]byte
			_, _ = rand.Read(nonce[:]) // never fails
			l := ledger.Leaf{Seq: tree.Size(), Logged: logged, Event: part[i], Actor: names[part[i].Actor.Reference], Private: ledger.Private(nil, &part[i], nonce)}
			if part[i].Patient.ID != "" {
				l.Patient = names[part[i].Patient.String()]
			}
			tree.Add(b.add(l))
		}
		hashes = append(hashes, b.hashes)
		leaves, private = append(leaves, s2.Encode(nil, b.leaves)), append(private, s2.Encode(nil, b.private))
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO audit_bundle (first, count, hashes, leaves, private)
SELECT unnest($1::bigint[]), unnest($2::integer[]), unnest($3::bytea[]), unnest($4::bytea[]), unnest($5::bytea[])`, first, count, hashes, leaves, private)
	batch.Queue(`UPDATE audit_tree SET size = $1, complete = $2, logged = $3`, tree.Size(), tree.Marshal(), logged)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("append to the record: %w", failure(err))
	}
	return names, nil
}

func chunks[T any](list []T, n int) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			m := min(n, len(list))
			if !yield(list[:m]) {
				return
			}
			list = list[m:]
		}
	}
}

// bundle is a row of leaves being made, or read.
type bundle struct{ hashes, leaves, private []byte }

func (b *bundle) add(l ledger.Leaf) (hash [32]byte) {
	start := len(b.leaves)
	b.leaves = l.Append(b.leaves)
	hash = ledger.Hash(b.leaves[start:])
	b.hashes = append(b.hashes, hash[:]...)
	b.leaves = append(b.leaves, '\n')
	b.private = append(append(b.private, l.Private...), '\n')
	return hash
}

// each yields the leaves of a row with their hashes and private parts; one that
// was erased is empty and not nil.
func (b *bundle) each(f func(i int, hash, leaf, private []byte) error) error {
	leaves, private := bytes.Split(bytes.TrimSuffix(b.leaves, []byte{'\n'}), []byte{'\n'}), bytes.Split(b.private, []byte{'\n'})
	if len(leaves)*32 != len(b.hashes) || len(private) < len(leaves) {
		return fmt.Errorf("a row of the record has %d leaves, %d private parts and %d bytes of hashes", len(leaves), len(private)-1, len(b.hashes))
	}
	for i, leaf := range leaves {
		if err := f(i, b.hashes[i*32:i*32+32], leaf, private[i]); err != nil {
			return err
		}
	}
	return nil
}

// readTree is the tree as it is.
func readTree(ctx context.Context, q querier) (*ledger.Tree, time.Time, error) {
	var size int64
	var complete []byte
	var logged time.Time
	if err := q.QueryRow(ctx, `SELECT size, complete, logged FROM audit_tree`).Scan(&size, &complete, &logged); err != nil {
		return nil, logged, fmt.Errorf("read the tree: %w", failure(err))
	}
	tree, err := ledger.Unmarshal(size, complete)
	return tree, logged.UTC(), err
}
