package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
)

// pageSize is one more than a page has, so that one knows whether it goes on.
const pageSize = 21

// ask lets all designs prove that they agree, then measures them.
func (b *bench) ask(ctx context.Context) error {
	asked := slices.DeleteFunc(slices.Clone(questions), func(q question) bool {
		return len(b.Questions) > 0 && !slices.Contains(b.Questions, q.name)
	})
	for _, q := range asked {
		if err := b.gate(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	if err := b.explain(ctx, asked); err != nil {
		return err
	}
	for _, c := range b.Concurrency {
		fmt.Fprintf(b.out, "%d connection(s): answers per second (p50 / p95 / p99 ms)\n\n| question |", c)
		for _, d := range b.designs {
			fmt.Fprintf(b.out, " %s |", d.name())
		}
		fmt.Fprintf(b.out, "\n|---|%s\n", strings.Repeat("--:|", len(b.designs)))
		for _, q := range asked {
			if err := b.cell(ctx, q, c); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
		}
		fmt.Fprintln(b.out)
	}
	return b.tidy(ctx)
}

// tidy takes away what the changes have left: GIN puts new keys on a list that
// every search reads through until then.
func (b *bench) tidy(ctx context.Context) error {
	conn, err := b.connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "VACUUM ANALYZE")
	return err
}

// gate asks the designs the same drawn questions and compares the answers in
// full. Where the order is part of the question the first page must be equal,
// too.
func (b *bench) gate(ctx context.Context, q question) error {
	if q.change {
		return nil
	}
	random, answers := b100.Rand(7), 0
	conns := map[string]*pgx.Conn{}
	for _, d := range b.designs {
		conn, err := b.connect(ctx, d.plans())
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		conns[d.name()] = conn
	}
	for range 10 {
		drawn := b.pool.draw(b.values, random)
		var first []int64
		for i, d := range b.designs {
			s, ok := d.statement(q, drawn)
			if !ok {
				continue
			}
			size := 1_000_000
			if q.ordered {
				size = pageSize
			}
			sql, args := s.every(size)
			rows, err := conns[d.name()].Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil {
				return fmt.Errorf("%s: %w", d.name(), err)
			}
			if !q.ordered {
				slices.Sort(got)
			}
			if i == 0 {
				first = got
				answers += len(got)
			} else if !slices.Equal(first, got) {
				return fmt.Errorf("%s has %d answers, %s has %d, or others", b.designs[0].name(), len(first), d.name(), len(got))
			}
		}
	}
	if answers == 0 {
		return fmt.Errorf("ten drawn questions have no answer")
	}
	return nil
}

// cell measures one question with c connections.
func (b *bench) cell(ctx context.Context, q question, c int) error {
	var sides []measure.Side
	at := map[string]int{}
	for _, d := range b.designs {
		if _, ok := d.statement(q, b.pool.draw(b.values, b100.Rand(0))); !ok {
			continue
		}
		side := measure.Side{Name: d.name()}
		for n := range c {
			conn, err := b.connect(ctx, d.plans())
			if err != nil {
				return err
			}
			defer conn.Close(context.WithoutCancel(ctx))
			side.Workers = append(side.Workers, b.worker(ctx, conn, d, q, b100.Rand(uint64(100+n))))
		}
		at[d.name()] = len(sides)
		sides = append(sides, side)
	}
	out, err := measure.Interleave(ctx, b.plan(), sides...)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "| %s |", q.name)
	for _, d := range b.designs {
		i, ok := at[d.name()]
		if !ok {
			fmt.Fprint(b.out, " as rows |")
			continue
		}
		if out[i].Errors > 0 {
			return fmt.Errorf("%s: %w", d.name(), out[i].First)
		}
		l := measure.Summarise(out[i].Micros)
		fmt.Fprintf(b.out, " %.0f (%.2f / %.2f / %.2f) |", out[i].Rate(), l.P50, l.P95, l.P99)
	}
	fmt.Fprintln(b.out)
	return nil
}

// worker draws a question, asks it and reads the answer to its end.
func (b *bench) worker(ctx context.Context, conn *pgx.Conn, d design, q question, r *rand.Rand) measure.Op {
	var last drawn
	return func() error {
		drawn := b.pool.draw(b.values, r)
		if q.change && last.rid != 0 && !last.back { // what was changed is changed back
			drawn, last = last, drawn
			drawn.back = true
		}
		last = drawn
		s, _ := d.statement(q, drawn)
		sql, args := s.page(pageSize)
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			rows.RawValues()
		}
		return rows.Err()
	}
}

// explain writes down how Postgres answers.
func (b *bench) explain(ctx context.Context, asked []question) error {
	if b.Plans == "" {
		return nil
	}
	f, err := os.OpenFile(b.Plans, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, q := range asked {
		if q.change {
			continue // it would be carried out
		}
		drawn := b.pool.draw(b.values, b100.Rand(7))
		for _, d := range b.designs {
			s, ok := d.statement(q, drawn)
			if !ok {
				continue
			}
			conn, err := b.connect(ctx, d.plans())
			if err != nil {
				return err
			}
			sql, args := s.page(pageSize)
			fmt.Fprintf(f, "\n== %s, %s: %s\n%s\n", q.name, d.name(), q.request, sql)
			lines, err := explained(ctx, conn, sql, args)
			conn.Close(ctx)
			if err != nil {
				return fmt.Errorf("explain %s: %w", q.name, err)
			}
			fmt.Fprintln(f, strings.Join(lines, "\n"))
		}
	}
	return f.Close()
}

// explained is the plan of a statement that is prepared, since otherwise it
// would be one made for these values.
func explained(ctx context.Context, conn *pgx.Conn, sql string, args []any) ([]string, error) {
	if _, err := conn.Exec(ctx, "PREPARE asked AS "+sql); err != nil {
		return nil, err
	}
	places := make([]string, len(args))
	for i := range args {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	rows, err := conn.Query(ctx, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY OFF) EXECUTE asked ("+strings.Join(places, ", ")+")", append([]any{pgx.QueryExecModeSimpleProtocol}, args...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
