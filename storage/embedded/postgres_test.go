//go:build unix

package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/webdoctor/webdoctor/storage/embedded"
)

// start runs a server for one test.
func start(t *testing.T, dir string) *embedded.Postgres {
	t.Helper()
	p, err := embedded.StartPostgres(t.Context(), embedded.PostgresConfig{Dir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, p) })
	return p
}

func stop(t *testing.T, p *embedded.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func exec(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestDataOutliveAStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // on a disk
	p := start(t, dir)
	for range 2 { // the second call finds it there
		if err := p.CreateDatabase(t.Context(), "clinic"); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, p.URL("clinic"), "CREATE TABLE kept AS SELECT 7 AS n")
	pid := p.PID()
	stop(t, p)
	stop(t, p) // twice is once
	<-p.Done()
	if p.Err() != nil || p.PID() != 0 {
		t.Errorf("after stop: error %v, pid %d", p.Err(), p.PID())
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after stop: %v", pid, err)
	}
	again := start(t, dir)
	if again.URL("clinic") != p.URL("clinic") {
		t.Errorf("url was %s and is %s", p.URL("clinic"), again.URL("clinic"))
	}
	if n := query[int](t, again.URL("clinic"), "SELECT n FROM kept"); n != 7 {
		t.Errorf("kept %d", n)
	}
}

func TestClusterIsDurableUnicodeAndPrivate(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	p := start(t, dir)
	for setting, want := range map[string]string{
		"data_checksums": "on", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"server_encoding": "UTF8", "listen_addresses": "", "timezone": "UTC",
	} {
		if got := query[string](t, p.URL("postgres"), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := query[string](t, p.URL("postgres"), "SELECT lower('ÄΩ')"); got != "äω" {
		t.Errorf("lower gives %q", got)
	}
	if !query[bool](t, p.URL("postgres"), "SELECT 'Z' < 'a' AND 'z' < 'é'") {
		t.Error("text is not ordered by code point")
	}
	for _, at := range []string{"", "run", "cluster"} {
		info, err := os.Stat(filepath.Join(dir, at))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q has mode %v", at, info.Mode())
		}
	}
}

func TestRowValuesStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	p := start(t, dir)
	exec(t, p.URL("postgres"), "CREATE TABLE person (name text UNIQUE CHECK (name <> 'nobody'))")
	conn, err := pgx.Connect(t.Context(), p.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{
		"INSERT INTO person VALUES ('Anamnesis')", "INSERT INTO person VALUES ('Anamnesis')",
		"INSERT INTO person SELECT 'nobody' WHERE 'Anamnesis' <> ''",
	} {
		_, _ = conn.Exec(t.Context(), sql)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO person VALUES ($1)", "Anamnesis"); err == nil {
		t.Fatal("a duplicate was taken")
	}
	var log []byte
	for range 500 { // the log comes through a pipe, a little later than the answer
		if log, err = os.ReadFile(filepath.Join(dir, "postgres.log")); err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(log), "duplicate key") >= 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.Contains(string(log), "duplicate key") || strings.Contains(string(log), "Anamnesis") {
		t.Errorf("log:\n%s", log)
	}
}

func TestPostmasterKilledComesBack(t *testing.T) {
	t.Parallel()
	p := start(t, tempDir(t))
	pool, err := pgxpool.New(t.Context(), p.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "CREATE TABLE written (n int)"); err != nil {
		t.Fatal(err)
	}
	written := 0
	for round := range 3 {
		if _, err := pool.Exec(t.Context(), "INSERT INTO written VALUES ($1)", round); err != nil {
			t.Fatal(err)
		}
		written++
		killed := p.PID()
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for {
			var n int
			err := pool.QueryRow(t.Context(), "SELECT count(*) FROM written").Scan(&n)
			if err == nil && p.PID() != 0 && p.PID() != killed {
				if n != written {
					t.Fatalf("%d rows, want %d", n, written)
				}
				break
			}
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("round %d: not back after %v: %v", round, time.Since(begun), err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Logf("back after %v", time.Since(begun))
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	p := start(t, dir)
	if _, err := embedded.StartPostgres(t.Context(), embedded.PostgresConfig{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another WebDoctor server") {
		t.Fatalf("second start: %v", err)
	}
	if n := query[int](t, p.URL("postgres"), "SELECT 1"); n != 1 {
		t.Fatal("the first server was hurt")
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), strings.Repeat("länge", 20), "x")
	p := start(t, dir)
	if n := query[int](t, p.URL("postgres"), "SELECT 1"); n != 1 {
		t.Fatal("no answer")
	}
	stop(t, p)
	again := start(t, dir)
	if again.URL("x") != p.URL("x") {
		t.Errorf("url was %s and is %s", p.URL("x"), again.URL("x"))
	}
}

func TestRelativeDirectoryAndSymlink(t *testing.T) {
	top := tempDir(t)
	if err := os.Mkdir(filepath.Join(top, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(top)
	p := start(t, filepath.Join("link", "postgres"))
	stop(t, p)
	start(t, filepath.Join(top, "real", "postgres"))
}

func TestClearErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, dir string) embedded.PostgresConfig
		want    string
	}{
		{"no directory", func(*testing.T, string) embedded.PostgresConfig { return embedded.PostgresConfig{} }, "no directory"},
		{"binaries not where said", func(t *testing.T, dir string) embedded.PostgresConfig {
			t.Setenv(embedded.BinaryDirVariable, t.TempDir())
			return embedded.PostgresConfig{Dir: dir}
		}, "does not hold initdb"},
		{"cluster of another version", func(t *testing.T, dir string) embedded.PostgresConfig {
			write(t, filepath.Join(dir, "cluster", "PG_VERSION"), "9\n")
			return embedded.PostgresConfig{Dir: dir}
		}, "written by PostgreSQL 9"},
		{"something else in the place", func(t *testing.T, dir string) embedded.PostgresConfig {
			write(t, filepath.Join(dir, "cluster", "letter.txt"), "dear")
			return embedded.PostgresConfig{Dir: dir}
		}, "not a PostgreSQL cluster"},
		{"a file in the place", func(t *testing.T, dir string) embedded.PostgresConfig {
			write(t, filepath.Join(dir, "file"), "")
			return embedded.PostgresConfig{Dir: filepath.Join(dir, "file")}
		}, "not a directory"},
		{"a setting the server refuses", func(_ *testing.T, dir string) embedded.PostgresConfig {
			return embedded.PostgresConfig{Dir: dir, Settings: map[string]string{"no_such_setting": "1"}}
		}, "no_such_setting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := c.prepare(t, tempDir(t))
			p, err := embedded.StartPostgres(t.Context(), config)
			if err == nil {
				stop(t, p)
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := tempDir(t)
	if _, err := embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: dir}); err == nil {
		t.Fatal("it started")
	}
	start(t, dir) // and leaves nothing in the way
}

// TestStalePIDFile puts the number of a living stranger, this test, where a
// crashed postmaster left its own.
func TestStalePIDFile(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	p := start(t, dir)
	pidFile := filepath.Join(dir, "cluster", "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, p)
	_, rest, _ := strings.Cut(string(text), "\n")
	write(t, pidFile, "1\n"+rest)
	write(t, filepath.Join(dir, "run", ".s.PGSQL.5432.lock"), "1\n")
	start(t, dir)
}

func TestHalfMadeClusterIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	write(t, filepath.Join(dir, "cluster.new", "PG_VERSION"), "15\n")
	start(t, dir)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
