package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// totals remembers counts together with the snapshot of the database in which
// they were taken. As long as the database shows the same snapshot, no
// transaction that could have changed anything has ended since, whichever
// server it came from: the count is exact, and need not be taken again. The
// start of the database is part of it, since one that was restored to an
// earlier time gives the same numbers to other transactions.
type totals struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]total
}

type total struct {
	snapshot string
	n        int
}

const maxTotals = 10_000

// total counts all matches that the fence shows. Whether it was counted
// before and still holds is decided in the same statement.
func (r reader) total(ctx context.Context, f engine.Fence, q search.Query) (int, error) {
	q.Sort, q.After = nil, nil // what is counted has no order
	s, err := r.db.statement(f, q)
	if err != nil {
		return 0, err
	}
	candidates := s.candidates(nil)
	if _, outside := r.q.(*pgxpool.Pool); !outside || passing(f) {
		// A change sees its own writes, and a care relation ends, without that
		// any snapshot tells.
		var n int
		if err := r.q.QueryRow(ctx, "SELECT count(*) FROM ("+candidates+") m", s.args...).Scan(&n); err != nil {
			return 0, fmt.Errorf("count matches: %w", failure(err))
		}
		return n, nil
	}
	// Quoted, so that "a b", "c" is not "a", "b c".
	key := sha256.Sum256(fmt.Appendf(nil, "%s %#v", candidates, s.args))
	all := &r.db.totals
	all.mu.Lock()
	known := all.known[key]
	all.mu.Unlock()
	var fresh total
	err = r.q.QueryRow(ctx, "SELECT CASE WHEN s.now = "+s.add(known.snapshot)+"::text THEN -1 ELSE (SELECT count(*) FROM ("+candidates+") m) END, s.now"+
		" FROM (SELECT pg_current_snapshot() || ' ' || pg_postmaster_start_time() AS now OFFSET 0) s", s.args...).Scan(&fresh.n, &fresh.snapshot)
	if err != nil {
		return 0, fmt.Errorf("count matches: %w", failure(err))
	}
	if fresh.n < 0 {
		return known.n, nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.known == nil || len(all.known) >= maxTotals {
		all.known = map[[sha256.Size]byte]total{}
	}
	all.known[key] = fresh
	return fresh.n, nil
}
