package storage

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns: who waits gets the turn that ends, and goes without one when none
// does.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		begun := time.Now()
		turns(nil).take(ctx)()
		few := make(turns, 2)
		first, second := few.take(ctx), few.take(ctx)
		if d := time.Since(begun); d != 0 {
			t.Errorf("free turns took %v", d)
		}
		time.AfterFunc(5*time.Millisecond, first)
		third := few.take(ctx)
		if d := time.Since(begun); d != 5*time.Millisecond {
			t.Errorf("a turn came after %v", d)
		}
		none := few.take(ctx)
		if d := time.Since(begun); d != 5*time.Millisecond+longestWait {
			t.Errorf("without a turn after %v", d)
		}
		none()
		if len(few) != 2 {
			t.Errorf("%d turns are taken", len(few))
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		few.take(gone)()
		second()
		third()
		if len(few) != 0 {
			t.Errorf("%d turns are still taken", len(few))
		}
	})
}
