package report

import "fmt"

// Against compares with an earlier report. The ratio is what tells: it was
// measured against the same raw Postgres within each run, while rates differ
// with the day.
func (r *Report) Against(old *Report) *Table {
	t := &Table{
		Title: fmt.Sprintf("Compared with %s", old.At.UTC().Format("2006-01-02 15:04 MST")),
		Head:  []string{"what", "c", "ratio then", "now", "change", "rate then", "now", "change", "p99 then", "now", "change"},
	}
	for _, c := range r.Cells {
		o := old.FindAt(c.Level, c.Scenario, c.Concurrency)
		if o == nil || o.Server == nil || c.Server == nil {
			continue
		}
		row := []string{c.Scenario, fmt.Sprint(c.Concurrency)}
		if o.Ratio != nil && c.Ratio != nil {
			row = append(row, percent(o.Ratio.Median), percent(c.Ratio.Median), change(o.Ratio.Median, c.Ratio.Median))
		} else {
			row = append(row, none, none, none)
		}
		row = append(row, number(o.Server.Rate.Median), number(c.Server.Rate.Median), change(o.Server.Rate.Median, c.Server.Rate.Median))
		t.Add(append(row, number(o.Server.P99), number(c.Server.P99), change(o.Server.P99, c.Server.P99))...)
	}
	for _, g := range targets {
		if g.Scenario != "" {
			continue
		}
		if then, now := old.measured(g, 0), r.measured(g, 0); then > 0 && now > 0 {
			t.Add(whats[g.What].name, "", none, none, none, number(then), number(now), change(then, now), none, none, none)
		}
	}
	return t
}

func change(then, now float64) string {
	if then == 0 || now == 0 {
		return none
	}
	return fmt.Sprintf("%+.0f%%", 100*(now/then-1))
}
