package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
)

// Relations are the care relations that no resource makes: connections that
// a patient accepted, and glasses that were broken. Those that resources make
// are written together with them (write_fence.go).
type Relations struct{ db *DB }

// NewRelations returns those of a database.
func NewRelations(db *DB) *Relations { return &Relations{db} }

// Relation is a care relation as it is listed.
type Relation struct {
	ID              int64
	Holder, Patient string // references
	Source, Reason  string
	Opens           []string
	Starts          time.Time
	Ends, Revoked   *time.Time
}

const beginRelation = `INSERT INTO care_relation (holder, patient, holder_ref, patient_ref, source, opens, reason, starts_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + $8::interval) RETURNING id`

// Begin makes a relation that begins now. It ends after a while, or never if
// that is 0.
func (r *Relations) Begin(ctx context.Context, holder, patient fhir.Key, source, reason string, opens []string, lasts time.Duration) (id int64, err error) {
	labels := make([]string, len(opens))
	for i, l := range opens {
		labels[i] = folded(l)
	}
	var why *string
	if reason != "" {
		why = &reason
	}
	var ends *time.Duration
	if lasts > 0 {
		ends = &lasts
	}
	err = r.db.pool.QueryRow(ctx, beginRelation, homeKey(holder.Type, holder.ID), homeKey(patient.Type, patient.ID),
		holder.Current().String(), patient.Current().String(), source, labels, why, ends).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("begin a care relation: %w", failure(err))
	}
	return id, nil
}

// End revokes all relations of a holder with a patient that come from the
// source, and says whether there were any.
func (r *Relations) End(ctx context.Context, holder, patient fhir.Key, source string) (bool, error) {
	tag, err := r.db.pool.Exec(ctx, `UPDATE care_relation SET revoked_at = now() WHERE holder = $1 AND patient = $2 AND source = $3 AND revoked_at IS NULL`,
		homeKey(holder.Type, holder.ID), homeKey(patient.Type, patient.ID), source)
	if err != nil {
		return false, fmt.Errorf("end a care relation: %w", failure(err))
	}
	return tag.RowsAffected() > 0, nil
}

// Of lists the relations of a patient, the newest first.
func (r *Relations) Of(ctx context.Context, patient fhir.Key) ([]Relation, error) {
	return r.list(ctx, `patient = $1 ORDER BY id DESC`, homeKey(patient.Type, patient.ID))
}

// From lists the latest relations of a source, for review.
func (r *Relations) From(ctx context.Context, source string, most int) ([]Relation, error) {
	return r.list(ctx, `source = $1 ORDER BY id DESC LIMIT $2`, source, most)
}

func (r *Relations) list(ctx context.Context, where string, args ...any) ([]Relation, error) {
	rows, err := r.db.pool.Query(ctx, `SELECT id, holder_ref, patient_ref, source, coalesce(reason, ''), opens, starts_at, ends_at, revoked_at FROM care_relation WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list care relations: %w", failure(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Relation])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("list care relations: %w", failure(err))
	}
	return list, nil
}

// Older says whether there are resources from before care relations and
// labels were kept beside resources: a fence would not know of theirs.
func (r *Relations) Older(ctx context.Context) (older bool, err error) {
	err = r.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM resource WHERE NOT deleted AND updated <
  (SELECT min(migrated_at) FROM bun_migrations WHERE name = '20261124000013'))`).Scan(&older)
	if err != nil {
		return false, fmt.Errorf("look for old resources: %w", failure(err))
	}
	return older, nil
}
