package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/webdoctor/webdoctor/storage"
)

// oauthSecret is the name and the size of the key that makes tokens valid.
const (
	oauthSecret     = "oauth tokens"
	oauthSecretSize = 32
)

// beside opens the database for a command of the owner of the machine that
// changes a few rows: the configured one, that of the server which holds the
// data directory, or one that is started for the command alone. done ends
// what was started.
func (d Data) beside(ctx context.Context, command string, log *slog.Logger) (_ *storage.DB, done func(), err error) {
	configured, err := services(osEnv)
	if err != nil {
		return nil, nil, err
	}
	b := &Backends{DatabaseURL: configured.Database, log: log}
	end := func() { b.Close(context.WithoutCancel(ctx)) }
	if b.DatabaseURL == "" {
		c, err := claim(d.Dir, command)
		if t, ok := errors.AsType[*taken](err); ok && t.holder.Database != "" {
			// The server has brought the schema up to date.
			db, err := storage.Open(ctx, t.holder.Database, storage.Config{Logger: log, MaxConns: 2})
			if err != nil {
				return nil, nil, fmt.Errorf("database of the running server: %w", err)
			}
			return db, db.Close, nil
		}
		if err != nil {
			return nil, nil, err
		}
		end = func() { b.Close(context.WithoutCancel(ctx)); c.Release() }
	}
	if err := b.openDatabase(ctx, d.Dir); err != nil {
		end()
		return nil, nil, err
	}
	return b.DB, end, nil
}
