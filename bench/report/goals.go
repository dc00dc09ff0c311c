package report

import (
	"fmt"
	"slices"
)

// Goal is a target and what was measured of it.
type Goal struct {
	Scenario string  `json:"scenario,omitempty"`
	C        int     `json:"c,omitempty"`
	Level    int     `json:"level,omitempty"` // bundles that were loaded
	What     string  `json:"what"`
	Measured float64 `json:"measured"`
	Must     float64 `json:"must"`
	Moonshot float64 `json:"moonshot,omitempty"`
	Reached  string  `json:"reached"`          // moonshot, must or MISSED
	Counts   bool    `json:"counts,omitempty"` // it is at this level that the target is to be reached

	peer float64
}

// Where targets are to be reached, in bundles of the data set.
const (
	small = 300   // 30,000 resources
	large = 3000  // 300,000, where the targets of searches hold
	huge  = 10000 // 1,000,000
)

// Reached compares everything measured with its target.
func (r *Report) Reached() (all []Goal) {
	for _, t := range targets {
		switch {
		case t.Scenario == "":
			all = r.goal(all, t, 0, true)
		case t.What == "growth":
			all = r.grown(all, t)
		default:
			for _, level := range r.levelsOf(t.Scenario, t.C) {
				all = r.goal(all, t, level, !t.search() || level == large)
			}
		}
	}
	return all
}

func (r *Report) goal(all []Goal, t Target, level int, counts bool) []Goal {
	got := r.measured(t, level)
	if got == 0 {
		return all
	}
	return append(all, Goal{Scenario: t.Scenario, C: t.C, Level: level, What: t.What, Measured: got, Must: t.Must, Moonshot: t.Moonshot,
		Reached: t.verdict(got), Counts: counts, peer: t.Peer})
}

// levelsOf is where a scenario was measured.
func (r *Report) levelsOf(name string, c int) (levels []int) {
	for _, x := range r.Cells {
		if x.Scenario == name && x.Concurrency == c && x.Server != nil {
			levels = append(levels, x.Level)
		}
	}
	slices.Sort(levels)
	return levels
}

// grown compares the middle latency at the highest level with that at the
// lowest.
func (r *Report) grown(all []Goal, t Target) []Goal {
	levels := r.levelsOf(t.Scenario, t.C)
	if len(levels) < 2 {
		return all
	}
	first, last := levels[0], levels[len(levels)-1]
	got := ratio(r.FindAt(last, t.Scenario, t.C).Server.P50, r.FindAt(first, t.Scenario, t.C).Server.P50)
	return append(all, Goal{Scenario: t.Scenario, C: t.C, Level: last, What: t.What, Measured: got, Must: t.Must, Moonshot: t.Moonshot,
		Reached: t.verdict(got), Counts: first == small && last == huge})
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// goals is the table of targets. A verdict in brackets was measured at another
// level than the one for which the target is set.
func (r *Report) goals() *Table {
	t := &Table{
		Title: "Targets (rates are of another day and machine; shares of raw hold everywhere; in brackets: not the level for which the target is set)",
		Head:  []string{"what", "c", "resources", "measured", "Medplum", "must", "moonshot", "reached"},
	}
	for _, g := range r.Reached() {
		name, c, level := whats[g.What].name, "", ""
		if g.Scenario != "" {
			name, c = g.Scenario+", "+name, fmt.Sprint(g.C)
		}
		if g.Level > 0 {
			level = number(float64(g.Level * resourcesPerBundle))
		}
		show := number
		if g.What == "ratio" {
			show = percent
		}
		reached := g.Reached
		if !g.Counts {
			reached = "(" + reached + ")"
		}
		t.Add(name, c, level, show(g.Measured), show(g.peer), show(g.Must), show(g.Moonshot), reached)
	}
	return t
}

// growth is how the searches fare as the data grow.
func (r *Report) growth() *Table {
	var levels []int
	for _, l := range r.Levels {
		levels = append(levels, l.Bundles)
	}
	t := &Table{Title: "Growth: p50 (ms) and rate at each number of resources, and the last in relation to the first"}
	if len(levels) < 2 {
		return t
	}
	t.Head = []string{"scenario", "c"}
	for _, what := range []string{"p50 at ", "rate at "} {
		for _, l := range levels {
			t.Head = append(t.Head, what+number(float64(l*resourcesPerBundle)))
		}
		t.Head = append(t.Head, "×")
	}
	for _, c := range r.Cells {
		if c.Level != levels[len(levels)-1] || c.Server == nil || r.FindAt(levels[0], c.Scenario, c.Concurrency) == nil {
			continue
		}
		row := []string{c.Scenario, fmt.Sprint(c.Concurrency)}
		for _, of := range []func(*Figures) float64{func(f *Figures) float64 { return f.P50 }, func(f *Figures) float64 { return f.Rate.Median }} {
			var values []float64
			for _, l := range levels {
				v := 0.0
				if x := r.FindAt(l, c.Scenario, c.Concurrency); x != nil && x.Server != nil {
					v = of(x.Server)
				}
				values = append(values, v)
				row = append(row, number(v))
			}
			row = append(row, number(ratio(values[len(values)-1], values[0])))
		}
		t.Add(row...)
	}
	return t
}

// loads is what loading up to each level took.
func (r *Report) loads() *Table {
	t := &Table{Title: "Levels: what loading took, and bytes on disk per resource",
		Head: []string{"resources", "s", "server res/s", "raw res/s", "server bytes", "raw bytes"}}
	if len(r.Levels) < 2 {
		return t
	}
	for _, l := range r.Levels {
		t.Add(number(float64(l.Resources)), number(l.Seconds), number(l.Load.Server), number(l.Load.Raw), number(l.Disk.Server), number(l.Disk.Raw))
	}
	return t
}
