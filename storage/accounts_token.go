package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

const tokenColumns = `hash, purpose, coalesce(account::text, ''), email, by, data, created, expires`

func scanToken(row pgx.CollectableRow) (k accounts.Token, err error) {
	err = row.Scan(&k.Hash, &k.Purpose, &k.Account, &k.Email, &k.By, &k.Data, &k.Created, &k.Expires)
	k.Created, k.Expires = k.Created.UTC(), k.Expires.UTC()
	return k, err
}

func (t accountsTx) AddToken(ctx context.Context, k accounts.Token) error {
	_, err := t.exec(ctx, "add a token", `INSERT INTO account_token (hash, purpose, account, email, by, data, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.Hash, k.Purpose, nullable(k.Account), k.Email, k.By, k.Data, k.Created, k.Expires)
	return err
}

func (t accountsTx) Token(ctx context.Context, hash []byte, now time.Time) (accounts.Token, error) {
	return first(ctx, t, "find a token", scanToken, `SELECT `+tokenColumns+` FROM account_token WHERE hash = $1 AND expires > $2`, hash, now)
}

// TakeToken deletes: of two transactions at once the second finds the row
// gone.
func (t accountsTx) TakeToken(ctx context.Context, hash []byte, now time.Time) (accounts.Token, error) {
	return first(ctx, t, "use a token up", scanToken, `DELETE FROM account_token WHERE hash = $1 AND expires > $2 RETURNING `+tokenColumns, hash, now)
}

func (t accountsTx) DropTokens(ctx context.Context, account string, purposes ...accounts.Purpose) error {
	var only []string
	for _, p := range purposes {
		only = append(only, string(p))
	}
	_, err := t.exec(ctx, "drop tokens", `DELETE FROM account_token WHERE account IS NOT DISTINCT FROM $1 AND ($2::text[] IS NULL OR purpose = ANY ($2))`, nullable(account), only)
	return err
}

func (t accountsTx) PendingTokens(ctx context.Context, account string, p accounts.Purpose, now time.Time) ([]accounts.Token, error) {
	return all(ctx, t, "list tokens", scanToken, `SELECT `+tokenColumns+` FROM account_token WHERE account = $1 AND purpose = $2 AND expires > $3 ORDER BY created, hash`, account, p, now)
}

// LockCounters makes those that are missing and locks all, in the order of
// their keys.
func (t accountsTx) LockCounters(ctx context.Context, keys [][]byte) ([]accounts.Counter, error) {
	rows, err := all(ctx, t, "lock counters", func(row pgx.CollectableRow) (c accounts.Counter, err error) {
		var until *time.Time
		err = row.Scan(&c.Key, &c.Count, &c.Begun, &until)
		c.Begun, c.Until = c.Begun.UTC(), utc(until)
		return c, err
	}, `INSERT INTO account_counter AS c (key, count, begun) SELECT key, 0, 'epoch' FROM unnest($1::bytea[]) AS u (key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET count = c.count RETURNING key, count, begun, until`, keys)
	if err != nil {
		return nil, err
	}
	byKey := map[string]accounts.Counter{}
	for _, c := range rows {
		byKey[string(c.Key)] = c
	}
	list := make([]accounts.Counter, len(keys))
	for i, key := range keys {
		list[i] = byKey[string(key)]
	}
	return list, nil
}

func (t accountsTx) SetCounters(ctx context.Context, list []accounts.Counter) error {
	var keys [][]byte
	var counts []int
	var begun, until []*time.Time
	for _, c := range list {
		keys, counts, begun = append(keys, c.Key), append(counts, c.Count), append(begun, &c.Begun)
		if c.Until.IsZero() {
			until = append(until, nil)
		} else {
			until = append(until, &c.Until)
		}
	}
	_, err := t.exec(ctx, "set counters", `UPDATE account_counter c SET count = u.count, begun = u.begun, until = u.until
FROM unnest($1::bytea[], $2::int[], $3::timestamptz[], $4::timestamptz[]) AS u (key, count, begun, until) WHERE c.key = u.key`, keys, counts, begun, until)
	return err
}
