package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/bench/proc"
)

// The settings that decide what a write costs. The report shows them for both
// sides.
var settings = []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_compression", "shared_buffers",
	"max_wal_size", "checkpoint_timeout", "default_toast_compression"}

// database is a look into one of the two databases from outside.
type database struct {
	conn *pgx.Conn
	pid  int // of the postmaster, 0 if it is not on this machine
}

// openDatabase connects. The postmaster is the parent of the backend that
// serves us, if that is a process of this machine.
func openDatabase(ctx context.Context, url string) (*database, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	return look(ctx, conn)
}

func look(ctx context.Context, conn *pgx.Conn) (*database, error) {
	d := &database{conn: conn}
	var backend int
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, err
	}
	if b, err := proc.Read(backend); err == nil && b.Command == "postgres" {
		if p, err := proc.Read(b.Parent); err == nil && p.Command == "postgres" {
			d.pid = p.PID
		}
	}
	return d, nil
}

// openOwn connects to the one database that a server has made on its own
// Postgres.
func openOwn(ctx context.Context, url func(database string) string) (*database, error) {
	first, err := pgx.Connect(ctx, url("postgres"))
	if err != nil {
		return nil, err
	}
	rows, err := first.Query(ctx, "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
	if err != nil {
		return nil, errors.Join(err, first.Close(ctx))
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err = errors.Join(err, first.Close(ctx)); err != nil {
		return nil, err
	}
	switch len(names) {
	case 0:
		return openDatabase(ctx, url("postgres"))
	case 1:
		return openDatabase(ctx, url(names[0]))
	}
	return nil, fmt.Errorf("it has %d databases", len(names))
}

// wal is how much write-ahead log there has ever been, in bytes.
func (d *database) wal(ctx context.Context) (bytes float64, err error) {
	err = d.conn.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8").Scan(&bytes)
	return bytes, err
}

// size is what the database takes on disk.
func (d *database) size(ctx context.Context) (bytes float64, err error) {
	err = d.conn.QueryRow(ctx, "SELECT pg_database_size(current_database())::float8").Scan(&bytes)
	return bytes, err
}

// tidy makes the statistics and the visibility map tell the truth.
func (d *database) tidy(ctx context.Context) error {
	_, err := d.conn.Exec(ctx, "VACUUM ANALYZE")
	return err
}

func (d *database) settings(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	rows, err := d.conn.Query(ctx, "SELECT name, setting || coalesce(unit, '') FROM pg_settings WHERE name = ANY ($1)", settings)
	if err != nil {
		return nil, err
	}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		found[name] = value
		return nil
	})
	return found, err
}
