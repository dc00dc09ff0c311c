package storage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Dictionaries say once what many resources say, so that no write removes from
// them. Forget removes what no resource says any more: the name of somebody
// whose record was deleted must not stay for ever.
//
// A server that remembers a row to be there (known) does not write it again.
// So a row is noted as unused first, and goes when it has been so for longer
// than any server remembers. Meanwhile whoever does not remember it writes it,
// which takes the note away; and a row that is being removed makes such a
// writer wait, and write it anew.

// Forgotten says how many rows of each dictionary were removed.
type Forgotten struct{ Terms, Texts, Wordings int }

// forgetStep is how many rows one step looks at.
const forgetStep = 1000

// ForgetAge is how long a row must have been unused: longer than a server
// remembers, and the longest change takes, together.
const ForgetAge = 2*knownFor + 2*time.Hour

// dictionary is a table that Forget goes through, by one of its columns.
type dictionary struct {
	table, by string
	used      string // whether a resource has the row t
	told      string // whether that can be told
}

var dictionaries = [...]dictionary{
	{table: "search_wording", by: "wording", told: "$3::bigint[] IS NOT NULL",
		used: `EXISTS (SELECT FROM resource r WHERE r.wording = t.wording AND r.wording <> 0 OFFSET 0)`},
	{table: "search_text", by: "key", told: "$3::bigint[] IS NOT NULL",
		used: `EXISTS (SELECT FROM search_wording g CROSS JOIN LATERAL (SELECT FROM resource r WHERE r.wording = g.wording AND r.wording <> 0 LIMIT 1) r WHERE g.key = t.key OFFSET 0)`},
	// Units have rows of another kind, by which they are not found; they are few,
	// and nobody's.
	{table: "search_term", by: "key", told: "t.param = ANY ($3::bigint[])",
		used: `(EXISTS (SELECT FROM search_token s WHERE s.key = t.key AND s.system = t.system OFFSET 0) OR EXISTS (SELECT FROM search_reference s WHERE s.key = t.key OFFSET 0))`},
}

// Forget goes through the dictionaries in small steps, notes what is unused,
// and removes what was noted longer ago than age.
func (ix *Index) Forget(ctx context.Context, age time.Duration) (f Forgotten, err error) {
	params := ix.params.Coded()
	for i, n := range [...]*int{&f.Wordings, &f.Texts, &f.Terms} {
		if *n, err = ix.forget(ctx, dictionaries[i], params, age); err != nil {
			return f, fmt.Errorf("forget what no resource says: %w", failure(err))
		}
	}
	return f, nil
}

// forget goes through one of them. The rows that somebody writes are passed
// over, so that it waits for nobody.
func (ix *Index) forget(ctx context.Context, d dictionary, params []int64, age time.Duration) (removed int, err error) {
	pick := func(condition string) string {
		return `(SELECT t.ctid AS at FROM ` + d.table + ` t WHERE t.` + d.by + ` > $1 AND t.` + d.by + ` <= $2 AND ` + condition + ` FOR UPDATE SKIP LOCKED) w WHERE d.ctid = w.at`
	}
	again := `UPDATE ` + d.table + ` d SET unused = NULL FROM ` + pick(`t.unused IS NOT NULL AND `+d.used)
	gone := `DELETE FROM ` + d.table + ` d USING ` + pick(`t.unused < now() - $3::interval AND NOT `+d.used)
	note := `UPDATE ` + d.table + ` d SET unused = now() FROM ` + pick(`t.unused IS NULL AND `+d.told+` AND NOT `+d.used)

	for from := int64(math.MinInt64); ; {
		begun := time.Now()
		to := int64(math.MaxInt64)
		err := ix.db.pool.QueryRow(ctx, `SELECT t.`+d.by+` FROM `+d.table+` t WHERE t.`+d.by+` > $1 ORDER BY t.`+d.by+` OFFSET $2 LIMIT 1`, from, forgetStep).Scan(&to)
		last := errors.Is(err, pgx.ErrNoRows)
		if err != nil && !last {
			return removed, err
		}
		if _, err := ix.db.pool.Exec(ctx, again, from, to); err != nil {
			return removed, err
		}
		tag, err := ix.db.pool.Exec(ctx, gone, from, to, age)
		if err != nil {
			return removed, err
		}
		removed += int(tag.RowsAffected())
		if _, err := ix.db.pool.Exec(ctx, note, from, to, params); err != nil {
			return removed, err
		}
		if last {
			return removed, nil
		}
		from = to
		select {
		case <-ctx.Done():
			return removed, ctx.Err()
		case <-time.After(pause(time.Since(begun))):
		}
	}
}
