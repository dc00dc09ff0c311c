package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// Options are the command line.
type Options struct {
	Base           string   `help:"FHIR base URL of a running server. Default: build WebDoctor and start it on an empty directory."`
	Token          string   `env:"BENCH_TOKEN" help:"Bearer token for the server."`
	ServerPID      int      `name:"server-pid" help:"Process of the server given by --base, to see its memory and processor time."`
	ServerPostgres string   `name:"server-postgres" help:"URL of the server's database, for VACUUM ANALYZE, sizes and the write-ahead log. Known for the server the bench starts."`
	Binary         string   `type:"existingfile" help:"Start this binary instead of building one."`
	ServerEnv      []string `name:"server-env" placeholder:"NAME=VALUE" help:"Environment for the server the bench starts."`

	Postgres string `help:"URL of a Postgres for the raw side; a scratch database is made there. Default: start one with the settings of WebDoctor's own."`
	NoRaw    bool   `name:"no-raw" help:"Measure the server alone."`

	Scenarios   []string      `help:"Names or groups (core, binary, search, public, shapes). Default: core and binary."`
	Concurrency []int         `help:"How many workers at once. Default: 1,16."`
	Duration    time.Duration `help:"Measured time per side, cell and repeat. Default: 8s; 1.8s with --quick."`
	Repeats     int           `help:"Default: 3; 1 with --quick."`
	Load        int           `help:"Bundles of 100 resources to load first. Default: 1000; 100 with --quick."`
	Levels      []int         `help:"Load up to each of these numbers of bundles in turn, and measure the searches at each: 300,3000,10000 is 30 k, 300 k and 1 M resources. The other scenarios come at the last."`
	LoadWorkers int           `name:"load-workers" default:"4" help:"How many bundles to send at once while loading."`
	OnlyLoad    bool          `name:"only-load" help:"Stop after loading."`
	Quick       bool          `help:"Less than three minutes, rougher figures."`
	MaxOther    float64       `name:"max-other" default:"0.15" help:"Wait until others use less than this many processors."`

	Keep     string `type:"path" help:"Keep the loaded data of both sides in this directory, or measure again what an earlier run has kept there. Scenarios that write are not run."`
	Dir      string `type:"existingdir" help:"Where the data of both sides go for the time of the run; it should be a disk. Default: the system's temporary directory."`
	Out      string `help:"Write the report as JSON to this file."`
	JSON     bool   `help:"Print JSON instead of tables."`
	Markdown bool   `help:"Print the tables as Markdown."`
	Against  string `type:"existingfile" help:"Compare with an earlier JSON report."`

	chosen []scenario.Scenario
	old    *report.Report
	helped bool
}

// complete fills in what depends on other options and refuses what does not go
// together.
func (o *Options) complete() error {
	set := func(n *int, quick, full int) {
		if *n == 0 {
			*n = map[bool]int{true: quick, false: full}[o.Quick]
		}
	}
	if len(o.Levels) > 0 {
		if o.Load != 0 {
			return errors.New("--load and --levels exclude each other")
		}
		if !slices.IsSorted(o.Levels) || o.Levels[0] < 1 {
			return errors.New("--levels must be positive and rise")
		}
		o.Load = o.Levels[len(o.Levels)-1]
	}
	set(&o.Load, 100, 1000)
	if len(o.Levels) == 0 {
		o.Levels = []int{o.Load}
	}
	set(&o.Repeats, 1, 3)
	if len(o.Concurrency) == 0 {
		o.Concurrency = []int{1, 16}
	}
	for _, c := range o.Concurrency {
		if c < 1 || c > 128 || c > o.Levels[0] {
			return fmt.Errorf("concurrency %d: must be at least 1 and at most 128 and the %d bundles loaded, since each worker updates patients of its own", c, o.Levels[0])
		}
	}
	if o.Base != "" && (o.Binary != "" || len(o.ServerEnv) > 0) {
		return errors.New("--binary and --server-env are for a server that the bench starts, --base for one that runs")
	}
	if o.Postgres != "" && o.NoRaw {
		return errors.New("--postgres and --no-raw exclude each other")
	}
	if o.Load < 1 || o.Repeats < 1 || o.LoadWorkers < 1 || o.Duration < 0 {
		return errors.New("--load, --repeats, --load-workers and --duration must be positive")
	}
	var err error
	if o.chosen, err = scenario.Select(o.Scenarios); err != nil {
		return err
	}
	if err := o.keeping(); err != nil {
		return err
	}
	if o.Against != "" {
		o.old, err = report.Read(o.Against)
	}
	return err
}

// keeping refuses what does not go together with --keep, and leaves out what
// would write.
func (o *Options) keeping() error {
	if o.Keep == "" {
		return nil
	}
	if o.Base != "" || o.Postgres != "" || o.Dir != "" {
		return errors.New("--keep is for a server and a Postgres that the bench starts, in the directory named")
	}
	o.chosen = slices.DeleteFunc(o.chosen, func(s scenario.Scenario) bool { return s.Writes && !slices.Contains(o.Scenarios, s.Name) })
	for _, s := range o.chosen {
		if s.Writes {
			return fmt.Errorf("%s writes: with --keep the data stay as they were loaded", s.Name)
		}
	}
	return nil
}

// plan is how a cell is measured. Long is for scenarios whose operations take
// long: their slices must hold several.
func (o *Options) plan(long bool) measure.Plan {
	p := measure.Plan{Warm: 2500 * time.Millisecond, Slice: 2 * time.Second, Rounds: 4}
	if long {
		p.Warm, p.Slice = 5*time.Second, 5*time.Second
	}
	if o.Quick {
		p = measure.Plan{Warm: 300 * time.Millisecond, Slice: 600 * time.Millisecond, Rounds: 3}
		if long {
			p.Warm, p.Slice = 600*time.Millisecond, time.Second
		}
	}
	if o.Duration > 0 {
		p.Slice = o.Duration / time.Duration(p.Rounds)
		p.Warm = min(p.Warm, o.Duration)
	}
	return p
}

// patience is how long to wait for a quiet machine before a cell.
func (o *Options) patience() time.Duration {
	if o.Quick {
		return 0
	}
	return 30 * time.Second
}

// reportPlan is the plan as the report tells it.
func (o *Options) reportPlan() report.Plan {
	short, long := o.plan(false), o.plan(true)
	seconds := func(p measure.Plan) float64 { return (p.Slice * time.Duration(p.Rounds)).Seconds() }
	return report.Plan{Quick: o.Quick, Seconds: seconds(short), LongSeconds: seconds(long), Rounds: short.Rounds,
		Repeats: o.Repeats, Concurrency: slices.Clone(o.Concurrency)}
}
