package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/proc"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// once is one repeat of one cell.
type once struct {
	out       []measure.Outcome // server, then raw
	rss, peak int64
}

// key names a cell.
type key struct {
	scenario string
	c        int
}

// cells measures every scenario at every concurrency, all of them once, then
// all of them again: repeats lie far apart, so that a bad minute spoils one of
// them and not the median.
func (b *bench) cells(ctx context.Context, scenarios []scenario.Scenario) error {
	done := map[key][]once{}
	if _, err := proc.WaitIdle(ctx, b.o.MaxOther, 10*time.Second, b.watch); err != nil && ctx.Err() != nil {
		return err
	}
	for repeat := range b.o.Repeats {
		for _, s := range scenarios {
			for _, c := range b.concurrency(s) {
				b.stream += 1 << 16
				b.hurry(b.left)
				b.left -= b.cellTime(s)
				begun := time.Now()
				one, err := b.suited(ctx, s, c)
				b.planned += time.Duration(float64(b.cellTime(s)) * b.scale)
				b.took += time.Since(begun)
				if err != nil {
					return fmt.Errorf("%s c=%d: %w", s.Name, c, err)
				}
				k := key{s.Name, c}
				done[k] = append(done[k], one)
				b.tell(repeat, s, c, one)
			}
		}
	}
	if note := "slices were shortened to end in time"; b.hurried && !slices.Contains(b.r.Notes, note) {
		b.r.Notes = append(b.r.Notes, note)
	}
	for _, s := range scenarios {
		for _, c := range b.concurrency(s) {
			cell := summarise(s, c, done[key{s.Name, c}])
			cell.Level = b.level()
			b.r.Cells = append(b.r.Cells, cell)
		}
	}
	return nil
}

// suited is cell. What asks and writes has the indexes of searches on the raw
// side for its own time.
func (b *bench) suited(ctx context.Context, s scenario.Scenario, c int) (once, error) {
	if b.env.Raw == nil || !s.Writes || !s.Asks() {
		return b.cell(ctx, s, c, b.stream)
	}
	if err := b.env.Raw.ForSearch(ctx); err != nil {
		return once{}, fmt.Errorf("raw postgres: %w", err)
	}
	one, err := b.cell(ctx, s, c, b.stream)
	if err != nil {
		return one, err
	}
	if err := b.env.Raw.ForWrites(ctx); err != nil {
		return once{}, fmt.Errorf("raw postgres: %w", err)
	}
	return one, nil
}

// concurrency is how many workers there are at once: as asked for, or as the
// scenario says, as far as there is a loaded bundle for each.
func (b *bench) concurrency(s scenario.Scenario) (all []int) {
	if s.At == nil {
		return b.o.Concurrency
	}
	for _, c := range s.At {
		if c <= b.o.Load {
			all = append(all, c)
		}
	}
	return all
}

// quickTime is what a quick run may take in all; a little is left for the end.
const quickTime = 170 * time.Second

// cellTime is how long one repeat of a cell is meant to take.
func (b *bench) cellTime(s scenario.Scenario) time.Duration {
	p := b.o.plan(s.Long)
	sides := 2
	if s.Raw == nil || b.env.Raw == nil {
		sides = 1
	}
	return time.Duration(sides) * (p.Warm + time.Duration(p.Rounds)*p.Slice)
}

func (b *bench) expected(scenarios []scenario.Scenario) (all time.Duration) {
	for _, s := range scenarios {
		all += b.cellTime(s) * time.Duration(len(b.concurrency(s))*b.o.Repeats)
	}
	return all
}

// hurry shortens the slices of a quick run that would not end in time: on a
// busy machine, or because the server took long to start or to load. It counts
// in by how much the cells so far took longer than planned. A run of a given
// duration is never shortened.
func (b *bench) hurry(expected time.Duration) {
	b.scale = 1
	if !b.o.Quick || b.o.Duration > 0 {
		return
	}
	if b.took > b.planned && b.planned > 0 {
		expected = time.Duration(float64(expected) * b.took.Seconds() / b.planned.Seconds())
	}
	if left := quickTime - time.Since(b.r.At); left < expected {
		b.scale = max(0.2, left.Seconds()/expected.Seconds())
		b.hurried = true
	}
}

// cell measures a scenario once, server and raw in turns. The workers of both
// sides draw the same numbers.
func (b *bench) cell(ctx context.Context, s scenario.Scenario, c int, stream uint64) (o once, err error) {
	if p := b.o.patience(); p > 0 {
		if _, err := proc.WaitIdle(ctx, b.o.MaxOther, p, b.watch); err != nil && ctx.Err() != nil {
			return o, err
		}
	}
	server := measure.Side{Name: "server"}
	rawSide := measure.Side{Name: "raw"}
	for n := range c {
		w := &scenario.Worker{N: n, Of: c, Rand: b100.Rand(stream + uint64(n)), HTTP: b.env.Client.Conn()}
		defer w.HTTP.Close()
		server.Workers = append(server.Workers, s.Server(ctx, b.env, w))
		if s.Raw == nil || b.env.Raw == nil {
			continue
		}
		w = &scenario.Worker{N: n, Of: c, Rand: b100.Rand(stream + uint64(n))}
		if w.PG, err = b.env.Raw.Conn(ctx); err != nil {
			return o, err
		}
		defer func() { _ = w.PG.Close(context.WithoutCancel(ctx)) }()
		rawSide.Workers = append(rawSide.Workers, s.Raw(ctx, b.env, w))
	}
	list := []measure.Side{server}
	if len(rawSide.Workers) > 0 {
		list = append(list, rawSide)
	}
	plan := b.o.plan(s.Long).Scale(b.scale)
	plan.Mark = func() ([]float64, error) { return b.mark(ctx) }
	if b.watch.Server != 0 {
		_ = proc.ResetPeak(b.watch.Server) // without it the peak is that of the whole run
	}
	if o.out, err = measure.Interleave(ctx, plan, list...); err != nil {
		return o, err
	}
	if m, err := proc.ReadMemory(b.watch.Server); err == nil {
		o.rss, o.peak = m.RSS, m.Peak
	}
	return o, nil
}

// What mark reads, in this order.
const (
	markBusy = iota
	markClient
	markServer
	markServerPostgres
	markRawPostgres
	markServerWAL
	markRawWAL
	marks
)

// mark reads all counters. Where the system tells nothing they stand still.
func (b *bench) mark(ctx context.Context) ([]float64, error) {
	m := make([]float64, marks)
	if cpu, err := b.watch.Now(); err == nil {
		m[markBusy], m[markClient], m[markServer] = cpu.Busy, cpu.Client, cpu.Server
		m[markServerPostgres], m[markRawPostgres] = cpu.ServerPostgres, cpu.RawPostgres
	}
	for i, d := range map[int]*database{markServerWAL: b.serverDB, markRawWAL: b.rawDB} {
		if d == nil {
			continue
		}
		wal, err := d.wal(ctx)
		if err != nil {
			return nil, err
		}
		m[i] = wal
	}
	return m, nil
}

// tell prints a line about a cell as soon as it is measured.
func (b *bench) tell(repeat int, s scenario.Scenario, c int, o once) {
	per := float64(max(1, s.Per))
	line := fmt.Sprintf("%d/%d %-14s c=%-3d %9.0f", repeat+1, b.o.Repeats, s.Name, c, o.out[0].Rate()*per)
	if len(o.out) > 1 {
		line += fmt.Sprintf("  raw %9.0f", o.out[1].Rate()*per)
	}
	for _, x := range o.out {
		if x.Errors > 0 {
			line += fmt.Sprintf("  %d errors, the first: %v", x.Errors, x.First)
		}
	}
	fmt.Fprintln(b.log, line)
}
