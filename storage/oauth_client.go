package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

const oauthClientColumns = `id, name, method, secret, former, keys, keys_url, redirects, launch_url, origins, grants, scopes, introspects, state, about, registration, created`

func scanClient(row pgx.CollectableRow) (c oauth.Client, err error) {
	var about []byte
	err = row.Scan(&c.ID, &c.Name, &c.Method, &c.Secret, &c.Former, &c.Keys, &c.KeysURL, &c.Redirects, &c.LaunchURL, &c.Origins,
		&c.Grants, &c.Scopes, &c.Introspects, &c.State, &about, &c.Registration, &c.Created)
	if err == nil {
		err = json.Unmarshal(about, &c.About)
	}
	return c, err
}

// Client finds a client in whatever state.
func (o *OAuth) Client(ctx context.Context, id string) (oauth.Client, error) {
	rows, err := o.in(ctx).Query(ctx, `SELECT `+oauthClientColumns+` FROM oauth_client WHERE id = $1`, id)
	if err != nil {
		return oauth.Client{}, gone("client", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanClient)
	if err != nil {
		return oauth.Client{}, gone("client", err)
	}
	return c, nil
}

// Clients are all of them, the oldest first.
func (o *OAuth) Clients(ctx context.Context) ([]oauth.Client, error) {
	rows, err := o.in(ctx).Query(ctx, `SELECT `+oauthClientColumns+` FROM oauth_client ORDER BY created, id`)
	if err != nil {
		return nil, fmt.Errorf("read the clients: %w", failure(err))
	}
	all, err := pgx.CollectRows(rows, scanClient)
	if err != nil {
		return nil, fmt.Errorf("read the clients: %w", failure(err))
	}
	return all, nil
}

// PutClient stores a new client or replaces an old one.
func (o *OAuth) PutClient(ctx context.Context, c oauth.Client) error {
	about, err := json.Marshal(c.About)
	if err != nil {
		return err
	}
	var keys any
	if len(c.Keys) > 0 {
		keys = json.RawMessage(c.Keys)
	}
	_, err = o.in(ctx).Exec(ctx, `INSERT INTO oauth_client (`+oauthClientColumns+`)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, method = excluded.method, secret = excluded.secret, former = excluded.former, keys = excluded.keys,
  keys_url = excluded.keys_url, redirects = excluded.redirects, launch_url = excluded.launch_url, origins = excluded.origins, grants = excluded.grants,
  scopes = excluded.scopes, introspects = excluded.introspects, state = excluded.state, about = excluded.about, registration = excluded.registration`,
		c.ID, c.Name, c.Method, c.Secret, c.Former, keys, c.KeysURL, list(c.Redirects), c.LaunchURL, list(c.Origins),
		list(c.Grants), c.Scopes, c.Introspects, c.State, json.RawMessage(about), c.Registration, c.Created)
	if err != nil {
		return fmt.Errorf("write a client: %w", failure(err))
	}
	return nil
}

// list is never NULL.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// Origin says whether an active client has web pages of that origin.
func (o *OAuth) Origin(ctx context.Context, origin string) (known bool, err error) {
	err = o.in(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT FROM oauth_client WHERE state = 'active' AND $1 = ANY (origins))`, origin).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look for an origin: %w", failure(err))
	}
	return known, nil
}
