// Package report is what a run of the bench found: as JSON for machines and
// for comparison with a later run, as tables for people.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// resourcesPerBundle of the data set.
const resourcesPerBundle = b100.Size

// Format is the version of the JSON; a file of another one is not compared.
const Format = 1

// Report is one run.
type Report struct {
	Format  int                  `json:"format"`
	At      time.Time            `json:"at"`
	Seconds float64              `json:"seconds"`
	Machine Machine              `json:"machine"`
	Server  Server               `json:"server"`
	Plan    Plan                 `json:"plan"`
	Start   *Start               `json:"start,omitempty"`
	Load    *scenario.LoadResult `json:"load,omitempty"`
	Disk    Disk                 `json:"disk"`
	Levels  []Level              `json:"levels,omitempty"`
	Memory  *Memory              `json:"memory,omitempty"`
	Large   *scenario.Large      `json:"large,omitempty"`
	Cells   []Cell               `json:"cells"`
	Goals   []Goal               `json:"goals,omitempty"`
	Notes   []string             `json:"notes,omitempty"`
}

// Level is how many bundles were loaded when searches were measured, and what
// loading them took since the level before.
type Level struct {
	Bundles   int                 `json:"bundles"`
	Resources int                 `json:"resources"`
	Seconds   float64             `json:"seconds"`
	Load      scenario.LoadResult `json:"load"`
	Disk      Disk                `json:"disk"`
}

// Machine is where it ran. Client, server and both databases share it.
type Machine struct {
	CPUs   int    `json:"cpus"`
	Model  string `json:"model,omitempty"`
	Memory int64  `json:"memory_bytes,omitempty"`
	System string `json:"system"`
	Go     string `json:"go"`
}

// Server is what was measured, and the settings of its and of the raw
// Postgres that matter for writing; they should be the same.
type Server struct {
	Base     string            `json:"base"`
	Own      bool              `json:"own"` // built and started by the bench
	Software string            `json:"software,omitempty"`
	Postgres map[string]string `json:"postgres,omitempty"`
	Raw      map[string]string `json:"raw_postgres,omitempty"`
}

// Plan is how it was measured.
type Plan struct {
	Quick       bool    `json:"quick"`
	Seconds     float64 `json:"seconds"` // per cell, side and repeat
	LongSeconds float64 `json:"long_seconds"`
	Rounds      int     `json:"rounds"`
	Repeats     int     `json:"repeats"`
	Concurrency []int   `json:"concurrency"`
}

// Start is from spawning the process to the first 200 of /readyz, in
// milliseconds: cold on an empty data directory, warm on one that has data.
type Start struct {
	Cold    []float64 `json:"cold_ms"`
	Warm    []float64 `json:"warm_ms"`
	IdleRSS int64     `json:"idle_rss_bytes"`
	Binary  int64     `json:"binary_bytes"`
}

// Disk is what the loaded resources take, per resource, with all indexes.
type Disk struct {
	Server    float64 `json:"server_bytes_per_resource,omitempty"`
	Raw       float64 `json:"raw_bytes_per_resource,omitempty"`
	ServerWAL float64 `json:"server_wal_bytes_per_resource,omitempty"`
	RawWAL    float64 `json:"raw_wal_bytes_per_resource,omitempty"`
}

// Memory of the server process.
type Memory struct {
	AfterLoad int64 `json:"after_load_rss_bytes"`
	End       int64 `json:"end_rss_bytes"`
	Peak      int64 `json:"peak_bytes"`
}

// Cell is one scenario at one concurrency.
type Cell struct {
	Scenario    string   `json:"scenario"`
	Level       int      `json:"level,omitempty"` // bundles that were loaded
	Concurrency int      `json:"c"`
	Per         int      `json:"resources_per_op,omitempty"` // rates are in resources where set
	Wrong       string   `json:"wrong,omitempty"`            // why it was not timed
	Server      *Figures `json:"server,omitempty"`
	Raw         *Figures `json:"raw,omitempty"`
	Ratio       *Spread  `json:"ratio,omitempty"` // server / raw
	Cores       Cores    `json:"cores"`           // while the server's slices ran
	RawCores    Cores    `json:"raw_cores"`       // while the raw slices ran
	RSS         int64    `json:"rss_bytes,omitempty"`
	Peak        int64    `json:"peak_bytes,omitempty"`
}

// Figures are what one side did. The latencies and the log are of the repeat
// whose rate is the median.
type Figures struct {
	measure.Latency
	Rate   Spread  `json:"rate"` // per second: requests, or resources where Cell.Per is set
	Ops    int     `json:"ops"`
	Errors int     `json:"errors"`
	First  string  `json:"first_error,omitempty"`
	WAL    float64 `json:"wal_bytes_per_op,omitempty"`
}

// Spread is the median of the repeats, and the least and the most.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// NewSpread summarises the values of the repeats.
func NewSpread(values []float64) Spread {
	s := Spread{Median: measure.Median(values)}
	for i, v := range values {
		if i == 0 || v < s.Min {
			s.Min = v
		}
		s.Max = max(s.Max, v)
	}
	return s
}

// Cores is processor time per second, by whom it was used.
type Cores struct {
	Server   float64 `json:"server"`
	Postgres float64 `json:"postgres"`
	Client   float64 `json:"client"`
	Other    float64 `json:"other"`
}

// Unit of the cell's rates.
func (c Cell) Unit() string {
	if c.Per > 0 {
		return "res/s"
	}
	return "req/s"
}

// Find is the cell of that scenario and concurrency at the highest level, nil
// if there is none.
func (r *Report) Find(name string, c int) (found *Cell) {
	for i := range r.Cells {
		if x := &r.Cells[i]; x.Scenario == name && x.Concurrency == c && (found == nil || x.Level > found.Level) {
			found = x
		}
	}
	return found
}

// FindAt is the cell at that level, nil if there is none.
func (r *Report) FindAt(level int, name string, c int) *Cell {
	for i := range r.Cells {
		if x := &r.Cells[i]; x.Scenario == name && x.Concurrency == c && x.Level == level {
			return x
		}
	}
	return nil
}

// Faults is everything that must not be: scenarios answered wrongly, errors.
func (r *Report) Faults() (faults []string) {
	for _, c := range r.Cells {
		if c.Wrong != "" {
			faults = append(faults, fmt.Sprintf("%s was answered wrongly and not timed: %s", c.Scenario, c.Wrong))
		}
		for side, f := range map[string]*Figures{"server": c.Server, "raw": c.Raw} {
			if f != nil && f.Errors > 0 {
				faults = append(faults, fmt.Sprintf("%s c=%d, %s: %d errors, the first: %s", c.Scenario, c.Concurrency, side, f.Errors, f.First))
			}
		}
	}
	return faults
}

// WriteJSON writes the report for machines.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Read reads a report that WriteJSON has written.
func Read(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s is no report: %w", path, err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("%s has format %d, this programme writes %d", path, r.Format, Format)
	}
	return &r, nil
}
