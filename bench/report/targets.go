package report

import "strings"

// Target is a figure to reach, and what the reference server Medplum does. The
// rates were set and measured on another day on a machine with two processors
// for everything: here they are for reference. What holds on every machine is
// the share of what raw Postgres does.
type Target struct {
	Scenario string
	C        int
	What     string // rate, p99, ratio, growth, page50; for the whole run: cold, warm, idle, loaded, disk
	Peer     float64
	Must     float64
	Moonshot float64
}

// targets in the units of the tables: per second, ms, share, MB, bytes.
var targets = []Target{
	{"metadata", 16, "rate", 544, 20000, 40000},
	{"read", 16, "rate", 2256, 11000, 16000},
	{"create", 16, "rate", 295, 1200, 2000},
	{"update", 16, "rate", 216, 1200, 2500},
	{"crud9", 16, "rate", 403, 2400, 4000},
	{"tx2", 16, "rate", 254, 1500, 2500},
	{"tx100", 16, "rate", 219, 4400, 9000},
	{"s_name", 16, "rate", 328, 2000, 3500},
	{"s_obs_pat_code", 16, "rate", 1224, 4900, 7000},
	{"s_obs_code", 16, "rate", 657, 3000, 5000},
	{"s_obs_code_date", 16, "rate", 577, 3000, 5000},
	{"s_obs_code_value", 16, "rate", 604, 3000, 5000},
	{"s_chain", 16, "rate", 466, 1900, 4000},
	{"s_has", 16, "rate", 265, 1300, 2500},
	{"s_include", 16, "rate", 120, 1800, 3500},
	{"s_revinclude", 16, "rate", 532, 2100, 4000},
	{"s_count", 16, "rate", 738, 3000, 8000},
	{"s_total", 16, "rate", 357, 2000, 4000},
	{"everything", 16, "rate", 40, 400, 700},
	{"read", 16, "ratio", 0, 0.30, 0},
	{"create", 16, "ratio", 0, 0.45, 0},
	{"tx100", 16, "ratio", 0, 0.50, 0},
	{"read", 1, "p99", 5.0, 1, 0.4},
	{"create", 1, "p99", 11.8, 3, 1.6},
	{"s_obs_pat_code", 1, "p99", 6.9, 1.5, 0.7},
	{"read", 16, "p99", 13, 5, 3},
	{"create", 16, "p99", 74, 25, 17},
	{"s_page50", 1, "page50", 0, 1.2, 1.0},
	{"s_page50", 16, "page50", 0, 1.2, 1.0},
	{"s_ident", 1, "growth", 0, 1.5, 0},
	{"s_obs_pat_code", 1, "growth", 0, 1.5, 0},
	{"s_obs_pat_cat_sort", 1, "growth", 0, 1.5, 0},
	{"s_enc_pat_sort", 1, "growth", 0, 1.5, 0},
	{"s_include", 1, "growth", 0, 1.5, 0},
	{"s_revinclude", 1, "growth", 0, 1.5, 0},
	{"everything", 1, "growth", 0, 1.5, 0},
	{"s_ident", 16, "growth", 0, 1.5, 0},
	{"s_obs_pat_code", 16, "growth", 0, 1.5, 0},
	{"s_obs_pat_cat_sort", 16, "growth", 0, 1.5, 0},
	{"s_enc_pat_sort", 16, "growth", 0, 1.5, 0},
	{"s_include", 16, "growth", 0, 1.5, 0},
	{"s_revinclude", 16, "growth", 0, 1.5, 0},
	{"everything", 16, "growth", 0, 1.5, 0},
	{"", 0, "cold", 46000, 2000, 1000},
	{"", 0, "warm", 3100, 500, 200},
	{"", 0, "idle", 378, 80, 0},
	{"", 0, "loaded", 850, 150, 80},
	{"", 0, "disk", 6800, 2300, 1400},
}

// names of what is aimed at, and whether less is better.
var whats = map[string]struct {
	name string
	less bool
}{
	"rate":   {"per second", false},
	"ratio":  {"share of raw", false},
	"p99":    {"p99 ms", true},
	"growth": {"p50, most resources / fewest", true},
	"page50": {"p50, page 50 / page 1", true},
	"cold":   {"first start ms", true},
	"warm":   {"start ms", true},
	"idle":   {"idle RSS MB", true},
	"loaded": {"RSS after load MB", true},
	"disk":   {"disk bytes per resource", true},
}

// rateTarget is the target for the rate of a cell, if there is one.
func rateTarget(name string, c int) (t Target, ok bool) {
	for _, t := range targets {
		if t.Scenario == name && t.C == c && t.What == "rate" {
			return t, true
		}
	}
	return t, false
}

// search says that the target is about a search, so that it is to be reached
// with 300,000 resources.
func (t Target) search() bool {
	return t.Scenario == "everything" || strings.HasPrefix(t.Scenario, "s_")
}

// measured is the figure that the target is about, at a level, 0 if it was not
// measured.
func (r *Report) measured(t Target, level int) float64 {
	switch t.What {
	case "cold", "warm", "idle":
		if r.Start == nil {
			return 0
		}
		return map[string]float64{
			"cold": NewSpread(r.Start.Cold).Median, "warm": NewSpread(r.Start.Warm).Median, "idle": float64(r.Start.IdleRSS) / (1 << 20),
		}[t.What]
	case "loaded":
		if r.Memory == nil {
			return 0
		}
		return float64(r.Memory.AfterLoad) / (1 << 20)
	case "disk":
		return r.Disk.Server
	}
	c := r.FindAt(level, t.Scenario, t.C)
	if c == nil || c.Server == nil || c.Server.Errors > 0 {
		return 0
	}
	switch {
	case t.What == "page50":
		if first := r.FindAt(level, "s_obs_code", t.C); first != nil && first.Server != nil {
			return ratio(c.Server.P50, first.Server.P50)
		}
		return 0
	case t.What == "rate":
		return c.Server.Rate.Median
	case t.What == "p99":
		return c.Server.P99
	case c.Ratio != nil:
		return c.Ratio.Median
	}
	return 0
}

// verdict compares a figure with its target.
func (t Target) verdict(got float64) string {
	reached := func(goal float64) bool {
		if whats[t.What].less {
			return got <= goal
		}
		return got >= goal
	}
	switch {
	case got == 0:
		return none
	case t.Moonshot > 0 && reached(t.Moonshot):
		return "moonshot"
	case reached(t.Must):
		return "must"
	}
	return "MISSED"
}
