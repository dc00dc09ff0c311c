package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// Every server holds a shared advisory lock of its own connection that names
// the generation of definitions by which it writes. So a server can see
// whether all the others have heard of the newest definitions; one that dies
// loses its connection, and with it the lock.
const (
	presenceClass = 0x57655358 // "WeSX"

	holdPresence = `SELECT pg_advisory_lock_shared($1::integer, $2::integer)`
	dropPresence = `SELECT pg_advisory_unlock_shared($1::integer, $2::integer)`

	// behind counts the servers that write by other definitions.
	behind = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = $1::bigint AND objid::bigint <> $2::bigint
 AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// How often a server looks for what it was not told, and for others that are
// behind.
const (
	listenEvery = 2 * time.Second
	waitForSlow = 100 * time.Millisecond
)

// Run keeps up with what is defined and completes the index, until the context
// ends. What goes wrong is logged and tried again.
func (ix *Index) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := ix.attend(ctx)
		if ctx.Err() != nil {
			return
		}
		ix.db.log.Warn("the index of search values is not kept up", "error", err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(listenEvery):
		}
	}
}

// attend works on one connection until that breaks.
func (ix *Index) attend(ctx context.Context) error {
	if ix.presence == nil {
		if err := ix.appear(ctx); err != nil {
			return err
		}
	}
	p := ix.presence
	defer ix.Close(context.WithoutCancel(ctx))
	for {
		wait, err := ix.step(ctx, p)
		if err != nil {
			return err
		}
		if err := p.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// listening configures a connection that waits for word. A wait that ends is
// no statement that the database must be told to cancel: the connection just
// stops reading.
func (db *DB) listening() *pgx.ConnConfig {
	config := db.pool.Config().ConnConfig.Copy()
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
	}
	return config
}

// appear says by which generation this server writes. If it could not for a
// while and the generation has changed, others may have completed an index
// that this server has left holes in: then all runs begin anew.
func (ix *Index) appear(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, ix.db.listening())
	if err != nil {
		return fmt.Errorf("connect: %w", failure(err))
	}
	p := &presence{conn: conn}
	if _, err = conn.Exec(ctx, `LISTEN webdoctor_index`); err != nil {
		err = fmt.Errorf("listen: %w", failure(err))
	}
	for range 2 { // what came between looking and holding shows the second time
		if err == nil {
			err = ix.Learn(ctx)
		}
		if err == nil {
			err = p.move(ctx, &ix.db.flights, ix.params.Generation())
		}
	}
	if err == nil && ix.held != 0 && ix.held != p.generation {
		if _, err = conn.Exec(ctx, `UPDATE reindex SET wanted = true, position = '', done = 0, finished = NULL`); err != nil {
			err = fmt.Errorf("begin all runs anew: %w", failure(err))
		}
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return err
	}
	ix.presence, ix.held = p, p.generation
	return nil
}

// Close gives the connection back that Start took.
func (ix *Index) Close(ctx context.Context) {
	if ix.presence != nil {
		ix.presence.conn.Close(ctx)
		ix.presence = nil
	}
}

// step does what there is to do, and says how long to rest after it.
func (ix *Index) step(ctx context.Context, p *presence) (wait time.Duration, err error) {
	if err := ix.Learn(ctx); err != nil {
		return 0, err
	}
	generation := ix.params.Generation()
	if err := p.move(ctx, &ix.db.flights, generation); err != nil {
		return 0, err
	}
	ix.held = p.generation
	if err := ix.plan(ctx); err != nil {
		return 0, err
	}
	var others int
	if err := p.conn.QueryRow(ctx, behind, presenceClass, generation).Scan(&others); err != nil {
		return 0, fmt.Errorf("look for others: %w", failure(err))
	}
	if others > 0 {
		return waitForSlow, nil
	}
	begun := time.Now()
	worked, err := ix.batch(ctx, generation)
	switch {
	case err != nil:
		return 0, err
	case worked:
		return pause(time.Since(begun)), nil
	}
	return listenEvery, nil
}

// presence is the connection that says by which generation a server writes.
type presence struct {
	conn       *pgx.Conn
	generation int64 // 0 for none yet
}

// move says so of another generation, once nobody here writes by an older one.
func (p *presence) move(ctx context.Context, f *flights, generation int64) error {
	if generation == p.generation {
		return nil
	}
	if _, err := p.conn.Exec(ctx, holdPresence, presenceClass, generation); err != nil {
		return fmt.Errorf("hold the generation: %w", failure(err))
	}
	if p.generation == 0 {
		p.generation = generation
		return f.quiet(ctx, generation)
	}
	if err := f.quiet(ctx, generation); err != nil {
		return err
	}
	if _, err := p.conn.Exec(ctx, dropPresence, presenceClass, p.generation); err != nil {
		return fmt.Errorf("let the generation go: %w", failure(err))
	}
	p.generation = generation
	return nil
}

// sleep rests for a while, or until somebody announces definitions or a run.
func (p *presence) sleep(ctx context.Context, wait time.Duration) error {
	until, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_, err := p.conn.WaitForNotification(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for word: %w", failure(err))
	}
	return nil
}
