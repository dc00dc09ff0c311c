package storage

import (
	"context"
	"sync"
	"time"
)

// flights counts the changes under way by the generation of the definitions
// by which their values were extracted. The index can be completed for a
// generation once nobody writes by an older one: what such a change leaves out
// would be missed for ever.
type flights struct {
	mu         sync.Mutex
	generation int64
	under      map[int64]int
}

// enter begins a change; it is false for a generation that is not in force.
func (f *flights) enter(generation int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if generation != f.generation {
		return false
	}
	if f.under == nil {
		f.under = map[int64]int{}
	}
	f.under[generation]++
	return true
}

func (f *flights) leave(generation int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.under[generation]--; f.under[generation] == 0 {
		delete(f.under, generation)
	}
}

// advance lets changes begin by that generation only.
func (f *flights) advance(generation int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation = generation
}

// quiet waits until no change is under way by another generation.
func (f *flights) quiet(ctx context.Context, generation int64) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f.mu.Lock()
		others := len(f.under)
		if f.under[generation] > 0 {
			others--
		}
		f.mu.Unlock()
		if others == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// board makes the change one of the generation of its values. Those of another
// one are refused: the change is begun anew, by the definitions in force.
func (t *tx) board() bool {
	if len(t.pending) == 0 {
		return true
	}
	generation := t.pending[0].New.Generation
	for _, w := range t.pending {
		if w.New.Generation != generation || w.Previous > 0 && !w.Revived && w.Old.Generation != generation {
			return false
		}
	}
	if t.aboard {
		return generation == t.generation
	}
	if !t.db.flights.enter(generation) {
		return false
	}
	t.aboard, t.generation = true, generation
	return true
}

// alight ends what board began. It may be called again.
func (t *tx) alight() {
	if t.aboard {
		t.db.flights.leave(t.generation)
		t.aboard = false
	}
}
