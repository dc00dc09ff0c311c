package measure_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/measure"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]uint32, 100)
	for i := range hundred {
		hundred[i] = uint32(i+1) * 1000
	}
	for _, c := range []struct {
		name  string
		times []uint32
		p     float64
		want  float64
	}{
		{"none", nil, 50, 0},
		{"one", []uint32{7000}, 99, 7},
		{"half of two is the first", []uint32{1000, 2000}, 50, 1},
		{"just over half of two", []uint32{1000, 2000}, 51, 2},
		{"middle of a hundred", hundred, 50, 50},
		{"p99 of a hundred", hundred, 99, 99},
		{"all of a hundred", hundred, 100, 100},
		{"zero is the smallest", hundred, 0, 1},
	} {
		if got := measure.Percentile(c.times, c.p); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The definition itself: at least p per cent do not exceed the percentile, and
// no smaller time has that property.
func TestPercentileHoldsItsDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		times := make([]uint32, 1+r.IntN(300))
		for i := range times {
			times[i] = uint32(r.IntN(50)) * 1000
		}
		slices.Sort(times)
		p := float64(1 + r.IntN(100))
		got := measure.Percentile(times, p)
		upTo := func(limit float64) float64 {
			n := 0
			for _, x := range times {
				if float64(x)/1000 <= limit {
					n++
				}
			}
			return 100 * float64(n) / float64(len(times))
		}
		if upTo(got) < p {
			t.Fatalf("only %v%% are within the %v. percentile %v of %v", upTo(got), p, got, times)
		}
		if upTo(got-1) >= p {
			t.Fatalf("the %v. percentile of %v is too large: %v", p, times, got)
		}
	}
}

func TestSummariseSortsFirst(t *testing.T) {
	t.Parallel()
	got := measure.Summarise([]uint32{4000, 1000, 3000, 2000})
	if want := (measure.Latency{P50: 2, P95: 4, P99: 4, Max: 4}); got != want {
		t.Errorf("%+v", got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		median float64
		at     int
	}{
		{nil, 0, -1},
		{[]float64{5}, 5, 0},
		{[]float64{9, 1}, 5, 1},
		{[]float64{9, 1, 5}, 5, 2},
		{[]float64{4, 1, 3, 2}, 2.5, 3},
	} {
		kept := slices.Clone(c.values)
		if got := measure.Median(c.values); got != c.median {
			t.Errorf("median of %v: %v", c.values, got)
		}
		if got := measure.MedianAt(c.values); got != c.at {
			t.Errorf("the middle of %v stands at %d", c.values, got)
		}
		if !slices.Equal(kept, c.values) {
			t.Errorf("%v was reordered", kept)
		}
	}
}

func TestSidesTakeTurns(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var turns []string
	worker := func(name string) measure.Op {
		return func() error {
			mu.Lock()
			if len(turns) == 0 || turns[len(turns)-1] != name {
				turns = append(turns, name)
			}
			mu.Unlock()
			time.Sleep(time.Millisecond)
			return nil
		}
	}
	workers := func(name string) measure.Side {
		return measure.Side{Name: name, Workers: []measure.Op{worker(name), worker(name), worker(name)}}
	}
	plan := measure.Plan{Warm: 5 * time.Millisecond, Slice: 20 * time.Millisecond, Rounds: 3}
	out, err := measure.Interleave(t.Context(), plan, workers("a"), workers("b"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(turns, ""); got != "abababab" { // the warm-up, then three rounds
		t.Errorf("the turns were %s", got)
	}
	for i, o := range out {
		if len(o.Rates) != 3 || o.Errors != 0 || len(o.Micros) == 0 || o.Elapsed < 60*time.Millisecond {
			t.Errorf("side %d: %d slices, %d errors, %d operations in %v", i, len(o.Rates), o.Errors, len(o.Micros), o.Elapsed)
		}
		if slices.Min(o.Micros) < 1000 {
			t.Errorf("side %d: an operation that slept a millisecond took %d µs", i, slices.Min(o.Micros))
		}
	}
}

func TestErrorsAreNotCountedAsFast(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	n := 0
	op := func() error {
		time.Sleep(100 * time.Microsecond)
		if n++; n%2 == 0 {
			return wrong
		}
		return nil
	}
	out, err := measure.Interleave(t.Context(), measure.Plan{Slice: 30 * time.Millisecond, Rounds: 2},
		measure.Side{Workers: []measure.Op{op}})
	if err != nil {
		t.Fatal(err)
	}
	// Two operations warmed the two slices up; all others were right or wrong.
	if o := out[0]; o.Errors == 0 || !errors.Is(o.First, wrong) || len(o.Micros)+o.Errors > n || len(o.Micros)+o.Errors < n-2 {
		t.Errorf("of %d operations %d went right and %d wrong, first %v", n, len(o.Micros), o.Errors, o.First)
	}
}

func TestSideThatIsAlwaysWrongEndsTheRun(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	begun := time.Now()
	out, err := measure.Interleave(t.Context(), measure.Plan{Slice: 10 * time.Millisecond, Rounds: 1000},
		measure.Side{Workers: []measure.Op{func() error { time.Sleep(time.Millisecond); return wrong }}})
	if err != nil || out[0].Errors == 0 || out[0].Rate() != 0 {
		t.Errorf("%d errors, rate %v, %v", out[0].Errors, out[0].Rate(), err)
	}
	if time.Since(begun) > 2*time.Second {
		t.Error("went on for all its rounds")
	}
}

func TestCountersAreSummedPerSide(t *testing.T) {
	t.Parallel()
	a, b := 0.0, 0.0 // one worker each and in turns, so no lock is needed
	plan := measure.Plan{Slice: 5 * time.Millisecond, Rounds: 4, Mark: func() ([]float64, error) { return []float64{a, b}, nil }}
	count := func(n *float64) measure.Side {
		return measure.Side{Workers: []measure.Op{func() error { *n++; time.Sleep(time.Millisecond); return nil }}}
	}
	out, err := measure.Interleave(t.Context(), plan, count(&a), count(&b))
	if err != nil {
		t.Fatal(err)
	}
	// What warmed the four slices up is not in what they spent.
	if out[0].Spent[0] != a-4 || out[0].Spent[1] != 0 || out[1].Spent[0] != 0 || out[1].Spent[1] != b-4 {
		t.Errorf("spent %v and %v of %v and %v", out[0].Spent, out[1].Spent, a, b)
	}
	broken := errors.New("no counters")
	plan.Mark = func() ([]float64, error) { return nil, broken }
	if _, err := measure.Interleave(t.Context(), plan, count(&a)); !errors.Is(err, broken) {
		t.Errorf("lost the error of the counters: %v", err)
	}
}

func TestContextEndsTheRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := measure.Interleave(ctx, measure.Plan{Slice: time.Minute, Rounds: 2},
		measure.Side{Workers: []measure.Op{func() error { time.Sleep(time.Millisecond); return nil }}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
