package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/migrations"
)

// chunk is how many bundles each design takes before it is the next one's
// turn.
const chunk = 32

const insertResources = `INSERT INTO resource (rid, type, id, key, updated, shape, version) SELECT rid, type, id, key, now(), 0, 1 FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[]) w (rid, type, id, key)`
const insertVersions = `INSERT INTO version (rid, type, content, updated, version, method) SELECT rid, type, content, now(), 1, 1 FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) w (rid, type, content)`

// loading is one load.
type loading struct {
	*bench
	conns []*pgx.Conn
	taken map[string]time.Duration // by design, "" for what all share
	types map[string]bool
	rid   int64
}

func (b *bench) load(ctx context.Context, src source) error {
	if err := migrations.Up(ctx, b.url); err != nil {
		return err
	}
	l := &loading{bench: b, taken: map[string]time.Duration{}, types: map[string]bool{}}
	for range b.Workers {
		conn, err := b.connect(ctx, "force_generic_plan")
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		l.conns = append(l.conns, conn)
	}
	random := b100.Rand(1)
	var waiting [][]raw
	flush := func() error {
		entries, err := l.extract(waiting)
		waiting = nil
		if err != nil {
			return err
		}
		for _, bundle := range entries {
			for i := range bundle {
				b.pool.add(&bundle[i], b.values, random)
			}
		}
		return l.chunk(ctx, entries)
	}
	if err := src(func(list []raw) error {
		if waiting = append(waiting, list); len(waiting) < chunk {
			return nil
		}
		return flush()
	}); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	begun := time.Now()
	if _, err := l.conns[0].Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d resources, %d connections, a transaction for each bundle; VACUUM ANALYZE took %.0f s\n\n", b.pool.Count, b.Workers, time.Since(begun).Seconds())
	return b.sizes(ctx, l.conns[0], l.taken)
}

// extract makes the entries of bundles, in the order given.
func (l *loading) extract(list [][]raw) ([][]entry, error) {
	entries, first := make([][]entry, len(list)), make([]int64, len(list))
	for i := range list {
		first[i] = l.rid + 1
		l.rid += int64(len(list[i]))
	}
	return entries, measure.Each(len(list), l.Workers, func(_, i int) error {
		for k, r := range list[i] {
			e, err := l.values.read(r, first[i]+int64(k))
			if err != nil {
				return err
			}
			entries[i] = append(entries[i], e)
		}
		return nil
	})
}

// chunk stores bundles into the shared tables, then into those of each design.
func (l *loading) chunk(ctx context.Context, entries [][]entry) error {
	fresh := map[string]bool{}
	for _, bundle := range entries {
		for _, e := range bundle {
			if !l.types[e.typ] {
				l.types[e.typ], fresh[e.typ] = true, true
			}
		}
	}
	for _, d := range l.designs {
		if sql := d.schema(slices.Sorted(maps.Keys(fresh))); len(fresh) > 0 && sql != "" {
			if _, err := l.conns[0].Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", d.name(), err)
			}
		}
	}
	store := func(name string, queue func(*pgx.Batch, []entry)) error {
		begun := time.Now()
		err := measure.Each(len(entries), l.Workers, func(worker, i int) error {
			var batch pgx.Batch
			queue(&batch, entries[i])
			return l.conns[worker].SendBatch(ctx, &batch).Close()
		})
		l.taken[name] += time.Since(begun)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return ctx.Err()
	}
	if err := store("", l.shared); err != nil {
		return err
	}
	for _, d := range l.designs {
		if err := store(d.name(), d.store); err != nil {
			return err
		}
	}
	return nil
}

// shared stores what all designs share: the resources themselves.
func (l *loading) shared(b *pgx.Batch, list []entry) {
	rids, types := columns(list, func(e entry) int64 { return e.rid }), columns(list, func(e entry) int16 { return l.values.types[e.typ] })
	b.Queue(insertResources, rids, types, columns(list, func(e entry) string { return e.id }), columns(list, func(e entry) int64 { return e.key }))
	b.Queue(insertVersions, rids, types, columns(list, func(e entry) []byte { return e.json }))
}

// sizes prints how fast each design took the values, and what they weigh.
func (b *bench) sizes(ctx context.Context, conn *pgx.Conn, taken map[string]time.Duration) error {
	fmt.Fprintf(b.out, "| design | resources/s | table B/resource | index B/resource | sum |\n|---|--:|--:|--:|--:|\n")
	line := func(name string, tables []string) error {
		var table, index float64
		err := conn.QueryRow(ctx, `SELECT coalesce(sum(pg_table_size(oid)), 0)::float8, coalesce(sum(pg_indexes_size(oid)), 0)::float8 FROM pg_class WHERE relkind = 'r' AND relname LIKE ANY ($1)`, tables).Scan(&table, &index)
		n := float64(b.pool.Count)
		label := name
		switch name {
		case "":
			label = "(resources themselves)"
		case "homes":
			label = "homes, on top of rows"
		}
		fmt.Fprintf(b.out, "| %s | %.0f | %.0f | %.0f | %.0f |\n", label, n/taken[name].Seconds(), table/n, index/n, (table+index)/n)
		return err
	}
	if err := line("", []string{"resource", "version"}); err != nil {
		return err
	}
	for _, d := range b.designs {
		if err := line(d.name(), d.tables()); err != nil {
			return err
		}
	}
	fmt.Fprintln(b.out)
	return nil
}
