package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

// Keys are the keys that sign identity tokens, the newest first.
func (o *OAuth) Keys(ctx context.Context) ([]oauth.Key, error) {
	return readKeys(ctx, o.in(ctx))
}

func readKeys(ctx context.Context, db statements) ([]oauth.Key, error) {
	rows, err := db.Query(ctx, `SELECT id, state, private, since FROM oauth_key ORDER BY since DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", failure(err))
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k oauth.Key, err error) {
		err = row.Scan(&k.ID, &k.State, &k.Private, &k.Since)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", failure(err))
	}
	return keys, nil
}

// ChangeKeys replaces the keys while the table is locked against other
// writers.
func (o *OAuth) ChangeKeys(ctx context.Context, change func([]oauth.Key) ([]oauth.Key, error)) error {
	err := pgx.BeginFunc(ctx, o.db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE oauth_key IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		before, err := readKeys(ctx, tx)
		if err != nil {
			return err
		}
		after, err := change(before)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM oauth_key`); err != nil {
			return err
		}
		for _, k := range after {
			if _, err := tx.Exec(ctx, `INSERT INTO oauth_key (id, state, private, since) VALUES ($1, $2, $3, $4)`, k.ID, k.State, k.Private, k.Since); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change the signing keys: %w", failure(err))
	}
	return nil
}
