package storage

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

// PutAuthorization stores a new request.
func (o *OAuth) PutAuthorization(ctx context.Context, a oauth.Authorization) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if _, err := o.in(ctx).Exec(ctx, `INSERT INTO oauth_authorization (id, client, account, expires, data) VALUES ($1, $2, $3, $4, $5)`,
		a.ID, a.Client, a.Account, a.Expires, json.RawMessage(data)); err != nil {
		return fmt.Errorf("write an authorization request: %w", failure(err))
	}
	return nil
}

// Authorization finds a request that has not expired.
func (o *OAuth) Authorization(ctx context.Context, id string) (oauth.Authorization, error) {
	return readAuthorization(ctx, o.in(ctx), id, "")
}

func readAuthorization(ctx context.Context, db statements, id, lock string) (oauth.Authorization, error) {
	a := oauth.Authorization{ID: id}
	var data []byte
	err := db.QueryRow(ctx, `SELECT client, account, expires, data FROM oauth_authorization WHERE id = $1 AND expires > now()`+lock, id).
		Scan(&a.Client, &a.Account, &a.Expires, &data)
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		return oauth.Authorization{}, gone("authorization request", err)
	}
	return a, nil
}

// UpdateAuthorization changes a request under a lock of its row.
func (o *OAuth) UpdateAuthorization(ctx context.Context, id string, change func(*oauth.Authorization) error) error {
	err := pgx.BeginFunc(ctx, o.db.pool, func(tx pgx.Tx) error {
		a, err := readAuthorization(ctx, tx, id, " FOR UPDATE")
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		data, err := json.Marshal(a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE oauth_authorization SET account = $2, data = $3 WHERE id = $1`, id, a.Account, json.RawMessage(data))
		return err
	})
	return failure(err)
}

// PutLaunch stores a launch under the hash of its id.
func (o *OAuth) PutLaunch(ctx context.Context, id, client string, l oauth.Launch) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(id))
	if _, err := o.in(ctx).Exec(ctx, `INSERT INTO oauth_launch (id, client, expires, data) VALUES ($1, $2, $3, $4)`, sum[:], client, l.Expires, json.RawMessage(data)); err != nil {
		return fmt.Errorf("write a launch: %w", failure(err))
	}
	return nil
}

// TakeLaunch returns a launch once. One of another client stays.
func (o *OAuth) TakeLaunch(ctx context.Context, id, client string) (l oauth.Launch, err error) {
	sum := sha256.Sum256([]byte(id))
	var data []byte
	err = o.in(ctx).QueryRow(ctx, `DELETE FROM oauth_launch WHERE id = $1 AND client = $2 AND expires > now() RETURNING expires, data`, sum[:], client).Scan(&l.Expires, &data)
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err != nil {
		return oauth.Launch{}, gone("launch", err)
	}
	return l, nil
}
