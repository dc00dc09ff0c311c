package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// The run over the resources of a type brings their index rows to what their
// current versions say. It goes by id in small transactions, each of which
// moves reindex.position, so that a server that is killed loses one of them.
// The row of reindex is locked for the length of a batch: one server works on
// a type at a time. The heads are locked too, in the order of their numbers
// like by any writer, so that nobody writes what the batch is looking at;
// what is written later finds the rows of the version before in place.

// reindexBatch is how many resources one transaction takes. Writers of the
// same resources wait that long.
const reindexBatch = 200

// run is the row of reindex that a batch works on.
type run struct {
	typ             int16
	goal, params    []int64
	whole, thorough bool
	position        string
}

// record writes down under which keys rows may be written from now on, so that
// a run finds them whatever becomes of their definitions. A type that gets a
// key has a goal that none has, until somebody plans.
func (ix *Index) record(ctx context.Context, list []search.Definition) error {
	b := &pgx.Batch{}
	keys := ix.params.KeysOf(list)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		b.Queue(`INSERT INTO reindex (type, goal, params) VALUES ($1, '{0}', $2)
ON CONFLICT (type) DO UPDATE SET goal = excluded.goal, wanted = true, position = '', params = ARRAY (SELECT unnest(reindex.params) UNION SELECT unnest(excluded.params))
 WHERE NOT reindex.params @> excluded.params`, ix.db.types[name], keys[name])
	}
	if b.Len() == 0 {
		return nil
	}
	if err := send(ctx, ix.db.pool, b); err != nil {
		return fmt.Errorf("record the keys of the index: %w", err)
	}
	return nil
}

// plan begins a run for each type whose added parameters are not those of the
// last one. It does so by the definitions in force only: a server that has not
// heard of the newest ones must not undo the plan of one that has.
func (ix *Index) plan(ctx context.Context) error {
	rows, err := ix.db.pool.Query(ctx, `SELECT type, goal FROM reindex`)
	if err != nil {
		return fmt.Errorf("read the runs: %w", failure(err))
	}
	goals := map[int16][]int64{}
	var typ int16
	var goal []int64
	if _, err = pgx.ForEachRow(rows, []any{&typ, &goal}, func() error { goals[typ] = slices.Clone(goal); return nil }); err != nil {
		return fmt.Errorf("read the runs: %w", failure(err))
	}
	generation := ix.params.Generation()
	b := &pgx.Batch{}
	for name, typ := range ix.db.types {
		if prints := ix.params.Fingerprints(name); !slices.Equal(prints, goals[typ]) {
			b.Queue(`UPDATE reindex SET goal = $2, wanted = true, position = '', done = 0, total = (SELECT count(*) FROM resource WHERE type = $1),
 started = now(), finished = NULL, complete = ARRAY (SELECT unnest(complete) INTERSECT SELECT unnest($2::bigint[]))
 WHERE type = $1 AND goal <> $2 AND EXISTS (SELECT FROM search_index WHERE generation = $3)`, typ, prints, generation)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := send(ctx, ix.db.pool, b); err != nil {
		return fmt.Errorf("plan runs: %w", err)
	}
	return nil
}

// batch carries on with one of the runs that are wanted, if its goal is that of
// the generation by which all servers are known to write. It is false when
// there is nothing to do, or others do it.
func (ix *Index) batch(ctx context.Context, generation int64) (worked bool, err error) {
	conn, err := ix.db.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("take a connection: %w", failure(err))
	}
	defer conn.Release()
	transaction, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return false, fmt.Errorf("begin: %w", failure(err))
	}
	defer transaction.Rollback(context.WithoutCancel(ctx))
	var r run
	err = transaction.QueryRow(ctx, `SELECT type, goal, params, whole, thorough, position FROM reindex WHERE wanted
 ORDER BY position = '', type LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`).Scan(&r.typ, &r.goal, &r.params, &r.whole, &r.thorough, &r.position)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take a run: %w", failure(err))
	}
	name := ix.db.names[r.typ]
	if !slices.Equal(r.goal, ix.params.Fingerprints(name)) || ix.params.Generation() != generation {
		return false, nil // the plan is another's, or of definitions that came this moment
	}
	fresh, done, last, err := ix.take(ctx, transaction, r, name)
	if err != nil {
		return false, fmt.Errorf("index %s anew: %w", name, err)
	}
	if done < reindexBatch {
		_, err = transaction.Exec(ctx, `UPDATE reindex SET done = done + $2, complete = goal, wanted = false, whole = false, thorough = false,
 total = greatest(total, done + $2), finished = now() WHERE type = $1`, r.typ, done)
	} else {
		_, err = transaction.Exec(ctx, `UPDATE reindex SET done = done + $2, total = greatest(total, done + $2), position = $3 WHERE type = $1`, r.typ, done, last)
	}
	if err == nil {
		err = transaction.Commit(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("index %s anew: %w", name, failure(err))
	}
	ix.db.learn(&fresh)
	return true, nil
}

// take brings the next resources of a run to what they should be, and says
// how many there were and which was the last.
func (ix *Index) take(ctx context.Context, q querier, r run, name string) (fresh learnt, n int, last string, err error) {
	fail := func(err error) (learnt, int, string, error) { return learnt{}, 0, "", failure(err) }
	rows, err := q.Query(ctx, `SELECT rid, id FROM resource WHERE type = $1 AND id > $2 ORDER BY id LIMIT $3`, r.typ, r.position, reindexBatch)
	if err != nil {
		return fail(err)
	}
	var rids []int64
	var rid int64
	if _, err = pgx.ForEachRow(rows, []any{&rid, &last}, func() error { rids = append(rids, rid); return nil }); err != nil {
		return fail(err)
	}
	if len(rids) == 0 {
		return learnt{}, 0, r.position, nil
	}
	// Locked in a statement of its own: what is read afterwards is what the
	// locks protect.
	if _, err = q.Exec(ctx, `SELECT FROM resource WHERE rid = ANY ($1) ORDER BY rid FOR NO KEY UPDATE`, rids); err != nil {
		return fail(err)
	}
	var b indexBatch
	want, shapes, err := ix.wanted(ctx, q, &b, r, name, rids)
	if err != nil {
		return fail(err)
	}
	keys := r.params
	if r.whole || r.thorough {
		keys = append(ix.params.Keys(name), keys...)
	}
	have, err := present(ctx, q, rids, keys, want)
	if err != nil {
		return fail(err)
	}
	b.reconcile(have, want)
	batch := &pgx.Batch{}
	fresh = b.queue(batch, ix.db)
	if len(shapes.rid) > 0 {
		batch.Queue(`UPDATE resource r SET shape = w.shape, wording = w.wording FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w (rid, shape, wording) WHERE r.rid = w.rid`, shapes.rid, shapes.shape, shapes.wording)
	}
	if err = send(ctx, q, batch); err != nil {
		return fail(err)
	}
	return fresh, len(rids), last, nil
}

// moved are the resources that get another shape or wording.
type moved struct{ rid, shape, wording []int64 }

// wanted are the rows that the resources should have.
func (ix *Index) wanted(ctx context.Context, q querier, b *indexBatch, r run, name string, rids []int64) (want rows, shapes moved, err error) {
	found, err := q.Query(ctx, `SELECT r.rid, v.version, v.updated, v.method, v.blobs, v.content, r.id, r.shape, r.wording
  FROM resource r JOIN version v ON v.rid = r.rid AND v.version = r.version WHERE r.rid = ANY ($1)`, rids)
	if err != nil {
		return want, shapes, err
	}
	defer found.Close()
	for found.Next() {
		var row versionRow
		var id string
		var shape, wording int64
		if err := row.scan(found, &id, &shape, &wording); err != nil {
			return want, shapes, err
		}
		s, err := reader{db: ix.db}.stored(&row, name, id)
		if err != nil {
			return want, shapes, err
		}
		var values search.Values
		if !s.Deleted {
			d, err := tree.Parse(s.JSON)
			if err == nil {
				values, err = ix.params.Extract(d)
			}
			if err != nil {
				return want, shapes, fmt.Errorf("extract %s: %w", s.Key, err)
			}
		}
		want.append(indexRows(s.RID, name, values))
		now, words := b.shape(r.typ, values.Shape), b.wording(r.typ, name, values.Texts)
		if now != shape || words != wording {
			shapes.rid, shapes.shape, shapes.wording = append(shapes.rid, s.RID), append(shapes.shape, now), append(shapes.wording, words)
		}
	}
	return want, shapes, found.Err()
}

// pause is how long a server rests after a batch that took so long: half of
// the time belongs to those who search and write.
func pause(took time.Duration) time.Duration { return min(took, time.Second) }
