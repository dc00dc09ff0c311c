package storage

import (
	"context"
	"fmt"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// Missing returns those of the keys that name no current resource, a deleted
// one or one that the fence hides.
func (r reader) Missing(ctx context.Context, f engine.Fence, keys []fhir.Key) ([]fhir.Key, error) {
	types, ids, at := make([]int16, 0, len(keys)), make([]string, 0, len(keys)), make([]int32, 0, len(keys))
	var missing []fhir.Key
	for i, k := range keys {
		if t, ok := r.db.types[k.Type]; ok {
			types, ids, at = append(types, t), append(ids, k.ID), append(at, int32(i))
		} else {
			missing = append(missing, k)
		}
	}
	a := sqlArgs{args: []any{types, ids, at}}
	fence, err := r.db.fenceWhere(f, "r", "", &a)
	if err != nil {
		return nil, err
	}
	rows, err := r.q.Query(ctx, `SELECT w.at FROM unnest($1::smallint[], $2::text[], $3::integer[]) AS w (type, id, at)
  WHERE NOT EXISTS (SELECT FROM resource r WHERE r.type = w.type AND r.id = w.id AND NOT r.deleted AND `+fence+`)`, a.args...)
	if err != nil {
		return nil, fmt.Errorf("look for resources: %w", failure(err))
	}
	defer rows.Close()
	for rows.Next() {
		var i int32
		if err := rows.Scan(&i); err != nil {
			return nil, failure(err)
		}
		missing = append(missing, keys[i])
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for resources: %w", failure(err))
	}
	return missing, nil
}

// Missing inside a change sees what it has written.
func (t *tx) Missing(ctx context.Context, f engine.Fence, keys []fhir.Key) ([]fhir.Key, error) {
	if t.conn != nil || len(t.pending) > 0 {
		if err := t.inside(ctx); err != nil {
			return nil, err
		}
	}
	return t.reader.Missing(ctx, f, keys)
}
