package raw

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// scratch is the database that the raw side has to itself.
const scratch = "webdoctor_bench_raw"

// Database is the scratch database of the raw side.
type Database struct {
	config *pgx.ConnConfig
	admin  *pgx.Conn
	keep   bool // the database outlives its use
}

// Open makes the scratch database on the server of the URL, in place of one
// that an earlier run may have left, and the schema in it. It refuses a server
// that does not keep what it has acknowledged, because figures against it
// would flatter.
func Open(ctx context.Context, url string) (*Database, error) { return open(ctx, url, true, false) }

// Keep is Open for a database that stays when it is closed.
func Keep(ctx context.Context, url string) (*Database, error) { return open(ctx, url, true, true) }

// Reopen uses what Keep has made.
func Reopen(ctx context.Context, url string) (*Database, error) { return open(ctx, url, false, true) }

func open(ctx context.Context, url string, fresh, keep bool) (*Database, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("raw postgres: %w", err)
	}
	first, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("raw postgres: %w", err)
	}
	defer first.Close(ctx)
	if err := durable(ctx, first); err != nil {
		return nil, err
	}
	d := &Database{config: config.Copy(), keep: keep}
	d.config.Database = scratch
	if fresh {
		for _, sql := range []string{"DROP DATABASE IF EXISTS " + scratch + " WITH (FORCE)", "CREATE DATABASE " + scratch} {
			if _, err := first.Exec(ctx, sql); err != nil {
				return nil, fmt.Errorf("raw postgres: %s: %w", sql, err)
			}
		}
	}
	if d.admin, err = pgx.ConnectConfig(ctx, d.config); err != nil {
		return nil, fmt.Errorf("raw postgres: %w", err)
	}
	if !fresh {
		return d, nil
	}
	if _, err := d.admin.Exec(ctx, Schema); err != nil {
		return nil, errors.Join(fmt.Errorf("raw postgres: schema: %w", err), d.admin.Close(ctx))
	}
	_, _ = d.admin.Exec(ctx, lz4)
	return d, nil
}

func durable(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return fmt.Errorf("raw postgres: %w", err)
		}
		if value != "on" {
			return fmt.Errorf("raw postgres: %s is %s: a comparison needs it on", name, value)
		}
	}
	return nil
}

// Conn is a connection for one worker.
func (d *Database) Conn(ctx context.Context) (*Conn, error) {
	pg, err := pgx.ConnectConfig(ctx, d.config)
	if err != nil {
		return nil, fmt.Errorf("raw postgres: %w", err)
	}
	return &Conn{pg: pg}, nil
}

// Admin is the connection for housekeeping; it is in the scratch database.
func (d *Database) Admin() *pgx.Conn { return d.admin }

// Count is the number of rows of a table of the schema, for tests and checks.
func (d *Database) Count(ctx context.Context, table string) (n int, err error) {
	err = d.admin.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n)
	return n, err
}

// Close drops the scratch database, unless it is kept.
func (d *Database) Close(ctx context.Context) error {
	if err := d.admin.Close(ctx); err != nil || d.keep {
		return err
	}
	config := d.config.Copy()
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("raw postgres: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+scratch+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("raw postgres: %w", err)
	}
	return nil
}
