//go:build unix

package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// superuser is the role that owns the cluster. Whoever can reach the socket,
// which lies in a directory only we may enter, is this role.
const superuser = "webdoctor"

// PostgresConfig says where a private PostgreSQL lives.
type PostgresConfig struct {
	Dir      string            // everything of the cluster is below it; made if missing
	Logger   *slog.Logger      // told about starts, crashes and recoveries; nil for none
	Settings map[string]string // server settings that differ from ours
}

// Postgres is a running private PostgreSQL server and its watchman.
type Postgres struct {
	log      *slog.Logger
	dir      string // the configured directory, absolute and without symlinks
	cluster  string // PGDATA
	run      string // holds the socket
	bin      binaries
	as       identity
	settings map[string]string
	lock     *os.File
	output   *logFile

	postmaster atomic.Pointer[os.Process] // nil while it is down
	stopOnce   sync.Once
	stopping   chan struct{}
	done       chan struct{}
	err        error // readable once done is closed
}

// StartPostgres makes the cluster if there is none, starts it and returns once
// it accepts connections, after crash recovery if that is needed. The context
// bounds the start only; the server then runs until Stop or until this process
// ends.
//
// Errors say what a person can do: which package to install, which process
// already uses the directory, which version the data need.
func StartPostgres(ctx context.Context, c PostgresConfig) (*Postgres, error) {
	p := &Postgres{
		log:      cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		settings: c.Settings,
		stopping: make(chan struct{}),
		done:     make(chan struct{}),
	}
	if err := p.prepare(ctx, c.Dir); err != nil {
		p.release()
		return nil, fmt.Errorf("start postgres in %s: %w", c.Dir, err)
	}
	started := make(chan error, 1)
	go p.supervise(ctx, started)
	if err := <-started; err != nil {
		<-p.done
		return nil, fmt.Errorf("start postgres in %s: %w", c.Dir, err)
	}
	return p, nil
}

// prepare does everything that needs doing once: the lock, the choice of
// binaries and user, the cluster, the directory of the socket.
func (p *Postgres) prepare(ctx context.Context, dir string) error {
	if dir == "" {
		return errors.New("no directory given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if p.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	p.cluster = filepath.Join(p.dir, "cluster")
	if p.lock, err = lockDir(p.dir); err != nil {
		return err
	}
	if p.bin, p.as, err = choose(ctx, p.dir, p.cluster); err != nil {
		return err
	}
	if p.run, err = runDir(p.dir, p.as); err != nil {
		return err
	}
	if p.output, err = openLog(filepath.Join(p.dir, "postgres.log")); err != nil {
		return err
	}
	if err := p.as.own(p.dir, p.cluster); err != nil {
		return err
	}
	if err := evict(ctx, p.log, p.cluster); err != nil {
		return err
	}
	return p.initialise(ctx)
}

// URL is the connection string of one of the server's databases. It stays the
// same for the life of the directory, across crashes and restarts.
func (p *Postgres) URL(database string) string {
	q := url.Values{"host": {p.run}, "port": {socketPort}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Host: "", Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}

// CreateDatabase makes a database unless it is there already.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// PID is the process id of the postmaster, 0 while it is down.
func (p *Postgres) PID() int {
	if proc := p.postmaster.Load(); proc != nil {
		return proc.Pid
	}
	return 0
}

// Done is closed when the server has been stopped and will not come back.
func (p *Postgres) Done() <-chan struct{} { return p.done }

// Err says how the server ended: nil before Done is closed and after a clean
// stop.
func (p *Postgres) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Stop shuts the server down: it refuses new connections, rolls back what is
// open, writes a checkpoint and exits. When the context ends first the server
// is told to drop everything, which loses nothing committed and costs a
// recovery at the next start. Stop returns when no process of the cluster's
// is left.
func (p *Postgres) Stop(ctx context.Context) error {
	p.stopOnce.Do(func() { close(p.stopping) })
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
	}
	p.log.Warn("postgres does not stop in time, ending it at once")
	p.signal(syscall.SIGQUIT)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
	return fmt.Errorf("stop postgres: %w", ctx.Err())
}

func (p *Postgres) signal(s syscall.Signal) {
	if proc := p.postmaster.Load(); proc != nil {
		_ = proc.Signal(s) // it may just have exited, which is what is wanted
	}
}

// release gives back what prepare took, in whatever state that is.
func (p *Postgres) release() {
	if p.run != "" && filepath.Dir(p.run) != p.dir {
		_ = os.RemoveAll(p.run) // a short-lived directory; the next start makes it again
	}
	if p.output != nil {
		p.output.Close()
	}
	if p.lock != nil {
		unlock(p.lock)
	}
}
