package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() *report.Report {
	spread := func(v float64) report.Spread { return report.Spread{Median: v, Min: v * 0.9, Max: v * 1.1} }
	ratio, flat := spread(0.4), report.Spread{Median: 0.5, Min: 0.5, Max: 0.5}
	return &report.Report{
		Format: report.Format, At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Seconds: 160,
		Machine: report.Machine{CPUs: 2, Model: "Processor", Memory: 24 << 30, System: "linux 6.1", Go: "go1.26.8"},
		Server:  report.Server{Base: "http://127.0.0.1:1/fhir", Own: true, Software: "WebDoctor 0.1"},
		Plan:    report.Plan{Quick: true, Seconds: 1.8, LongSeconds: 3, Rounds: 3, Repeats: 1, Concurrency: []int{1, 16}},
		Start:   &report.Start{Cold: []float64{900, 1100, 1000}, Warm: []float64{150}, IdleRSS: 50 << 20, Binary: 30 << 20},
		Load:    &scenario.LoadResult{Bundles: 100, Resources: 10000, Bytes: 12400000, Workers: 4, Server: 5000, Raw: 9000},
		Disk:    report.Disk{Server: 2000, Raw: 1500, ServerWAL: 3000, RawWAL: 2500},
		Memory:  &report.Memory{AfterLoad: 100 << 20, End: 120 << 20, Peak: 140 << 20},
		Large:   &scenario.Large{Bytes: 64 << 20, UploadMBps: 300, DownloadMBps: 700, Watched: true, Before: 100 << 20, UploadGrew: 3 << 20, DownloadGrew: 1 << 20},
		Cells: []report.Cell{
			{Scenario: "metadata", Concurrency: 16, RSS: 90 << 20, Peak: 95 << 20,
				Server: &report.Figures{Latency: measure.Latency{P50: 0.5, P95: 1.25, P99: 2, Max: 30.04}, Rate: spread(25000), Ops: 45000},
				Cores:  report.Cores{Server: 1.2, Client: 0.5}},
			{Scenario: "read", Concurrency: 16, RSS: 90 << 20,
				Server: &report.Figures{Latency: measure.Latency{P50: 1, P95: 2, P99: 6, Max: 9}, Rate: spread(17000), Ops: 30000, WAL: 12},
				Raw:    &report.Figures{Latency: measure.Latency{P50: 0.4, P95: 0.8, P99: 1, Max: 4}, Rate: spread(42000), Ops: 80000},
				Ratio:  &ratio, Cores: report.Cores{Server: 0.9, Postgres: 0.6, Client: 0.3, Other: 0.02}, RawCores: report.Cores{Postgres: 1.2, Client: 0.7, Other: 0.01}},
			{Scenario: "tx100", Concurrency: 16, Per: 100,
				Server: &report.Figures{Latency: measure.Latency{P50: 300, P95: 400, P99: 500, Max: 510}, Rate: spread(4000), Ops: 120, Errors: 1, First: "status 500"},
				Raw:    &report.Figures{Rate: spread(8000), Ops: 240}, Ratio: &flat},
			{Scenario: "batch100", Concurrency: 16, Per: 100, Wrong: "entry 3: status \"400\""},
		},
		Notes: []string{"the data lie in memory"},
	}
}

// golden compares with a file, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", name, got)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	var plain, markdown bytes.Buffer
	plain.WriteString(sample().Heading() + "\n")
	for _, table := range sample().Tables() {
		if err := table.Plain(&plain); err != nil {
			t.Fatal(err)
		}
		if err := table.Markdown(&markdown); err != nil {
			t.Fatal(err)
		}
		for i, row := range table.Rows {
			if len(row) != len(table.Head) {
				t.Errorf("%s: row %d has %d cells under %d heads", table.Title, i, len(row), len(table.Head))
			}
		}
	}
	golden(t, "plain.txt", plain.String())
	golden(t, "markdown.md", markdown.String())
}

func TestAgainst(t *testing.T) {
	t.Parallel()
	old, now := sample(), sample()
	now.At = now.At.AddDate(0, 0, 1)
	read := now.Find("read", 16)
	read.Ratio = &report.Spread{Median: 0.5, Min: 0.5, Max: 0.5}
	read.Server.P99 = 3
	now.Start.Warm = []float64{300}
	now.Cells = append(now.Cells, report.Cell{Scenario: "history", Concurrency: 1, Server: &report.Figures{}})
	var b bytes.Buffer
	if err := now.Against(old).Plain(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "against.txt", b.String())
}

func TestJSONComesBackAsItWent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	var b bytes.Buffer
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := report.Read(path)
	if err != nil || !reflect.DeepEqual(got, sample()) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte(`{"format":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.Read(path); err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("another format: %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	got := strings.Join(sample().Faults(), "\n")
	want := "tx100 c=16, server: 1 errors, the first: status 500\nbatch100 was answered wrongly and not timed: entry 3: status \"400\""
	if got != want {
		t.Errorf("%s", got)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	if got := report.NewSpread([]float64{3, 1, 2}); got != (report.Spread{Median: 2, Min: 1, Max: 3}) {
		t.Errorf("%+v", got)
	}
	if got := report.NewSpread(nil); got != (report.Spread{}) {
		t.Errorf("%+v", got)
	}
}

// A target of a search is reached or missed at the level for which it is set;
// elsewhere its verdict does not count.
func TestGoalsKnowTheirLevel(t *testing.T) {
	t.Parallel()
	cell := func(name string, level int, p50, rate float64) report.Cell {
		return report.Cell{Scenario: name, Level: level, Concurrency: 16,
			Server: &report.Figures{Latency: measure.Latency{P50: p50}, Rate: report.Spread{Median: rate}}}
	}
	r := &report.Report{
		Levels: []report.Level{{Bundles: 300}, {Bundles: 3000}, {Bundles: 10000}},
		Cells: []report.Cell{cell("s_obs_code", 300, 4, 2000), cell("s_page50", 300, 5, 2000), cell("s_ident", 300, 2, 1),
			cell("s_obs_code", 3000, 4, 3500), cell("s_page50", 3000, 4, 3500), cell("s_ident", 3000, 2, 1),
			cell("s_ident", 10000, 4, 1)},
	}
	var got []string
	for _, g := range r.Reached() {
		got = append(got, fmt.Sprintf("%s %s %d %.2f %s %v", g.Scenario, g.What, g.Level, g.Measured, g.Reached, g.Counts))
	}
	want := []string{
		"s_obs_code rate 300 2000.00 MISSED false", "s_obs_code rate 3000 3500.00 must true",
		"s_page50 page50 300 1.25 MISSED false", "s_page50 page50 3000 1.00 moonshot true",
		"s_ident growth 10000 2.00 MISSED true",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	var b bytes.Buffer
	for _, table := range r.Tables() {
		if err := table.Plain(&b); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"(MISSED)", "p50 at 1,000,000", "Levels"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("the tables do not say %q:\n%s", text, &b)
		}
	}
}
