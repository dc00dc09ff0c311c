package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/webdoctor/webdoctor/bench/proc"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// bench is one run.
type bench struct {
	*sides
	o   *Options
	r   *report.Report
	log io.Writer

	scale         float64 // of the planned times, below 1 when a quick run is late
	hurried       bool
	planned, took time.Duration // of the cells so far
}

// measureAll runs everything. With an error it returns what it had by then.
func measureAll(ctx context.Context, o *Options, log io.Writer) (r *report.Report, err error) {
	begun := time.Now()
	r = &report.Report{Format: report.Format, At: begun.UTC(), Machine: machine(), Plan: o.reportPlan()}
	b := &bench{sides: &sides{}, o: o, r: r, log: log}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		err = errors.Join(err, b.close(end))
		r.Seconds = time.Since(begun).Seconds()
	}()
	if err := b.open(ctx, o, r, log); err != nil {
		return r, err
	}
	b.identify()
	if err := b.load(ctx); err != nil {
		return r, err
	}
	if o.OnlyLoad {
		return r, nil
	}
	right, err := b.check(ctx)
	if err != nil {
		return r, err
	}
	if err := b.cells(ctx, right); err != nil {
		return r, err
	}
	b.endMemory()
	return r, nil
}

// identify asks the server what it is called; one that does not say is not
// worse for it.
func (b *bench) identify() {
	conn := b.env.Client.Conn()
	defer conn.Close()
	resp, err := conn.Get("/metadata")
	if err != nil {
		return
	}
	var c struct {
		Software struct{ Name, Version string }
	}
	if json.Unmarshal(resp.Body(), &c) == nil && c.Software.Name != "" {
		b.r.Server.Software = c.Software.Name + " " + c.Software.Version
	}
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

// load fills both sides, then makes both databases tell the truth about it.
func (b *bench) load(ctx context.Context) error {
	var before, after [2]reading
	read := func(into *[2]reading) error {
		var errs [2]error
		into[0], errs[0] = b.serverDB.read(ctx)
		into[1], errs[1] = b.rawDB.read(ctx)
		return errors.Join(errs[:]...)
	}
	if err := read(&before); err != nil {
		return err
	}
	l, err := b.env.Load(ctx, b.o.Load, b.o.LoadWorkers, func(done int) {
		if done%100 == 0 {
			fmt.Fprintf(b.log, "loaded %d of %d bundles\n", done, b.o.Load)
		}
	})
	if err != nil {
		return err
	}
	b.r.Load = &l
	if m, err := proc.ReadMemory(b.watch.Server); err == nil {
		b.r.Memory = &report.Memory{AfterLoad: m.RSS, Peak: m.Peak}
	}
	if err := read(&after); err != nil {
		return err
	}
	per := func(side int, v func(reading) float64) float64 {
		return (v(after[side]) - v(before[side])) / float64(l.Resources)
	}
	wal := func(r reading) float64 { return r.wal }
	b.r.Disk.ServerWAL, b.r.Disk.RawWAL = per(0, wal), per(1, wal)
	for _, d := range []*database{b.serverDB, b.rawDB} {
		if d != nil {
			if err := d.tidy(ctx); err != nil {
				return fmt.Errorf("vacuum: %w", err)
			}
		}
	}
	if err := read(&after); err != nil {
		return err
	}
	size := func(r reading) float64 { return r.size }
	b.r.Disk.Server, b.r.Disk.Raw = per(0, size), per(1, size)
	return nil
}

// check runs each scenario once with assertions and returns those that are
// answered rightly. The others get a cell that says what is wrong.
func (b *bench) check(ctx context.Context) (right []scenario.Scenario, err error) {
	conn := b.env.Client.Conn()
	defer conn.Close()
	for _, s := range b.o.chosen {
		wrong := func() error {
			if s.Prepare != nil {
				if err := s.Prepare(ctx, b.env); err != nil {
					return err
				}
			}
			if s.Once != nil {
				l, err := s.Once(ctx, b.env)
				b.r.Large = &l
				return err
			}
			return s.Check(ctx, b.env, conn)
		}()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case wrong != nil:
			fmt.Fprintf(b.log, "%s is answered wrongly: %v\n", s.Name, wrong)
			b.r.Cells = append(b.r.Cells, report.Cell{Scenario: s.Name, Per: s.Per, Wrong: wrong.Error()})
		case s.Once == nil:
			right = append(right, s)
		}
	}
	return right, nil
}

func (b *bench) endMemory() {
	m, err := proc.ReadMemory(b.watch.Server)
	if err != nil || b.r.Memory == nil {
		return
	}
	b.r.Memory.End = m.RSS
	b.r.Memory.Peak = max(b.r.Memory.Peak, m.Peak)
	for _, c := range b.r.Cells {
		b.r.Memory.Peak = max(b.r.Memory.Peak, c.Peak)
	}
}
