package main

import (
	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/bench/report"
	"github.com/webdoctor/webdoctor/bench/scenario"
)

// summarise makes a cell of its repeats.
func summarise(s scenario.Scenario, c int, repeats []once) report.Cell {
	cell := report.Cell{Scenario: s.Name, Concurrency: c, Per: s.Per}
	var ratios []float64
	for _, o := range repeats {
		cell.RSS, cell.Peak = o.rss, max(cell.Peak, o.peak)
		if len(o.out) > 1 && o.out[1].Rate() > 0 {
			ratios = append(ratios, o.out[0].Rate()/o.out[1].Rate())
		}
	}
	cell.Server, cell.Cores = figures(s, repeats, 0)
	if len(repeats[0].out) > 1 {
		cell.Raw, cell.RawCores = figures(s, repeats, 1)
	}
	if len(ratios) > 0 {
		spread := report.NewSpread(ratios)
		cell.Ratio = &spread
	}
	return cell
}

// figures are those of one side. Latencies, cores and log are of the repeat
// with the median rate; errors are of all.
func figures(s scenario.Scenario, repeats []once, side int) (*report.Figures, report.Cores) {
	f := &report.Figures{}
	var rates []float64
	for _, o := range repeats {
		out := o.out[side]
		rates = append(rates, out.Rate()*float64(max(1, s.Per)))
		f.Ops += len(out.Micros)
		f.Errors += out.Errors
		if out.First != nil && f.First == "" {
			f.First = out.First.Error()
		}
	}
	f.Rate = report.NewSpread(rates)
	middle := repeats[measure.MedianAt(rates)].out[side]
	f.Latency = measure.Summarise(middle.Micros)
	seconds := middle.Elapsed.Seconds()
	if seconds == 0 || len(middle.Spent) != marks {
		return f, report.Cores{}
	}
	wal, postgres := markServerWAL, markServerPostgres
	if side == 1 {
		wal, postgres = markRawWAL, markRawPostgres
	}
	if n := len(middle.Micros); n > 0 {
		f.WAL = max(0, middle.Spent[wal]) / float64(n)
	}
	spent := middle.Spent
	used := spent[postgres] + spent[markClient]
	cores := report.Cores{Postgres: spent[postgres] / seconds, Client: spent[markClient] / seconds}
	if side == 0 {
		used += spent[markServer]
		cores.Server = spent[markServer] / seconds
	}
	cores.Other = max(0, spent[markBusy]-used) / seconds
	return f, cores
}
