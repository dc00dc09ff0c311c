package storagetest_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/migrations"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

func TestDatabasesAreMigratedAndApart(t *testing.T) {
	t.Parallel()
	for n := range 4 {
		t.Run(fmt.Sprintf("Größe '%d'", n), func(t *testing.T) {
			t.Parallel()
			url := storagetest.Postgres(t)
			status, err := migrations.Check(t.Context(), url)
			if err != nil || !status.Current() {
				t.Fatalf("status %+v, error %v", status, err)
			}
			conn := connect(t, url)
			if _, err := conn.Exec(t.Context(), "CREATE TABLE only_mine ()"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	conn := connect(t, storagetest.EmptyPostgres(t))
	var tables int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables, error %v", tables, err)
	}
}

func TestDatabaseIsDroppedAfterItsTest(t *testing.T) {
	t.Parallel()
	var name string
	var open *pgx.Conn
	t.Run("user", func(t *testing.T) {
		url := storagetest.Postgres(t)
		conn, err := pgx.Connect(t.Context(), url) // left open
		if err != nil {
			t.Fatal(err)
		}
		open, name = conn, conn.Config().Database
	})
	if err := open.Ping(t.Context()); err == nil {
		t.Error("a connection outlived its database")
	}
	conn := connect(t, storagetest.EmptyPostgres(t))
	var there bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		t.Errorf("database %s is there: %v, error %v", name, there, err)
	}
}

func BenchmarkPostgres(b *testing.B) {
	storagetest.Postgres(b) // the first one starts the server
	for b.Loop() {
		storagetest.Postgres(b)
	}
}
