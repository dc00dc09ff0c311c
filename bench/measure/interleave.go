package measure

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Op does one operation and says whether it went right. A worker calls its own
// again and again, never twice at once.
type Op func() error

// Side is one of the things compared: a name and as many workers as there are
// to be at once.
type Side struct {
	Name    string
	Workers []Op
}

// Plan says how long each side runs.
type Plan struct {
	Warm   time.Duration // once per side, not counted
	Slice  time.Duration
	Rounds int // slices per side
	// Mark reads counters that only grow (processor time, bytes of log). It is
	// called before and after each slice; nil for none.
	Mark func() ([]float64, error)
}

// Scale makes the plan shorter or longer.
func (p Plan) Scale(by float64) Plan {
	p.Warm = time.Duration(float64(p.Warm) * by)
	p.Slice = time.Duration(float64(p.Slice) * by)
	return p
}

// Outcome is what a side did in all its slices together.
type Outcome struct {
	Micros  []uint32      // of each operation that went right
	Errors  int           // in warm-up and measurement alike: a wrong answer is never a fast one
	First   error         // the first of them
	Elapsed time.Duration // of the slices, each until its last operation had ended
	Rates   []float64     // operations per second, slice by slice
	Spent   []float64     // growth of the counters of Plan.Mark
}

// Rate is operations per second. The time in which the last operations of a
// slice end counts in full, though not all workers are busy in it: that errs
// against the measured, equally on both sides.
func (o Outcome) Rate() float64 {
	if o.Elapsed == 0 {
		return 0
	}
	return float64(len(o.Micros)) / o.Elapsed.Seconds()
}

// Interleave runs the sides in turns and returns an outcome for each. It stops
// early when the context ends or when a side does nothing right for a whole
// slice, which is not worth the time.
func Interleave(ctx context.Context, plan Plan, sides ...Side) ([]Outcome, error) {
	outcomes := make([]Outcome, len(sides))
	nothing := func() ([]float64, error) { return nil, nil }
	if plan.Mark == nil {
		plan.Mark = nothing
	}
	for i, side := range sides {
		if plan.Warm > 0 {
			warm, err := slice(ctx, side, plan.Warm, nothing)
			if err != nil {
				return outcomes, err
			}
			outcomes[i].Errors, outcomes[i].First = warm.Errors, warm.First
		}
	}
	for range plan.Rounds {
		for i, side := range sides {
			if err := ctx.Err(); err != nil {
				return outcomes, err
			}
			o, err := slice(ctx, side, plan.Slice, plan.Mark)
			if err != nil {
				return outcomes, err
			}
			outcomes[i].add(o)
			if len(o.Micros) == 0 && o.Errors > 0 {
				return outcomes, nil
			}
		}
	}
	return outcomes, ctx.Err()
}

// slice lets the workers run until the time is over and the last has ended.
// Each does one operation first that is not counted, because its connection
// and its caches have rested while the other side ran; the counters are read
// after that.
func slice(ctx context.Context, side Side, d time.Duration, mark func() ([]float64, error)) (Outcome, error) {
	results := make([]Outcome, len(side.Workers))
	var ready, done sync.WaitGroup
	ready.Add(len(side.Workers))
	start := make(chan time.Time)
	for i, op := range side.Workers {
		done.Go(func() {
			r := &results[i]
			if err := op(); err != nil {
				r.fail(err)
			}
			ready.Done()
			run(ctx, r, op, <-start)
		})
	}
	ready.Wait()
	before, err := mark()
	begun := time.Now()
	end := begun.Add(d)
	if err != nil {
		end = begun // the workers wait to be told; there is nothing left to do
	}
	for range side.Workers {
		start <- end
	}
	done.Wait()
	total := Outcome{Elapsed: time.Since(begun)}
	if err != nil {
		return total, err
	}
	after, err := mark()
	if err != nil {
		return total, err
	}
	if len(before) != len(after) {
		return total, errors.New("measure: counters came or went during a slice")
	}
	for i := range after {
		total.Spent = append(total.Spent, after[i]-before[i])
	}
	for _, r := range results {
		total.Micros = append(total.Micros, r.Micros...)
		total.Errors += r.Errors
		if total.First == nil {
			total.First = r.First
		}
	}
	total.Rates = []float64{total.Rate()}
	return total, nil
}

func run(ctx context.Context, r *Outcome, op Op, end time.Time) {
	for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
		err := op()
		then := time.Now()
		if err != nil {
			r.fail(err)
		} else {
			r.Micros = append(r.Micros, uint32(then.Sub(now).Microseconds()))
		}
		now = then
	}
}

func (o *Outcome) fail(err error) {
	o.Errors++
	if o.First == nil {
		o.First = err
	}
}

func (o *Outcome) add(s Outcome) {
	o.Micros = append(o.Micros, s.Micros...)
	o.Errors += s.Errors
	if o.First == nil {
		o.First = s.First
	}
	o.Elapsed += s.Elapsed
	o.Rates = append(o.Rates, s.Rates...)
	if o.Spent == nil {
		o.Spent = make([]float64, len(s.Spent))
	}
	for i, v := range s.Spent {
		o.Spent[i] += v
	}
}
