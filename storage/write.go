package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// The statements of a write. Their text is constant and each takes whole
// columns, so that one change or ten thousand are the same prepared
// statements. Heads come before versions: whoever holds a head's row lock may
// write its next version, so that two writers queue instead of deadlocking.
//
// Columns are unnested side by side in the list of what is selected, which
// takes them as they come; as a table in FROM they would be copied first. Most
// changes are of one resource: for its head and its version there are
// statements without any of that. Together that was a fifth of what a create
// costs Postgres (measured).
const (
	insertHeads = `INSERT INTO resource (rid, type, id, version, updated, key, shape, wording)
SELECT unnest($1::bigint[]), unnest($2::smallint[]), unnest($3::text[]), unnest($4::integer[]), unnest($5::timestamptz[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[])`

	insertHead = `INSERT INTO resource (rid, type, id, version, updated, key, shape, wording) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	updateHeads = `UPDATE resource r SET version = w.version, updated = w.updated, deleted = w.deleted, shape = w.shape, wording = w.wording
  FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::boolean[], $6::bigint[], $7::bigint[]) AS w (rid, previous, version, updated, deleted, shape, wording)
 WHERE r.rid = w.rid AND r.version = w.previous`

	updateHead = `UPDATE resource SET version = $3, updated = $4, deleted = $5, shape = $6, wording = $7 WHERE rid = $1 AND version = $2`

	insertVersions = `INSERT INTO version (rid, type, version, updated, method, blobs, content)
SELECT unnest($1::bigint[]), unnest($2::smallint[]), unnest($3::integer[]), unnest($4::timestamptz[]), unnest($5::smallint[]), unnest($6::smallint[]), unnest($7::bytea[])`

	insertVersion = `INSERT INTO version (rid, type, version, updated, method, blobs, content) VALUES ($1, $2, $3, $4, $5, $6, $7)`

	leaveHomes = `UPDATE compartment c SET until = w.version
  FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::integer[]) AS w (rid, home, param, version)
 WHERE c.rid = w.rid AND c.home = w.home AND c.param = w.param AND c.until IS NULL`

	leaveAllHomes = `UPDATE compartment c SET until = w.version
  FROM unnest($1::bigint[], $2::integer[]) AS w (rid, version) WHERE c.rid = w.rid AND c.until IS NULL`

	enterHomes = `INSERT INTO compartment (rid, home, type, param, since)
SELECT unnest($1::bigint[]), unnest($2::uuid[]), unnest($3::smallint[]), unnest($4::smallint[]), unnest($5::integer[])`

	insertVersionObjects = `INSERT INTO version_object (rid, version, position, sha256)
SELECT unnest($1::bigint[]), unnest($2::integer[]), unnest($3::integer[]), unnest($4::bytea[])`
)

// maxStatement is how many bytes of content go into one statement.
const maxStatement = 8 << 20

// batch turns the pending versions into statements.
func (t *tx) batch(ctx context.Context, q querier) (*pgx.Batch, error) {
	if !t.board() {
		return nil, engine.ErrRace
	}
	b := &pgx.Batch{}
	rids, err := t.numbers(ctx, q)
	if err != nil {
		return nil, err
	}
	var heads struct {
		rid     []int64
		typ     []int16
		id      []string
		version []int32
		updated []time.Time
		key     []int64
		shape   []int64
		wording []int64
	}
	var moved struct {
		rid               []int64
		previous, version []int32
		updated           []time.Time
		deleted           []bool
		shape, wording    []int64
	}
	index := indexBatch{}
	for i, w := range t.pending {
		r := w.Resource
		if w.Previous == 0 {
			heads.rid, heads.typ, heads.id = append(heads.rid, rids[i]), append(heads.typ, t.db.types[r.Type]), append(heads.id, r.ID)
			heads.version, heads.updated = append(heads.version, int32(r.Version)), append(heads.updated, r.Updated)
			heads.key, heads.shape = append(heads.key, search.Hash(r.Type+"/"+r.ID)), append(heads.shape, index.shape(t.db.types[r.Type], w.New.Shape))
			heads.wording = append(heads.wording, index.wording(t.db.types[r.Type], r.Type, w.New.Texts))
			continue
		}
		moved.rid, moved.deleted = append(moved.rid, rids[i]), append(moved.deleted, r.Deleted)
		moved.previous, moved.version = append(moved.previous, int32(w.Previous)), append(moved.version, int32(r.Version))
		moved.updated, moved.shape = append(moved.updated, r.Updated), append(moved.shape, index.shape(t.db.types[r.Type], w.New.Shape))
		moved.wording = append(moved.wording, index.wording(t.db.types[r.Type], r.Type, w.New.Texts))
	}
	switch len(moved.rid) {
	case 0:
	case 1:
		b.Queue(updateHead, moved.rid[0], moved.previous[0], moved.version[0], moved.updated[0], moved.deleted[0], moved.shape[0], moved.wording[0])
	default:
		b.Queue(updateHeads, moved.rid, moved.previous, moved.version, moved.updated, moved.deleted, moved.shape, moved.wording)
	}
	switch len(heads.rid) {
	case 0:
	case 1:
		b.Queue(insertHead, heads.rid[0], heads.typ[0], heads.id[0], heads.version[0], heads.updated[0], heads.key[0], heads.shape[0], heads.wording[0])
	default:
		b.Queue(insertHeads, heads.rid, heads.typ, heads.id, heads.version, heads.updated, heads.key, heads.shape, heads.wording)
	}
	t.queueVersions(b, rids)
	t.queueHomes(b, rids)
	t.queueFences(b, rids)
	for i, w := range t.pending {
		index.add(rids[i], w.Resource.Type, w.Old, w.New)
	}
	if slices.ContainsFunc(t.pending, func(w engine.Write) bool { return w.Resource.Type == definitionType }) {
		b.Queue(nextGeneration)
		b.Queue(announce)
	}
	t.terms = t.terms || slices.ContainsFunc(t.pending, func(w engine.Write) bool { return terminologyTypes[w.Resource.Type] })
	t.learnt.add(index.queue(b, t.db))
	return b, nil
}

// numbers are the internal numbers of the pending versions, which are put in
// the order of their numbers: an order that all writers share when they take
// the row locks.
func (t *tx) numbers(ctx context.Context, q querier) ([]int64, error) {
	slices.SortStableFunc(t.pending, func(a, b engine.Write) int { return cmp.Compare(a.RID, b.RID) })
	fresh := 0
	for fresh < len(t.pending) && t.pending[fresh].RID == 0 {
		fresh++
	}
	out, err := t.db.rids.take(ctx, q, fresh)
	if err != nil {
		return nil, failure(err)
	}
	for _, w := range t.pending[fresh:] {
		out = append(out, w.RID)
	}
	return out, nil
}

func (t *tx) queueVersions(b *pgx.Batch, rids []int64) {
	var rid []int64
	var typ, method, blobs []int16
	var version []int32
	var updated []time.Time
	var content [][]byte
	size := 0
	flush := func() {
		switch len(rid) {
		case 0:
		case 1:
			b.Queue(insertVersion, rid[0], typ[0], version[0], updated[0], method[0], blobs[0], content[0])
		default:
			b.Queue(insertVersions, rid, typ, version, updated, method, blobs, content)
		}
		rid, typ, method, blobs, version, updated, content, size = nil, nil, nil, nil, nil, nil, nil, 0
	}
	var objects struct {
		rid               []int64
		version, position []int32
		sha256            [][]byte
	}
	for i, w := range t.pending {
		r := w.Resource
		stored := t.db.codec.encode(r.JSON, own{r.ID, r.Updated})
		rid, typ, version = append(rid, rids[i]), append(typ, t.db.types[r.Type]), append(version, int32(r.Version))
		updated, method, blobs = append(updated, r.Updated), append(method, methods[r.Method]), append(blobs, int16(len(w.Blobs)))
		content = append(content, stored)
		for _, at := range w.Blobs {
			objects.rid, objects.version = append(objects.rid, rids[i]), append(objects.version, int32(r.Version))
			objects.position, objects.sha256 = append(objects.position, int32(at.Offset)), append(objects.sha256, at.Object.SHA256[:])
		}
		if size += len(stored); size > maxStatement {
			flush()
		}
	}
	flush()
	if len(objects.rid) > 0 {
		b.Queue(insertVersionObjects, objects.rid, objects.version, objects.position, objects.sha256)
	}
}

// queueHomes writes what changed in the membership of compartments.
func (t *tx) queueHomes(b *pgx.Batch, rids []int64) {
	var leave, enter struct {
		rid     []int64
		home    [][16]byte
		typ     []int16
		param   []int16
		version []int32
	}
	var all struct {
		rid     []int64
		version []int32
	}
	for i, w := range t.pending {
		version := int32(w.Resource.Version)
		before, after := homes(w.Old.Homes), homes(w.New.Homes)
		if w.Revived {
			all.rid, all.version = append(all.rid, rids[i]), append(all.version, version)
			before = nil
		}
		for h := range before {
			if !after[h] {
				leave.rid, leave.home = append(leave.rid, rids[i]), append(leave.home, h.key)
				leave.param, leave.version = append(leave.param, t.db.params[h.param]), append(leave.version, version)
			}
		}
		for h := range after {
			if !before[h] {
				enter.rid, enter.home, enter.typ = append(enter.rid, rids[i]), append(enter.home, h.key), append(enter.typ, t.db.types[w.Resource.Type])
				enter.param, enter.version = append(enter.param, t.db.params[h.param]), append(enter.version, version)
			}
		}
	}
	if len(all.rid) > 0 {
		b.Queue(leaveAllHomes, all.rid, all.version)
	}
	if len(leave.rid) > 0 {
		b.Queue(leaveHomes, leave.rid, leave.home, leave.param, leave.version)
	}
	if len(enter.rid) > 0 {
		b.Queue(enterHomes, enter.rid, enter.home, enter.typ, enter.param, enter.version)
	}
}

// home is one membership as it is stored.
type home struct {
	key   [16]byte
	param string
}

func homes(list []search.Home) map[home]bool {
	set := make(map[home]bool, len(list))
	for _, h := range list {
		set[home{homeKey(h.Type, h.ID), h.Param}] = true
	}
	return set
}
