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
	for i, side := range sides {
		if plan.Warm > 0 {
			warm := slice(ctx, side.Workers, plan.Warm)
			outcomes[i].Errors, outcomes[i].First = warm.Errors, warm.First
		}
	}
	for range plan.Rounds {
		for i, side := range sides {
			if err := ctx.Err(); err != nil {
				return outcomes, err
			}
			o, err := marked(ctx, plan, side)
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

func marked(ctx context.Context, plan Plan, side Side) (Outcome, error) {
	if plan.Mark == nil {
		return slice(ctx, side.Workers, plan.Slice), nil
	}
	before, err := plan.Mark()
	if err != nil {
		return Outcome{}, err
	}
	o := slice(ctx, side.Workers, plan.Slice)
	after, err := plan.Mark()
	if err != nil {
		return Outcome{}, err
	}
	if len(before) != len(after) {
		return Outcome{}, errors.New("measure: counters came or went during a slice")
	}
	for i := range after {
		o.Spent = append(o.Spent, after[i]-before[i])
	}
	return o, nil
}

// slice lets the workers run until the time is over and the last has ended.
// Each does one operation first that is not counted, because its connection
// and its caches have rested while the other side ran.
func slice(ctx context.Context, workers []Op, d time.Duration) Outcome {
	results := make([]Outcome, len(workers))
	var ready, done sync.WaitGroup
	ready.Add(len(workers))
	start := make(chan time.Time)
	for i, op := range workers {
		done.Go(func() {
			r := &results[i]
			if err := op(); err != nil {
				r.fail(err)
			}
			ready.Done()
			run(ctx, r, op, (<-start).Add(d))
		})
	}
	ready.Wait()
	begun := time.Now()
	for range workers {
		start <- begun
	}
	done.Wait()
	total := Outcome{Elapsed: time.Since(begun)}
	for _, r := range results {
		total.Micros = append(total.Micros, r.Micros...)
		total.Errors += r.Errors
		if total.First == nil {
			total.First = r.First
		}
	}
	total.Rates = []float64{total.Rate()}
	return total
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
