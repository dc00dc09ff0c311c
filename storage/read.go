package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// Resources keeps resources: it is the engine's store.
type Resources struct {
	reader
	params *search.Registry
}

var _ engine.Store = (*Resources)(nil)

// NewResources returns the store over db.
func NewResources(db *DB, params *search.Registry) *Resources {
	return &Resources{reader: reader{db: db, q: db.pool}, params: params}
}

// reader reads through the pool or inside a transaction.
type reader struct {
	db *DB
	q  querier
}

var methods = map[fhir.Method]int16{fhir.POST: 1, fhir.PUT: 2, fhir.PATCH: 3, fhir.DELETE: 4}

func methodOf(n int16) fhir.Method {
	return [...]fhir.Method{"", fhir.POST, fhir.PUT, fhir.PATCH, fhir.DELETE}[n]
}

// errNotFound is the one answer for what is missing and what is hidden.
func errNotFound(k fhir.Key) error {
	return fhir.Errorf(fhir.NotFound, "no resource %s", k)
}

const selectHead = `SELECT r.rid, v.version, v.updated, v.method, v.blobs, v.content
  FROM resource r JOIN version v ON v.rid = r.rid AND v.version = `

// Read returns the head, or the version named by k.
func (r reader) Read(ctx context.Context, f engine.Fence, k fhir.Key) (engine.Stored, error) {
	typ, ok := r.db.types[k.Type]
	if !ok {
		return engine.Stored{}, errNotFound(k)
	}
	a := sqlArgs{args: make([]any, 0, 3)}
	version, reach := "r.version", ""
	where := " WHERE r.type = " + a.add(typ) + " AND r.id = " + a.add(k.ID)
	if k.Version != 0 {
		version, reach = a.add(k.Version), "v.version"
	}
	fence, err := r.db.fenceWhere(f, "r", reach, &a)
	if err != nil {
		return engine.Stored{}, err
	}
	var row versionRow
	err = row.scan(r.q.QueryRow(ctx, selectHead+version+where+" AND "+fence, a.args...))
	if errors.Is(err, pgx.ErrNoRows) {
		return engine.Stored{}, errNotFound(k)
	}
	if err != nil {
		return engine.Stored{}, fmt.Errorf("read %s: %w", k.Type, failure(err))
	}
	s, _, err := r.db.recent.stored(r, &row, k.Type, k.ID, nil)
	if err != nil {
		return engine.Stored{}, err
	}
	if row.blobs > 0 {
		list := []engine.Stored{s}
		err = r.attach(ctx, list)
		s = list[0]
	}
	return s, err
}

// versionRow is one row of version as every reading statement selects it.
type versionRow struct {
	rid     int64
	version int
	updated time.Time
	method  int16
	blobs   int16
	content []byte
}

func (v *versionRow) scan(row pgx.Row, more ...any) error {
	return row.Scan(append([]any{&v.rid, &v.version, &v.updated, &v.method, &v.blobs, &v.content}, more...)...)
}

// stored decodes a row.
func (r reader) stored(v *versionRow, typ, id string) (engine.Stored, error) {
	content, err := r.db.codec.decode(v.content, own{id, v.updated})
	if err != nil {
		return engine.Stored{}, fmt.Errorf("%s/%s version %d: %w", typ, id, v.version, err)
	}
	return storedAs(v, typ, id, content), nil
}

// storedAs is a row whose content is decoded.
func storedAs(v *versionRow, typ, id string, content []byte) engine.Stored {
	return engine.Stored{RID: v.rid, Resource: fhir.Resource{
		Key:     fhir.Key{Type: typ, ID: id, Version: v.version},
		Updated: v.updated.UTC(), Method: methodOf(v.method), Deleted: content == nil, JSON: content,
	}}
}

// attach fills in which parts of the versions are kept as objects.
func (r reader) attach(ctx context.Context, list []engine.Stored) error {
	rids, versions := make([]int64, len(list)), make([]int32, len(list))
	at := map[[2]int64]int{}
	for i, s := range list {
		rids[i], versions[i] = s.RID, int32(s.Version)
		at[[2]int64{s.RID, int64(s.Version)}] = i
	}
	rows, err := r.q.Query(ctx, `SELECT b.rid, b.version, b.position, o.sha256, o.size, o.chunks
  FROM unnest($1::bigint[], $2::integer[]) AS w (rid, version)
  JOIN version_object b ON b.rid = w.rid AND b.version = w.version
  JOIN object o ON o.sha256 = b.sha256 ORDER BY b.rid, b.version, b.position`, rids, versions)
	if err != nil {
		return fmt.Errorf("read the objects of a version: %w", failure(err))
	}
	defer rows.Close()
	for rows.Next() {
		var rid, size int64
		var version, position int
		var sum, chunks []byte
		if err := rows.Scan(&rid, &version, &position, &sum, &size, &chunks); err != nil {
			return failure(err)
		}
		object, err := objectOf(sum, size, chunks)
		if err != nil {
			return err
		}
		s := &list[at[[2]int64{rid, int64(version)}]]
		s.Blobs = append(s.Blobs, engine.BlobAt{Offset: position, Object: object})
	}
	return failure(rows.Err())
}

// Heads returns the current versions of those keys that exist, and whether
// the fence hides them. Inside a transaction the rows are locked, in an order
// that every writer shares.
func (r reader) Heads(ctx context.Context, f engine.Fence, keys []fhir.Key) (map[fhir.Key]engine.Head, error) {
	return r.heads(ctx, f, keys, false)
}

func (r reader) heads(ctx context.Context, f engine.Fence, keys []fhir.Key, lock bool) (map[fhir.Key]engine.Head, error) {
	types, ids := make([]int16, 0, len(keys)), make([]string, 0, len(keys))
	for _, k := range keys {
		if t, ok := r.db.types[k.Type]; ok {
			types, ids = append(types, t), append(ids, k.ID)
		}
	}
	a := sqlArgs{args: []any{types, ids}}
	fence, err := r.db.fenceWhere(f, "r", "", &a)
	if err != nil {
		return nil, err
	}
	sql := `SELECT r.rid, v.version, v.updated, v.method, v.blobs, v.content, r.type, r.id, ` + fence + `
  FROM unnest($1::smallint[], $2::text[]) AS w (type, id)
  JOIN resource r ON r.type = w.type AND r.id = w.id
  JOIN version v ON v.rid = r.rid AND v.version = r.version`
	if lock {
		// Locked first in a statement of their own: what is read afterwards
		// is what the lock protects.
		rows, err := r.q.Query(ctx, `SELECT r.rid FROM unnest($1::smallint[], $2::text[]) AS w (type, id)
  JOIN resource r ON r.type = w.type AND r.id = w.id ORDER BY r.rid FOR UPDATE OF r`, types, ids)
		if err != nil {
			return nil, fmt.Errorf("lock resources: %w", failure(err))
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("lock resources: %w", failure(err))
		}
	}
	rows, err := r.q.Query(ctx, sql, a.args...)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", failure(err))
	}
	defer rows.Close()
	heads := make(map[fhir.Key]engine.Head, len(keys))
	var blobs []engine.Stored
	for rows.Next() {
		var row versionRow
		var typ int16
		var id string
		var visible bool
		if err := row.scan(rows, &typ, &id, &visible); err != nil {
			return nil, failure(err)
		}
		s, err := r.stored(&row, r.db.names[typ], id)
		if err != nil {
			return nil, err
		}
		heads[s.Current()] = engine.Head{Stored: s, Hidden: !visible}
		if row.blobs > 0 {
			blobs = append(blobs, s)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read heads: %w", failure(err))
	}
	rows.Close()
	if len(blobs) > 0 {
		if err := r.attach(ctx, blobs); err != nil {
			return nil, err
		}
		for _, s := range blobs {
			h := heads[s.Current()]
			h.Blobs = s.Blobs
			heads[s.Current()] = h
		}
	}
	return heads, nil
}
