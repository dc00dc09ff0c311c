package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/launch"
	"github.com/webdoctor/webdoctor/bench/proc"
	"github.com/webdoctor/webdoctor/bench/raw"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

// sides is the two things compared, and what watches them.
type sides struct {
	env      *scenario.Env
	serverDB *database // nil when we cannot look into it
	rawDB    *database // nil without a raw side
	watch    proc.Watch
	kept     scenario.Kept
	closers  []func(context.Context) error
}

// close ends what was started, in reverse.
func (s *sides) close(ctx context.Context) error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i](ctx))
	}
	return errors.Join(errs...)
}

func (s *sides) later(f func(context.Context) error) { s.closers = append(s.closers, f) }

// open starts or finds both sides. What was started is closed by close, also
// after an error.
func (s *sides) open(ctx context.Context, o *Options, r *report.Report, log io.Writer) error {
	dir, kept, err := s.place(o)
	if err != nil {
		return err
	}
	s.kept = kept
	if inMemory(dir) {
		r.Notes = append(r.Notes, fmt.Sprintf("%s lies in memory: what it costs to make a write durable is not in these figures (--dir chooses a disk)", filepath.Dir(dir)))
	}
	base, token := o.Base, o.Token
	s.watch.Server = o.ServerPID
	if base == "" {
		server, err := s.start(ctx, o, r, dir, kept, log)
		if err != nil {
			return err
		}
		base = server.Base()
	}
	r.Server.Base, r.Server.Own = base, o.Base == ""
	c, err := client.New(base, token)
	if err != nil {
		return err
	}
	s.env = &scenario.Env{Client: c, Exact: o.Base == "", Fresh: o.Base == "", PID: s.watch.Server}
	if err := s.findServerDB(ctx, o, r); err != nil {
		return err
	}
	if !o.NoRaw {
		if err := s.openRaw(ctx, o, r, filepath.Join(dir, "raw"), kept.Bundles > 0); err != nil {
			return err
		}
	}
	if kept.Bundles == 0 {
		return nil
	}
	fmt.Fprintf(log, "%s holds %d bundles\n", dir, kept.Bundles)
	return s.env.Resume(dir)
}

// place is the directory for the data of both sides, and what it holds.
func (s *sides) place(o *Options) (dir string, kept scenario.Kept, err error) {
	if o.Keep == "" {
		dir, err = os.MkdirTemp(o.Dir, "webdoctor-bench")
		if err == nil {
			s.later(func(context.Context) error { return os.RemoveAll(dir) })
		}
		return dir, kept, err
	}
	if err := os.MkdirAll(o.Keep, 0o755); err != nil {
		return "", kept, err
	}
	if kept, err = scenario.Look(o.Keep); err != nil {
		return "", kept, err
	}
	if kept.Bundles > 0 {
		if kept.Raw == o.NoRaw {
			return "", kept, fmt.Errorf("%s was kept %s raw side: measure it that way", o.Keep, map[bool]string{true: "with a", false: "without a (--no-raw)"}[kept.Raw])
		}
		return o.Keep, kept, nil
	}
	if files, err := os.ReadDir(o.Keep); err != nil || len(files) > 0 {
		return "", kept, errors.Join(err, fmt.Errorf("%s is not empty, but holds no finished load: remove it", o.Keep))
	}
	return o.Keep, kept, nil
}

// start builds the server, measures its starts and leaves it running.
func (s *sides) start(ctx context.Context, o *Options, r *report.Report, dir string, kept scenario.Kept, log io.Writer) (*launch.Server, error) {
	binary := o.Binary
	if binary == "" {
		root, err := launch.Root(ctx)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(log, "building the server")
		binary = filepath.Join(dir, "webdoctor")
		if o.Keep != "" { // it may be built anew, so it does not belong to what is kept
			s.later(func(context.Context) error { return os.Remove(binary) })
		}
		if err := launch.Build(ctx, root, binary); err != nil {
			return nil, err
		}
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	colds, warms := 3, 5
	if o.Quick {
		colds, warms = 1, 2
	}
	if kept.Bundles > 0 {
		colds, warms = 0, 2
	}
	server, start, err := launch.Measure(ctx, launch.Options{Binary: binary, Dir: dir, Env: o.ServerEnv}, colds, warms)
	if server != nil {
		s.later(func(context.Context) error { return server.Stop() })
		s.watch.Server = server.PID()
	}
	if err != nil {
		return nil, err
	}
	if len(start.Cold) == 0 { // the first start has brought the data into memory
		start.Warm = start.Warm[1:]
	}
	r.Start = &report.Start{Cold: start.Cold, Warm: start.Warm, IdleRSS: start.IdleRSS}
	if info, err := os.Stat(binary); err == nil {
		r.Start.Binary = info.Size()
	}
	fmt.Fprintf(log, "started: on an empty directory in %.0f ms, with data in %.0f ms, idle %d MB\n", start.Cold, start.Warm, start.IdleRSS>>20)
	pid, url := server.Postgres()
	if pid == 0 {
		return server, nil
	}
	if s.serverDB, err = openOwn(ctx, url); err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("the server's own Postgres lets nobody look into it (%v)", err))
		s.watch.ServerPostgres = pid
		return server, nil
	}
	return server, nil
}

// findServerDB connects to the database of a server that somebody else runs,
// if it was named, and says in a note what is missing without it.
func (s *sides) findServerDB(ctx context.Context, o *Options, r *report.Report) (err error) {
	if o.ServerPostgres != "" {
		if s.serverDB, err = openDatabase(ctx, o.ServerPostgres); err != nil {
			return fmt.Errorf("the server's database: %w", err)
		}
	}
	if s.serverDB == nil {
		r.Notes = append(r.Notes, "the server's database is not known (--server-postgres): no VACUUM ANALYZE after the load, no sizes and no write-ahead log on its side")
		return nil
	}
	s.later(s.serverDB.conn.Close)
	s.watch.ServerPostgres = s.serverDB.pid
	r.Server.Postgres, err = s.serverDB.settings(ctx)
	return err
}

// openRaw starts a Postgres with the settings that WebDoctor gives its own, or
// uses the one that was named.
func (s *sides) openRaw(ctx context.Context, o *Options, r *report.Report, dir string, kept bool) error {
	url := o.Postgres
	if url == "" {
		// Each worker has a connection of its own, where a server has a pool.
		pg, err := embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: dir, Logger: slog.New(slog.DiscardHandler),
			Settings: map[string]string{"max_connections": "140"}})
		if err != nil {
			return err
		}
		s.later(pg.Stop)
		url = pg.URL("postgres")
	}
	open := raw.Open
	switch {
	case kept:
		open = raw.Reopen
	case o.Keep != "":
		open = raw.Keep
	}
	db, err := open(ctx, url)
	if err != nil {
		return err
	}
	s.later(db.Close)
	if s.rawDB, err = look(ctx, db.Admin()); err != nil {
		return fmt.Errorf("raw postgres: %w", err)
	}
	s.env.Raw, s.watch.RawPostgres = db, s.rawDB.pid
	r.Server.Raw, err = s.rawDB.settings(ctx)
	return err
}

// stopTime is how long both sides may take to stop.
const stopTime = 30 * time.Second
