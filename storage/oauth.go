package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
)

// OAuth keeps what the authorization server remembers. It holds no clinical
// data, so that no fence stands before it.
type OAuth struct{ db *DB }

var _ oauth.Store = (*OAuth)(nil)

// NewOAuth keeps it in a database.
func NewOAuth(db *DB) *OAuth { return &OAuth{db: db} }

// statements is what the pool and a transaction have in common.
type statements interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

type oauthTxKey struct{}

// in is the transaction that the context carries, else the pool.
func (o *OAuth) in(ctx context.Context) statements {
	if tx, ok := ctx.Value(oauthTxKey{}).(pgx.Tx); ok {
		return tx
	}
	return o.db.pool
}

// Begin opens a transaction.
func (o *OAuth) Begin(ctx context.Context) (context.Context, error) {
	if _, open := ctx.Value(oauthTxKey{}).(pgx.Tx); open {
		return ctx, errors.New("begin: a transaction is open")
	}
	tx, err := o.db.pool.Begin(ctx)
	if err != nil {
		return ctx, fmt.Errorf("begin: %w", failure(err))
	}
	return context.WithValue(ctx, oauthTxKey{}, tx), nil
}

// Commit ends the transaction of the context.
func (o *OAuth) Commit(ctx context.Context) error {
	tx, ok := ctx.Value(oauthTxKey{}).(pgx.Tx)
	if !ok {
		return errors.New("commit: no transaction is open")
	}
	return failure(tx.Commit(ctx))
}

// Rollback ends the transaction of the context without a trace. After a
// commit it does nothing.
func (o *OAuth) Rollback(ctx context.Context) error {
	tx, ok := ctx.Value(oauthTxKey{}).(pgx.Tx)
	if !ok {
		return errors.New("rollback: no transaction is open")
	}
	if err := tx.Rollback(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		return failure(err)
	}
	return nil
}

// gone is the answer for a row that is not there.
func gone(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fhir.Errorf(fhir.NotFound, "no such %s", what)
	}
	return fmt.Errorf("read the %s: %w", what, failure(err))
}

// sweepOAuth are the tables whose rows expire. A spent refresh token stays
// until it would have expired, so that its second use is noticed.
var sweepOAuth = []string{"oauth_token", "oauth_authorization", "oauth_launch", "oauth_assertion"}

// SweepOAuth deletes what has expired, a batch at a time, so that no
// statement holds many locks.
func (o *OAuth) SweepOAuth(ctx context.Context) (int64, error) {
	const batch = 1000
	var all int64
	for _, table := range sweepOAuth {
		for {
			tag, err := o.db.pool.Exec(ctx, `DELETE FROM `+table+` WHERE ctid IN (SELECT ctid FROM `+table+` WHERE expires < now() LIMIT $1 FOR UPDATE SKIP LOCKED)`, batch)
			if err != nil {
				return all, fmt.Errorf("sweep %s: %w", table, failure(err))
			}
			all += tag.RowsAffected()
			if tag.RowsAffected() < batch {
				break
			}
		}
	}
	return all, nil
}

// Assertion writes down that a client has used an assertion.
func (o *OAuth) Assertion(ctx context.Context, client, jti string, until time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(jti))
	tag, err := o.in(ctx).Exec(ctx, `INSERT INTO oauth_assertion (client, jti, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, client, sum[:], until)
	if err != nil {
		return false, fmt.Errorf("write an assertion: %w", failure(err))
	}
	return tag.RowsAffected() == 1, nil
}
