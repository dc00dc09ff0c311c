package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// Swept says what a sweep did and found.
type Swept struct {
	Rows    int // rows of objects that no version mentioned, deleted
	Blobs   blob.Swept
	Missing int // objects that a version mentions and whose bytes are gone: an alarm
}

// Sweep removes what changes that were cut off have left behind, objects and
// rows older than age that no version mentions, and looks whether the bytes
// of all others are there. It may be interrupted anywhere.
func (o *Objects) Sweep(ctx context.Context, age time.Duration) (Swept, error) {
	var s Swept
	// A row that a version mentions cannot go: the foreign key holds it.
	tag, err := o.db.pool.Exec(ctx, `DELETE FROM object o WHERE o.created < now() - $1::interval
   AND NOT EXISTS (SELECT FROM version_object v WHERE v.sha256 = o.sha256)`, age)
	if err != nil {
		return s, fmt.Errorf("sweep rows of objects: %w", failure(err))
	}
	s.Rows = int(tag.RowsAffected())
	if s.Blobs, err = o.blobs.Sweep(ctx, age, o.mentioned); err != nil {
		return s, fmt.Errorf("sweep objects: %w", failure(err))
	}
	return s, o.missing(ctx, &s)
}

// mentioned returns those addresses that have a row.
func (o *Objects) mentioned(ctx context.Context, sums [][32]byte) ([][32]byte, error) {
	list := make([][]byte, len(sums))
	for i := range sums {
		list[i] = sums[i][:]
	}
	rows, err := o.db.pool.Query(ctx, `SELECT sha256 FROM object WHERE sha256 = ANY ($1)`, list)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanSum)
}

func scanSum(row pgx.CollectableRow) (sum [32]byte, err error) {
	var b []byte
	if err = row.Scan(&b); err == nil {
		copy(sum[:], b)
	}
	return sum, err
}

// missing holds the rows against the bytes that are there.
func (o *Objects) missing(ctx context.Context, s *Swept) error {
	rows, err := o.db.pool.Query(ctx, `SELECT DISTINCT sha256 FROM version_object`)
	if err != nil {
		return fmt.Errorf("check objects: %w", failure(err))
	}
	sums, err := pgx.CollectRows(rows, scanSum)
	if err != nil {
		return fmt.Errorf("check objects: %w", failure(err))
	}
	gone := make(map[[32]byte]bool, len(sums))
	for _, sum := range sums {
		gone[sum] = true
	}
	err = o.blobs.Walk(ctx, func(sum [32]byte, _ int64, _ time.Time) error {
		delete(gone, sum)
		return nil
	})
	if err != nil {
		return fmt.Errorf("check objects: %w", failure(err))
	}
	for sum := range gone {
		o.db.log.Error("object is missing", "sha256", fmt.Sprintf("%x", sum))
	}
	s.Missing = len(gone)
	return nil
}
