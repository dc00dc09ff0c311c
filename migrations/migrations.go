// Package migrations holds the schema as numbered steps and applies them.
// README.md has the rules of thumb.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/migrate"
)

//go:embed *.sql
var files embed.FS

// lock is the advisory lock under which migrations run. A lock of the session
// is used, and not bun's lock table, because a server killed in the middle
// would leave that table locked for ever.
const lock = 0x57656244 // "WebD"

// Status tells how the schema of a database stands to the steps of this
// programme.
type Status struct {
	Applied     []string // names of the steps that were applied
	Pending     []string // names of the steps that are still to come
	Unknown     []string // applied, but not known here: the database is newer
	Fingerprint string   // SHA-256 of the schema as it is now
	Recorded    string   // fingerprint written down after the last step, "" when never migrated
}

// Current says whether the schema is exactly what this programme expects.
func (s Status) Current() bool {
	return len(s.Pending) == 0 && len(s.Unknown) == 0 && s.Fingerprint == s.Recorded
}

// Up applies every pending step, one process at a time, and records the
// fingerprint of the result. It is safe to call from several servers at once
// and again after a crash.
func Up(ctx context.Context, url string) error {
	return with(ctx, url, func(db *bun.DB, m *migrate.Migrator) error {
		if _, err := db.ExecContext(ctx, "SELECT pg_advisory_lock(?)", lock); err != nil {
			return fmt.Errorf("lock the schema: %w", err)
		}
		defer db.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?)", lock)
		if err := m.Init(ctx); err != nil {
			return fmt.Errorf("prepare the list of migrations: %w", err)
		}
		group, err := m.Migrate(ctx)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if group.IsZero() {
			return nil
		}
		if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_fingerprint (one boolean PRIMARY KEY DEFAULT true CHECK (one), sha256 text NOT NULL)`); err != nil {
			return err
		}
		print, err := fingerprint(ctx, db)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `INSERT INTO schema_fingerprint (sha256) VALUES (?) ON CONFLICT (one) DO UPDATE SET sha256 = excluded.sha256`, print)
		return err
	})
}

// Check reads the status without changing anything.
func Check(ctx context.Context, url string) (Status, error) {
	var s Status
	err := with(ctx, url, func(db *bun.DB, m *migrate.Migrator) error {
		known := map[string]bool{}
		for _, step := range steps().Sorted() {
			known[step.Name] = true
		}
		applied := map[string]bool{}
		var there bool
		if err := db.QueryRowContext(ctx, `SELECT to_regclass('bun_migrations') IS NOT NULL`).Scan(&there); err != nil {
			return err
		}
		if there {
			list, err := m.AppliedMigrations(ctx)
			if err != nil {
				return err
			}
			for i := len(list) - 1; i >= 0; i-- {
				name := list[i].Name
				applied[name] = true
				if s.Applied = append(s.Applied, name); !known[name] {
					s.Unknown = append(s.Unknown, name)
				}
			}
		}
		for _, step := range steps().Sorted() {
			if !applied[step.Name] {
				s.Pending = append(s.Pending, step.Name)
			}
		}
		print, err := fingerprint(ctx, db)
		if err != nil {
			return err
		}
		s.Fingerprint = print
		if err := db.QueryRowContext(ctx, `SELECT to_regclass('schema_fingerprint') IS NOT NULL`).Scan(&there); err != nil || !there {
			return err
		}
		return db.QueryRowContext(ctx, `SELECT sha256 FROM schema_fingerprint`).Scan(&s.Recorded)
	})
	return s, err
}

func steps() *migrate.Migrations {
	m := migrate.NewMigrations()
	if err := m.Discover(files); err != nil {
		panic("migrations: " + err.Error()) // an embedded file with a wrong name
	}
	return m
}

// with opens one connection, and only one: the advisory lock belongs to it.
func with(ctx context.Context, url string, f func(*bun.DB, *migrate.Migrator) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database url: %w", err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // bun formats arguments itself
	sqldb := stdlib.OpenDB(*config)
	defer sqldb.Close()
	sqldb.SetMaxOpenConns(1)
	if err := sqldb.PingContext(ctx); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	db := bun.NewDB(sqldb, pgdialect.New())
	return f(db, migrate.NewMigrator(db, steps(), migrate.WithMarkAppliedOnSuccess(true)))
}

// fingerprint hashes columns, constraints and indexes of the public schema,
// so that a hand-made change of the schema shows.
func fingerprint(ctx context.Context, db *bun.DB) (string, error) {
	var text string
	err := db.QueryRowContext(ctx, `
SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
  SELECT format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
) AS lines`).Scan(&text)
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}
