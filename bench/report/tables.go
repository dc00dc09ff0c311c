package report

import (
	"fmt"
	"slices"
	"strings"
)

// Tables is the report for people; a table without rows is left out.
func (r *Report) Tables() []*Table {
	all := []*Table{r.rates(), r.growth(), r.costs(), r.loads(), r.summary(), r.goals()}
	return slices.DeleteFunc(all, func(t *Table) bool { return len(t.Rows) == 0 })
}

func (r *Report) rates() *Table {
	t := &Table{
		Title: "Rates and latencies (ms); ratio = server / raw Postgres, median of the repeats (least–most)",
		Head: []string{"scenario", "resources", "c", "unit", "server", "raw", "ratio", "p50", "p95", "p99", "max", "raw p50", "raw p99", "errors",
			"must", "moonshot"},
	}
	for _, c := range r.Cells {
		row := []string{c.Scenario, number(float64(c.Level * resourcesPerBundle)), fmt.Sprint(c.Concurrency), c.Unit()}
		if c.Wrong != "" {
			row[2] = none
			t.Add(append(row, "wrong", none, none, none, none, none, none, none, none, none, none, none)...)
			continue
		}
		s := c.Server
		row = append(row, number(s.Rate.Median))
		raw := []string{none, none}
		errors := s.Errors
		if c.Raw != nil {
			row = append(row, number(c.Raw.Rate.Median), c.ratio())
			raw = []string{number(c.Raw.P50), number(c.Raw.P99)}
			errors += c.Raw.Errors
		} else {
			row = append(row, none, none)
		}
		row = append(row, number(s.P50), number(s.P95), number(s.P99), number(s.Max), raw[0], raw[1], fmt.Sprint(errors))
		goal, ok := rateTarget(c.Scenario, c.Concurrency)
		if !ok {
			t.Add(append(row, none, none)...)
			continue
		}
		t.Add(append(row, number(goal.Must), number(goal.Moonshot))...)
	}
	return t
}

// ratio with its spread, where there was more than one repeat.
func (c Cell) ratio() string {
	if c.Ratio == nil {
		return none
	}
	s := percent(c.Ratio.Median)
	if c.Ratio.Min != c.Ratio.Max {
		s += fmt.Sprintf(" (%.0f–%.0f)", 100*c.Ratio.Min, 100*c.Ratio.Max)
	}
	return s
}

func (r *Report) costs() *Table {
	t := &Table{
		Title: "Costs: processors in use, memory of the server process (MB), bytes of write-ahead log per operation",
		Head: []string{"scenario", "resources", "c", "server", "postgres", "client", "other", "raw: postgres", "client", "other",
			"RSS", "peak", "WAL", "raw WAL"},
	}
	for _, c := range r.Cells {
		if c.Wrong != "" {
			continue
		}
		row := []string{c.Scenario, number(float64(c.Level * resourcesPerBundle)), fmt.Sprint(c.Concurrency),
			cores(c.Cores.Server), cores(c.Cores.Postgres), cores(c.Cores.Client), cores(c.Cores.Other)}
		raw := none
		if c.Raw != nil {
			row = append(row, cores(c.RawCores.Postgres), cores(c.RawCores.Client), cores(c.RawCores.Other))
			raw = number(c.Raw.WAL)
		} else {
			row = append(row, none, none, none)
		}
		t.Add(append(row, megabytes(c.RSS), megabytes(c.Peak), number(c.Server.WAL), raw)...)
	}
	return t
}

func (r *Report) summary() *Table {
	t := &Table{Title: "Around it", Head: []string{"what", "server", "raw"}}
	if s := r.Start; s != nil {
		t.Add("first start, empty directory, ms", number(NewSpread(s.Cold).Median), "")
		t.Add("start with data, ms", number(NewSpread(s.Warm).Median), "")
		t.Add("idle memory of the process, MB", megabytes(s.IdleRSS), "")
		t.Add("size of the binary, MB", megabytes(s.Binary), "")
	}
	if m := r.Memory; m != nil {
		t.Add("memory after the load, MB", megabytes(m.AfterLoad), "")
		t.Add("memory at the end, MB", megabytes(m.End), "")
		t.Add("memory at most, MB", megabytes(m.Peak), "")
	}
	if l := r.Load; l != nil && l.Resources > 0 {
		t.Add(fmt.Sprintf("load of %d bundles by %d workers, resources/s", l.Bundles, l.Workers), number(l.Server), number(l.Raw))
		t.Add("JSON in, bytes per resource", number(float64(l.Bytes)/float64(l.Resources)), "")
	}
	t.Add("on disk with indexes, bytes per resource", number(r.Disk.Server), number(r.Disk.Raw))
	t.Add("write-ahead log of the load, bytes per resource", number(r.Disk.ServerWAL), number(r.Disk.RawWAL))
	if l := r.Large; l != nil {
		t.Add(fmt.Sprintf("binary of %s MB in, MB/s", megabytes(l.Bytes)), number(l.UploadMBps), "")
		t.Add(fmt.Sprintf("binary of %s MB out, MB/s", megabytes(l.Bytes)), number(l.DownloadMBps), "")
		if l.Watched {
			t.Add("memory grown on the way in, MB", megabytes(l.UploadGrew), "")
			t.Add("memory grown on the way out, MB", megabytes(l.DownloadGrew), "")
		}
	}
	return t
}

// Heading says in a few lines what ran where.
func (r *Report) Heading() string {
	var b strings.Builder
	software := r.Server.Software
	if software == "" {
		software = "a FHIR server"
	}
	fmt.Fprintf(&b, "%s at %s, %s\n", software, r.Server.Base, r.At.UTC().Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "%d × %s, %s MB, %s, %s; client, server and both databases share them\n",
		r.Machine.CPUs, r.Machine.Model, megabytes(r.Machine.Memory), r.Machine.System, r.Machine.Go)
	fmt.Fprintf(&b, "%g s per side and cell (%g s where one operation is long) in %d slices in turns, %d repeat(s); the whole run took %.0f s\n",
		r.Plan.Seconds, r.Plan.LongSeconds, r.Plan.Rounds, r.Plan.Repeats, r.Seconds)
	return b.String()
}
