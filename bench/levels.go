package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/proc"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// levels loads up to each level and measures the searches there, while both
// sides hold what was loaded and nothing else; then the other scenarios at the
// last level, since they write.
func (b *bench) levels(ctx context.Context) error {
	var searches, others []scenario.Scenario
	for _, s := range b.o.chosen {
		if s.Searches() {
			searches = append(searches, s)
		} else {
			others = append(others, s)
		}
	}
	b.left = b.expected(searches)*time.Duration(len(b.o.Levels)) + b.expected(others)
	for _, level := range b.o.Levels {
		if level < b.level() {
			b.note(fmt.Sprintf("the level of %d bundles is left out: %d are loaded already", level, b.level()))
			continue
		}
		if err := b.load(ctx, level); err != nil {
			return err
		}
		if b.o.OnlyLoad || len(searches) == 0 {
			continue
		}
		if err := b.ready(ctx, true); err != nil {
			return err
		}
		if err := b.measure(ctx, searches); err != nil {
			return err
		}
	}
	if b.o.OnlyLoad || len(others) == 0 {
		return nil
	}
	if err := b.ready(ctx, false); err != nil {
		return err
	}
	fresh := b.env.Fresh
	b.env.Fresh = false // from here on the checks write
	defer func() { b.env.Fresh = fresh }()
	return b.measure(ctx, others)
}

func (b *bench) measure(ctx context.Context, scenarios []scenario.Scenario) error {
	right, err := b.check(ctx, scenarios)
	if err != nil {
		return err
	}
	return b.cells(ctx, right)
}

// ready makes both databases tell the truth about what they hold, and the raw
// one fit for what comes.
func (b *bench) ready(ctx context.Context, search bool) error {
	if b.env.Raw != nil {
		prepare := b.env.Raw.ForWrites
		if search {
			prepare = b.env.Raw.ForSearch
		}
		if err := prepare(ctx); err != nil {
			return fmt.Errorf("raw postgres: %w", err)
		}
	}
	return b.tidy(ctx)
}

func (b *bench) tidy(ctx context.Context) error {
	for _, d := range []*database{b.serverDB, b.rawDB} {
		if d != nil {
			if err := d.tidy(ctx); err != nil {
				return fmt.Errorf("vacuum: %w", err)
			}
		}
	}
	return nil
}

// reading is what a database has taken so far.
type reading struct{ size, wal float64 }

func (d *database) read(ctx context.Context) (r reading, err error) {
	if d == nil {
		return r, nil
	}
	var errs [2]error
	r.size, errs[0] = d.size(ctx)
	r.wal, errs[1] = d.wal(ctx)
	return r, errors.Join(errs[:]...)
}

// read is a reading of both databases.
func (b *bench) read(ctx context.Context) (both [2]reading, err error) {
	var errs [2]error
	both[0], errs[0] = b.serverDB.read(ctx)
	both[1], errs[1] = b.rawDB.read(ctx)
	return both, errors.Join(errs[:]...)
}

// load fills both sides up to a level and measures what that takes.
func (b *bench) load(ctx context.Context, level int) error {
	if b.env.Raw != nil { // what it takes is counted without what only searches need
		if err := b.env.Raw.ForWrites(ctx); err != nil {
			return fmt.Errorf("raw postgres: %w", err)
		}
	}
	before, err := b.read(ctx)
	if err != nil {
		return err
	}
	if b.level() == 0 {
		b.base = [2]float64{before[0].size, before[1].size}
	}
	if b.o.Keep != "" && level > b.level() {
		if err := scenario.Unkeep(b.o.Keep); err != nil {
			return err
		}
	}
	begun := time.Now()
	l, err := b.env.Load(ctx, level, b.o.LoadWorkers, b.progress(level))
	if err != nil {
		return err
	}
	seconds := time.Since(begun).Seconds()
	if m, err := proc.ReadMemory(b.watch.Server); err == nil {
		if b.r.Memory == nil {
			b.r.Memory = &report.Memory{Peak: m.Peak}
		}
		if l.Resources > 0 {
			b.r.Memory.AfterLoad = m.RSS
		}
	}
	after, err := b.read(ctx)
	if err != nil {
		return err
	}
	disk := report.Disk{}
	if l.Resources > 0 {
		disk.ServerWAL = (after[0].wal - before[0].wal) / float64(l.Resources)
		disk.RawWAL = (after[1].wal - before[1].wal) / float64(l.Resources)
		if err := b.tidy(ctx); err != nil {
			return err
		}
		if after, err = b.read(ctx); err != nil {
			return err
		}
	}
	held := float64(level * b100.Size)
	disk.Server, disk.Raw = (after[0].size-b.base[0])/held, (after[1].size-b.base[1])/held
	b.r.Load, b.r.Disk = &l, disk
	b.r.Levels = append(b.r.Levels, report.Level{Bundles: level, Resources: level * b100.Size, Seconds: seconds, Load: l, Disk: disk})
	if b.o.Keep == "" || l.Resources == 0 {
		return nil
	}
	return b.env.Keep(b.o.Keep, b.base)
}

// progress tells every few seconds how far the load is and when it will end.
func (b *bench) progress(level int) func(done int) {
	first, begun := b.level(), time.Now()
	told := begun
	return func(done int) {
		if now := time.Now(); done == level || now.Sub(told) > 5*time.Second {
			told = now
			rate := float64(done-first) / now.Sub(begun).Seconds()
			left := time.Duration(float64(level-done) / rate * float64(time.Second))
			fmt.Fprintf(b.log, "loaded %d of %d bundles, %.0f resources/s on both sides together, %s left\n", done, level, rate*b100.Size, left.Round(time.Second))
		}
	}
}
