package storage

import (
	"context"
	"time"
)

// turns lets few searches run at once on the processors that they share with
// the database: more of them finish sooner one after the other, since each
// process of Postgres that is awake drives what the others need out of the
// caches of the processors. Nobody waits for long: a turn that does not come
// soon is not needed, because what is ahead is slow for reasons of its own.
// The zero value, nil, lets all run.
type turns chan struct{}

// longestWait is much more than a page takes, and much less than anybody
// notices.
const longestWait = 20 * time.Millisecond

// take waits for a turn, and returns what ends it.
func (t turns) take(ctx context.Context) (end func()) {
	end = func() { <-t }
	select {
	case t <- struct{}{}:
		return end
	default:
	}
	if t == nil {
		return func() {}
	}
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return end
	case <-timer.C:
	case <-ctx.Done():
	}
	return func() {}
}
