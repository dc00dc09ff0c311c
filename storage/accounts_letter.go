package storage

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

const letterColumns = `id::text, kind, coalesce(account::text, ''), sealed, created, due, attempts, state`

func scanLetter(row pgx.CollectableRow) (l accounts.Letter, err error) {
	err = row.Scan(&l.ID, &l.Kind, &l.Account, &l.Sealed, &l.Created, &l.Due, &l.Attempts, &l.State)
	l.Created, l.Due = l.Created.UTC(), l.Due.UTC()
	return l, err
}

func (t accountsTx) AddLetter(ctx context.Context, l accounts.Letter) error {
	_, err := t.exec(ctx, "add a letter", `INSERT INTO account_letter (id, kind, account, sealed, created, due, attempts, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		l.ID, l.Kind, nullable(l.Account), l.Sealed, l.Created, l.Due, l.Attempts, l.State)
	return err
}

func (t accountsTx) TakeLetter(ctx context.Context, now time.Time, lease time.Duration) (accounts.Letter, error) {
	return first(ctx, t, "take a letter", scanLetter, `UPDATE account_letter SET due = $2 WHERE id = (
  SELECT id FROM account_letter WHERE state = 'queued' AND due <= $1 ORDER BY due, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING `+letterColumns, now, now.Add(lease))
}

func (t accountsTx) ChangeLetter(ctx context.Context, l accounts.Letter) error {
	return t.one(ctx, "change a letter", `UPDATE account_letter SET kind = $2, account = $3, sealed = $4, due = $5, attempts = $6, state = $7 WHERE id = $1`,
		l.ID, l.Kind, nullable(l.Account), l.Sealed, l.Due, l.Attempts, l.State)
}

func (t accountsTx) DropLetter(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "drop a letter", `DELETE FROM account_letter WHERE id = $1`, id)
	return err
}

func (t accountsTx) KeptLetters(ctx context.Context, n int) ([]accounts.Letter, error) {
	return all(ctx, t, "list letters", scanLetter, `SELECT `+letterColumns+` FROM account_letter WHERE state = 'kept' ORDER BY created DESC, id LIMIT $1`, n)
}

func (t accountsTx) AddEvent(ctx context.Context, e accounts.Event) error {
	_, err := t.exec(ctx, "write an event down", `INSERT INTO account_event (id, at, what, failed, by, account, session, address, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.ID, e.At, e.What, e.Failed, e.By, e.Account, e.Session, e.Address, e.Detail)
	return err
}

// TakeEvents lets one server at a time hand events over, so that they arrive
// in order.
func (t accountsTx) TakeEvents(ctx context.Context, n int) ([]accounts.Event, error) {
	var mine bool
	if err := t.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('account_event'))`).Scan(&mine); err != nil || !mine {
		return nil, none(err, "lock the events")
	}
	type numbered struct {
		number int64
		accounts.Event
	}
	rows, err := all(ctx, t, "take events", func(row pgx.CollectableRow) (e numbered, err error) {
		err = row.Scan(&e.number, &e.ID, &e.At, &e.What, &e.Failed, &e.By, &e.Account, &e.Session, &e.Address, &e.Detail)
		e.At = e.At.UTC()
		return e, err
	}, `DELETE FROM account_event WHERE number IN (SELECT number FROM account_event ORDER BY number LIMIT $1) RETURNING number, id::text, at, what, failed, by, account, session, address, detail`, n)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b numbered) int { return int(a.number - b.number) })
	events := make([]accounts.Event, len(rows))
	for i, r := range rows {
		events[i] = r.Event
	}
	return events, nil
}
