package storage

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// Config of a DB. The zero value is good for one clinic.
type Config struct {
	MaxConns int // connections of the pool; 0 means 16
	Searches int // how many searches run at once as long as each is short; 0 means any number
	Logger   *slog.Logger
}

// DB is one Postgres database with the schema of package migrations.
type DB struct {
	pool   *pgxpool.Pool
	bun    *bun.DB
	log    *slog.Logger
	types  map[string]int16 // resource type -> resource_type.id
	names  map[int16]string
	params map[string]int16 // search parameter of a compartment -> compartment_param.id
	rids   rids
	codec  *codec

	terms, shapes, wordings known // of the dictionaries
	frequencies             frequencies
	totals                  totals
	recent                  recent

	// SearchBudget is how long one search may take; 0 leaves it to the time of
	// the request.
	SearchBudget time.Duration

	recorded bell // rung when events were recorded, see Audit

	flights flights
	turns   turns
	changes changes // of terminology
}

// querier is what the pool, a connection and a transaction have in common.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Open connects to a migrated database and makes sure that every resource
// type of the definitions has its number.
func Open(ctx context.Context, url string, c Config) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	// A statement that nobody waits for any more is stopped where it runs, and
	// its connection goes back to the pool.
	config.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 5 * time.Second}
	}
	config.MaxConns = int32(c.MaxConns)
	if c.MaxConns == 0 {
		config.MaxConns = 16
	}
	config.MaxConnIdleTime = 5 * time.Minute
	config.HealthCheckPeriod = 15 * time.Second
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	params := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"application_name":                    "webdoctor",
		"jit":                                 "off",
		"plan_cache_mode":                     "force_generic_plan", // statements are made to have one good plan; planning each anew costs more than running it
		"max_parallel_workers_per_gather":     "0",                  // a page is a few rows, for which starting a process takes too long
		"statement_timeout":                   "60s",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "60s",
	} {
		if _, set := params[name]; !set {
			params[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	sqldb := stdlib.OpenDBFromPool(pool)
	sqldb.SetMaxIdleConns(0)
	db := &DB{pool: pool, bun: bun.NewDB(sqldb, pgdialect.New()), log: c.Logger, recorded: make(bell, 1)}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if c.Searches > 0 {
		db.turns = make(turns, c.Searches)
	}
	if db.codec, err = newCodec(); err == nil {
		err = db.number(ctx, spec.R4())
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// Close ends all connections.
func (db *DB) Close() {
	db.bun.Close()
	db.pool.Close()
}

// Ping asks the database for an answer.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	if err := db.pool.QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Stat is the state of the pool, for metrics.
func (db *DB) Stat() *pgxpool.Stat { return db.pool.Stat() }

// number gives every resource type, and every parameter that a compartment
// names, its number.
func (db *DB) number(ctx context.Context, d *spec.Definitions) (err error) {
	if db.types, err = db.numbered(ctx, "resource_type", d.ResourceTypes()); err != nil {
		return err
	}
	db.names = make(map[int16]string, len(db.types))
	for name, id := range db.types {
		db.names[id] = name
	}
	params := []string{""} // of the compartment's own resource
	for _, c := range d.Compartments() {
		for _, typ := range c.Types() {
			params = append(params, c.Params(typ)...)
		}
	}
	slices.Sort(params)
	db.params, err = db.numbered(ctx, "compartment_param", slices.Compact(params))
	return err
}

// numbered are the numbers of names in a table that gives each name one.
// Several servers may do it at once.
func (db *DB) numbered(ctx context.Context, table string, names []string) (map[string]int16, error) {
	numbers := map[string]int16{}
	load := func() error {
		var list []struct {
			ID   int16
			Name string
		}
		if err := db.bun.NewSelect().Table(table).Column("id", "name").Scan(ctx, &list); err != nil {
			return fmt.Errorf("read the numbers of %s: %w", table, err)
		}
		for _, row := range list {
			numbers[row.Name] = row.ID
		}
		return nil
	}
	if err := load(); err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, ok := numbers[name]; return ok })
	if len(missing) == 0 {
		return numbers, nil
	}
	if _, err := db.pool.Exec(ctx, "INSERT INTO "+table+" (name) SELECT unnest($1::text[]) ON CONFLICT (name) DO NOTHING", missing); err != nil {
		return nil, fmt.Errorf("number the names of %s: %w", table, err)
	}
	return numbers, load()
}

// ridBlock is the increment of the sequence resource_rid.
const ridBlock = 1024

// rids hands out internal numbers from blocks of the sequence.
type rids struct {
	mu         sync.Mutex
	next, last int64
}

// take returns n numbers. No lock is held while the
// database is asked: whoever waits for a connection must not stop those who
// have one.
func (r *rids) take(ctx context.Context, q querier, n int) ([]int64, error) {
	out := r.some(make([]int64, 0, n), n)
	for len(out) < n {
		var top int64
		if err := q.QueryRow(ctx, `SELECT nextval('resource_rid')`).Scan(&top); err != nil {
			return nil, fmt.Errorf("take a block of numbers: %w", err)
		}
		next := top - ridBlock
		for len(out) < n && next < top {
			next++
			out = append(out, next)
		}
		r.keep(next, top)
	}
	return out, nil
}

// some appends what is left of the block, at most n numbers in all.
func (r *rids) some(out []int64, n int) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(out) < n && r.next < r.last {
		r.next++
		out = append(out, r.next)
	}
	return out
}

// keep stores the rest of a block unless there is more of another; a rest
// that is dropped is a gap in numbers that mean nothing.
func (r *rids) keep(next, last int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last-next > r.last-r.next {
		r.next, r.last = next, last
	}
}
