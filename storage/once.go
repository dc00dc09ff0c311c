package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/webdoctor/webdoctor/fhir"
)

// insertKey marks a request as carried out.
const insertKey = `INSERT INTO idempotency_key (key) VALUES ($1)`

// keyOf finds the key in a context.
type keyOf struct{}

// idempotency is the key of one request. It is used by one goroutine.
type idempotency struct {
	key  string
	used bool // written down by a change of this request
}

// Once returns a context whose first change that writes something also writes
// the key down, in its own transaction. It fails with Conflict when the key
// has been written down before, and then the change has no effect.
func Once(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyOf{}, &idempotency{key: key})
}

// idempotencyOf is the key that has still to be written, nil for none.
func idempotencyOf(ctx context.Context) *idempotency {
	if i, ok := ctx.Value(keyOf{}).(*idempotency); ok && !i.used {
		return i
	}
	return nil
}

// done notes how the change ended that wrote the key.
func (i *idempotency) done(err error) {
	if i != nil && err == nil {
		i.used = true
	}
}

// Used says whether a change with that key was made.
func (db *DB) Used(ctx context.Context, key string) (bool, error) {
	var used bool
	err := db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM idempotency_key WHERE key = $1)`, key).Scan(&used)
	if err != nil {
		return false, fmt.Errorf("look up an idempotency key: %w", failure(err))
	}
	return used, nil
}

// Use writes a key down by itself, for a deed of many changes that has come to
// its end. Twice is once.
func (db *DB) Use(ctx context.Context, key string) error {
	if _, err := db.pool.Exec(ctx, insertKey+` ON CONFLICT DO NOTHING`, key); err != nil {
		return fmt.Errorf("write down an idempotency key: %w", failure(err))
	}
	return nil
}

// keyTaken is the error of a key that another request wrote down first.
func keyTaken(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" && pg.ConstraintName == "idempotency_key_used_once" {
		return &fhir.Error{Code: fhir.Conflict, Message: "a request with this idempotency key was carried out before", Err: err}
	}
	return nil
}
