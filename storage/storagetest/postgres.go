package storagetest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/migrations"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

// Postgres returns the URL of a migrated, empty database that nobody else
// uses. It is dropped when the test and its subtests are over, with whatever
// connections are still open.
func Postgres(t testing.TB) string {
	t.Helper()
	s := shared(t)
	if s.migrate(); s.migrateErr != nil {
		t.Fatalf("migrate the template database: %v", s.migrateErr)
	}
	return s.create(t, s.clone)
}

// EmptyPostgres returns the URL of a database without any schema, for tests of
// the migrations themselves.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return shared(t).create(t, "TEMPLATE template0")
}

// template is the migrated database that others are cloned from. Postgres
// refuses to clone one that is in use, so nobody connects to it any more.
const template = "template_migrated"

// server is the postmaster of this test process.
type server struct {
	postgres *embedded.Postgres
	last     atomic.Int64 // number of the last database

	migrateOnce sync.Once
	migrateErr  error
	clone       string // the words of CREATE DATABASE that clone the template
}

var start = sync.OnceValues(func() (*server, error) {
	dir, err := scratch("postgres")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p, err := embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: dir, Settings: map[string]string{
		"fsync":              "off",
		"full_page_writes":   "off",
		"synchronous_commit": "off",
		"max_connections":    "200", // as many tests as there are run at once
		"shared_buffers":     "64MB",
		"autovacuum":         "off",
	}})
	if err != nil {
		return nil, err
	}
	return &server{postgres: p}, nil
})

func shared(t testing.TB) *server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// migrate makes the template, once.
func (s *server) migrate() {
	s.migrateOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if s.migrateErr = s.postgres.CreateDatabase(ctx, template); s.migrateErr != nil {
			return
		}
		if s.migrateErr = migrations.Up(ctx, s.postgres.URL(template)); s.migrateErr != nil {
			return
		}
		s.clone, s.migrateErr = cloning(ctx, s.postgres.URL("postgres"))
	})
}

// cloning is how the server clones fastest. From version 15 on it has a choice
// and by default logs every page, which takes 88 ms instead of 11.
func cloning(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var choice bool
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int >= 150000").Scan(&choice); err != nil {
		return "", err
	}
	if choice {
		return "TEMPLATE " + template + " STRATEGY file_copy", nil
	}
	return "TEMPLATE " + template, nil
}

// create makes a database named after the test, which helps when one looks at
// what a test left behind, and sees to it that it is dropped.
func (s *server) create(t testing.TB, how string) string {
	t.Helper()
	name := fmt.Sprintf("t%d_%s", s.last.Add(1), plain(t.Name()))
	s.exec(t, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" "+how)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)") })
	return s.postgres.URL(name)
}

// exec runs one statement in the server's own database. It does not use the
// test's context, which is over when databases are dropped.
func (s *server) exec(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.postgres.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// plain makes a name of letters and digits, short enough for Postgres.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, url.PathEscape(name))
	return strings.ToLower(name[:min(len(name), 48)])
}
