package storage

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/webdoctor/webdoctor/storage/ledger"
)

// names remembers the pseudonyms of those that were met lately.
type names struct {
	known map[string]name
}

type name struct {
	pseudonym ledger.Pseudonym
	read      time.Time
}

// The bounds of what is remembered: another server may have erased a name.
const (
	namesMax = 50_000
	namesAge = 5 * time.Minute
)

// pseudonyms returns those of the names, and makes new ones for names that
// have none. What is new is not remembered before it is committed.
func (a *Audit) pseudonyms(ctx context.Context, q querier, wanted map[string]bool) (map[string]ledger.Pseudonym, error) {
	out := make(map[string]ledger.Pseudonym, len(wanted))
	var missing []string
	var fresh [][16]byte
	now := a.config.Now()
	for n := range wanted {
		if known, ok := a.names.known[n]; ok && now.Sub(known.read) < namesAge {
			out[n] = known.pseudonym
			continue
		}
		var p [16]byte
		_, _ = rand.Read(p[:]) // never fails
		missing, fresh = append(missing, n), append(fresh, p)
	}
	if len(missing) == 0 {
		return out, nil
	}
	if _, err := q.Exec(ctx, `INSERT INTO audit_name (name, pseudonym) SELECT unnest($1::text[]), unnest($2::uuid[]) ON CONFLICT DO NOTHING`, missing, fresh); err != nil {
		return nil, fmt.Errorf("name: %w", failure(err))
	}
	rows, err := q.Query(ctx, `SELECT name, pseudonym FROM audit_name WHERE name = ANY ($1)`, missing)
	if err != nil {
		return nil, fmt.Errorf("name: %w", failure(err))
	}
	defer rows.Close()
	for rows.Next() {
		var n string
		var p [16]byte
		if err := rows.Scan(&n, &p); err != nil {
			return nil, failure(err)
		}
		out[n] = p
	}
	return out, failure(rows.Err())
}

// remember is called when names are committed.
func (a *Audit) remember(list map[string]ledger.Pseudonym) {
	if len(a.names.known)+len(list) > namesMax {
		clear(a.names.known)
	}
	now := a.config.Now()
	for n, p := range list {
		if _, ok := a.names.known[n]; !ok || now.Sub(a.names.known[n].read) >= namesAge {
			a.names.known[n] = name{p, now}
		}
	}
}

// named returns whom pseudonyms stand for; of those that were erased nothing.
func (a *Audit) named(ctx context.Context, q querier, list [][16]byte) (map[ledger.Pseudonym]string, error) {
	rows, err := q.Query(ctx, `SELECT pseudonym, name FROM audit_name WHERE pseudonym = ANY ($1::uuid[])`, list)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", failure(err))
	}
	defer rows.Close()
	out := make(map[ledger.Pseudonym]string, len(list))
	for rows.Next() {
		var n string
		var p [16]byte
		if err := rows.Scan(&p, &n); err != nil {
			return nil, failure(err)
		}
		out[p] = n
	}
	return out, failure(rows.Err())
}
