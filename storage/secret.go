package storage

import (
	"context"
	"crypto/rand"
	"fmt"
)

// Secret is the key of that name and size, made at random when it is first
// asked for and from then on the same for every server of the database.
func (db *DB) Secret(ctx context.Context, name string, size int) ([]byte, error) {
	fresh := make([]byte, size)
	_, _ = rand.Read(fresh) // never fails
	if _, err := db.pool.Exec(ctx, `INSERT INTO server_secret (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, fresh); err != nil {
		return nil, fmt.Errorf("make the secret %s: %w", name, failure(err))
	}
	var secret []byte
	if err := db.pool.QueryRow(ctx, `SELECT secret FROM server_secret WHERE name = $1`, name).Scan(&secret); err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", name, failure(err))
	}
	if len(secret) != size {
		return nil, fmt.Errorf("the secret %s has %d bytes, not %d", name, len(secret), size)
	}
	return secret, nil
}
