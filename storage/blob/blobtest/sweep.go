package blobtest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// all makes every object old enough: the suite's clocks may differ by a second.
const all = -time.Hour

// rows are the references that somebody has committed.
type rows struct {
	mu   sync.Mutex
	sums map[[32]byte]bool
}

func (r *rows) add(sum [32]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sums[sum] = true
}

func (r *rows) referenced(_ context.Context, sums [][32]byte) ([][32]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(sums), func(sum [32]byte) bool { return !r.sums[sum] }), nil
}

func sweep(t *testing.T, b blob.Backend, s *blob.Store) {
	kept, late, orphan := Bytes(3, 1), Bytes(blob.ChunkSize+3, 2), Bytes(30, 3)
	empty := []byte(nil)
	refs := map[string]blob.Ref{}
	for name, content := range map[string][]byte{"kept": kept, "late": late, "orphan": orphan, "empty": empty} {
		refs[name] = put(t, s, content)
	}
	damaged := Bytes(40, 4)
	if err := b.Put(t.Context(), Key(damaged), bytes.NewReader(orphan), int64(len(orphan))); err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "aa/bb/stranger", bytes.NewReader(orphan), int64(len(orphan))); err != nil {
		t.Fatal(err)
	}
	r := &rows{sums: map[[32]byte]bool{refs["kept"].SHA256: true}}
	step := func(name string, age time.Duration, want blob.Swept) {
		t.Helper()
		got, err := s.Sweep(t.Context(), age, r.referenced)
		if err != nil || got != want {
			t.Errorf("%s: %+v, error %v, want %+v", name, got, err, want)
		}
	}
	step("all are young", time.Hour, blob.Swept{Objects: 5})
	step("three are put aside", all, blob.Swept{Objects: 5, Condemned: 3, Damaged: 1})
	same(t, s, refs["late"], late) // found where it was put
	same(t, s, refs["orphan"], orphan)
	step("put aside a moment ago", time.Hour, blob.Swept{Objects: 5})
	r.add(refs["late"].SHA256)
	step("one was referred to after all", all, blob.Swept{Objects: 5, Deleted: 2, Restored: 1, Damaged: 1})
	same(t, s, refs["late"], late)
	same(t, s, refs["kept"], kept)
	if _, err := s.Open(t.Context(), refs["orphan"], 0, -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the orphan: %v", err)
	}
	step("nothing to do", all, blob.Swept{Objects: 3, Damaged: 1})
	put(t, s, damaged) // heals what was left
	want := []string{Key(kept), Key(late), Key(damaged), "aa/bb/stranger"}
	got := keys(t, b)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("objects %v, want %v", got, want)
	}
	refusal := errors.New("the database is down")
	if _, err := s.Sweep(t.Context(), all, func(context.Context, [][32]byte) ([][32]byte, error) { return nil, refusal }); !errors.Is(err, refusal) {
		t.Errorf("sweep without answers: %v", err)
	}
	same(t, s, refs["kept"], kept)
}

// sweepAgainstPut: requests store contents that nobody refers to and that a
// sweeper is at, and commit their references a little later, but always before
// the next sweep but one, which is what an age of hours stands for.
func sweepAgainstPut(t *testing.T, _ blob.Backend, s *blob.Store) {
	const contents, rounds, seeds = 6, 12, 3
	var (
		r       = &rows{sums: map[[32]byte]bool{}}
		pending sync.RWMutex // read-locked between a Put and its commit
		stop    atomic.Bool
		swept   atomic.Int32
		sweeper sync.WaitGroup
	)
	sweeper.Go(func() {
		for !stop.Load() {
			if _, err := s.Sweep(t.Context(), all, r.referenced); err != nil {
				t.Error(err)
			}
			pending.Lock() // whatever was put during the sweep is committed now
			swept.Add(1)
			pending.Unlock()
		}
	})
	for round := range rounds {
		var requests sync.WaitGroup
		for i := range contents {
			content := Bytes(20+i, byte(100+round%seeds)) // returns after it was swept
			requests.Go(func() {
				pending.RLock()
				ref, err := s.Put(t.Context(), bytes.NewReader(content))
				if err == nil && i%2 == 1 && round >= seeds {
					time.Sleep(time.Duration(i) * time.Millisecond)
					r.add(ref.SHA256)
				}
				pending.RUnlock()
				if err != nil {
					t.Error(err)
				}
			})
		}
		requests.Wait()
		check(t, s, r, contents, seeds)
	}
	stop.Store(true)
	sweeper.Wait()
	check(t, s, r, contents, seeds)
	t.Logf("%d sweeps", swept.Load())
}

// check reads everything that is referred to.
func check(t *testing.T, s *blob.Store, r *rows, contents, seeds int) {
	for seed := range seeds {
		for i := range contents {
			content := Bytes(20+i, byte(100+seed))
			ref := reference(content)
			if used, _ := r.referenced(t.Context(), [][32]byte{ref.SHA256}); len(used) == 0 {
				continue
			}
			if got, err := read(t.Context(), s, ref, 0, -1); err != nil || !bytes.Equal(got, content) {
				t.Errorf("content %d of %d: %d bytes, error %v", i, seed, len(got), err)
			}
		}
	}
}
