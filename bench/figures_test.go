package main

import (
	"errors"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// outcome is n operations of one millisecond each in a second, with counters.
func outcome(n int, micros uint32, spent ...float64) measure.Outcome {
	o := measure.Outcome{Elapsed: time.Second, Spent: spent}
	for range n {
		o.Micros = append(o.Micros, micros)
	}
	return o
}

func TestCellIsTheMedianOfItsRepeats(t *testing.T) {
	t.Parallel()
	// busy, client, server, its postgres, raw postgres, its log, raw log
	slow := outcome(10, 9000, 2, 0.1, 0.5, 0.5, 0, 1000, 0)
	usual := outcome(40, 3000, 2, 0.2, 0.7, 0.6, 0, 4000, 0)
	fast := outcome(50, 1000, 2, 0.3, 0.9, 0.7, 0, 9000, 0)
	fast.Errors, fast.First = 2, errors.New("broken pipe")
	raw := func(n int) measure.Outcome { return outcome(n, 500, 1.9, 0.3, 0, 0, 1.5, 0, 6400) }
	cell := summarise(scenario.Scenario{Name: "x", Per: 100}, 16, []once{
		{[]measure.Outcome{slow, raw(100)}, 1, 5}, {[]measure.Outcome{usual, raw(80)}, 2, 9}, {[]measure.Outcome{fast, raw(50)}, 3, 7},
	})
	if want := (report.Spread{Median: 4000, Min: 1000, Max: 5000}); cell.Server.Rate != want {
		t.Errorf("rate %+v", cell.Server.Rate)
	}
	if want := (report.Spread{Median: 0.5, Min: 0.1, Max: 1}); *cell.Ratio != want {
		t.Errorf("ratio %+v", *cell.Ratio)
	}
	if cell.Server.P50 != 3 || cell.Server.WAL != 100 || cell.Raw.P50 != 0.5 || cell.Raw.WAL != 80 {
		t.Errorf("server %+v raw %+v", *cell.Server, *cell.Raw)
	}
	if cell.Server.Ops != 100 || cell.Server.Errors != 2 || cell.Server.First != "broken pipe" {
		t.Errorf("of all repeats: %+v", *cell.Server)
	}
	if want := (report.Cores{Server: 0.7, Postgres: 0.6, Client: 0.2, Other: 0.5}); !near(cell.Cores, want) {
		t.Errorf("cores %+v", cell.Cores)
	}
	if want := (report.Cores{Postgres: 1.5, Client: 0.3, Other: 0.1}); !near(cell.RawCores, want) {
		t.Errorf("cores of the raw side %+v", cell.RawCores)
	}
	if cell.RSS != 3 || cell.Peak != 9 {
		t.Errorf("memory %d, peak %d", cell.RSS, cell.Peak)
	}
}

func near(a, b report.Cores) bool {
	for _, d := range []float64{a.Server - b.Server, a.Postgres - b.Postgres, a.Client - b.Client, a.Other - b.Other} {
		if d > 1e-9 || d < -1e-9 {
			return false
		}
	}
	return true
}

func TestCellWithoutRawSide(t *testing.T) {
	t.Parallel()
	cell := summarise(scenario.Scenario{Name: "metadata"}, 1, []once{{out: []measure.Outcome{outcome(10, 1000)}}})
	if cell.Raw != nil || cell.Ratio != nil || cell.Server.Rate.Median != 10 || cell.Cores != (report.Cores{}) {
		t.Errorf("%+v", cell)
	}
}

func TestQuickRunHurriesWhenLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o        Options
		ago      time.Duration
		expected time.Duration
		want     float64
	}{
		"in time":              {Options{Quick: true}, 20 * time.Second, 100 * time.Second, 1},
		"late":                 {Options{Quick: true}, 120 * time.Second, 100 * time.Second, 0.5},
		"too late for figures": {Options{Quick: true}, 300 * time.Second, 100 * time.Second, 0.2},
		"slower than planned":  {Options{Quick: true}, 120 * time.Second, 50 * time.Second, 0.5},
		"full":                 {Options{}, 300 * time.Second, 100 * time.Second, 1},
		"given duration":       {Options{Quick: true, Duration: time.Second}, 300 * time.Second, 100 * time.Second, 1},
	} {
		b := bench{o: &c.o, r: &report.Report{At: time.Now().Add(-c.ago)}}
		if name == "slower than planned" {
			b.planned, b.took = 10*time.Second, 20*time.Second
		}
		if b.hurry(c.expected); b.scale < c.want-0.01 || b.scale > c.want+0.01 || b.hurried != (c.want < 1) {
			t.Errorf("%s: scale %v", name, b.scale)
		}
	}
}
