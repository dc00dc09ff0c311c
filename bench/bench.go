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

	base          [2]float64    // bytes of the databases before anything was loaded
	left          time.Duration // of the cells that are still to come
	stream        uint64        // of the random numbers of the last cell
	scale         float64       // of the planned times, below 1 when a quick run is late
	hurried       bool
	planned, took time.Duration // of the cells so far
}

// measureAll runs everything. With an error it returns what it had by then.
func measureAll(ctx context.Context, o *Options, log io.Writer) (r *report.Report, err error) {
	begun := time.Now()
	r = &report.Report{Format: report.Format, At: begun.UTC(), Machine: machine(), Plan: o.reportPlan()}
	b := &bench{sides: &sides{}, o: o, r: r, log: log, stream: 1 << 32}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		err = errors.Join(err, b.close(end))
		r.Seconds = time.Since(begun).Seconds()
	}()
	if err := b.open(ctx, o, r, log); err != nil {
		return r, err
	}
	b.base = b.kept.Base
	b.identify()
	err = b.levels(ctx)
	b.endMemory()
	b.r.Goals = b.r.Reached()
	return r, err
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

// check runs each scenario once with assertions and returns those that are
// answered rightly. The others get a cell that says what is wrong.
func (b *bench) check(ctx context.Context, chosen []scenario.Scenario) (right []scenario.Scenario, err error) {
	if err := b.env.Census(ctx, chosen); err != nil {
		return nil, err
	}
	defer b.env.Forget()
	conn := b.env.Client.Conn()
	defer conn.Close()
	for _, s := range chosen {
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
		case errors.Is(wrong, scenario.ErrTooFew):
			b.note(fmt.Sprintf("%s is left out with %d bundles: %v", s.Name, len(b.env.Loaded), wrong))
		case wrong != nil:
			fmt.Fprintf(b.log, "%s is answered wrongly: %v\n", s.Name, wrong)
			b.r.Cells = append(b.r.Cells, report.Cell{Scenario: s.Name, Level: b.level(), Per: s.Per, Wrong: wrong.Error()})
		case s.Once == nil:
			right = append(right, s)
		}
	}
	return right, nil
}

// note tells about something that is no fault, at once and in the report.
func (b *bench) note(text string) {
	fmt.Fprintln(b.log, text)
	b.r.Notes = append(b.r.Notes, text)
}

// level is how many bundles are loaded.
func (b *bench) level() int { return len(b.env.Loaded) }

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
