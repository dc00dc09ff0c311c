package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// Accounts keeps people. Its statements are pgx's, with parameters: every
// request of a browser and of an app runs one of them, and texts that differ
// each time, as bun makes them, would push the prepared statements of
// searches out of their cache.
//
// Whoever changes something of an account locks the account first, and
// counters last: nobody waits for somebody who waits for them.
type Accounts struct{ db *DB }

var _ accounts.Store = Accounts{}

// NewAccounts returns those of a database.
func NewAccounts(db *DB) Accounts { return Accounts{db} }

// races is how often a transaction is carried out anew.
const races = 5

// Tx carries out one transaction of accounts, anew when it lost a race.
func (a Accounts) Tx(ctx context.Context, f func(accounts.Tx) error) error {
	for n := 1; ; n++ {
		err := failure(pgx.BeginFunc(ctx, a.db.pool, func(tx pgx.Tx) error { return f(accountsTx{tx}) }))
		if !errors.Is(err, engine.ErrRace) || n == races {
			return err
		}
	}
}

// accountsTx is one transaction.
type accountsTx struct{ tx pgx.Tx }

var _ accounts.Tx = accountsTx{}

// none turns the absence of a row into accounts.ErrNone.
func none(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return accounts.ErrNone
	}
	return fmt.Errorf("%s: %w", what, err)
}

// taken turns the violation of a constraint on what only one can have into
// accounts.ErrTaken.
func taken(err error, what string) error {
	if err == nil {
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		switch pg.ConstraintName {
		case "account_mailbox_once", "account_role_person_once", "account_factor_credential_once":
			return accounts.ErrTaken
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// exec carries out a change and says how many rows it was of.
func (t accountsTx) exec(ctx context.Context, what, sql string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), taken(err, what)
}

// one is exec for a change that must find its row.
func (t accountsTx) one(ctx context.Context, what, sql string, args ...any) error {
	n, err := t.exec(ctx, what, sql, args...)
	if err == nil && n == 0 {
		err = accounts.ErrNone
	}
	return err
}

// all reads rows by a function that scans one.
func all[T any](ctx context.Context, t accountsTx, what string, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := t.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// first is the only row, or accounts.ErrNone.
func first[T any](ctx context.Context, t accountsTx, what string, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) (T, error) {
	rows, err := t.tx.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", what, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scan)
	return v, none(err, what)
}

// isID says whether a text can be the id of a row; another one is of none.
func isID(ids ...string) bool {
	for _, id := range ids {
		if len(id) != 36 || uuid.Validate(id) != nil {
			return false
		}
	}
	return true
}

// nullable is nil, and so NULL, for the empty text.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// never is nil, and so NULL, for the zero time.
func never(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// utc is the time of a column that can be NULL.
func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
