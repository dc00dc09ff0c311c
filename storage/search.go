package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// Search answers a query with one statement for the matches of the page, one
// for the total if it is asked for and not known anyway, and a few for what is
// included. Every one of them has the fence.
func (r reader) Search(ctx context.Context, f engine.Fence, q search.Query) (engine.SearchPage, error) {
	if r.db.SearchBudget == 0 {
		return r.search(ctx, f, q)
	}
	bounded, cancel := context.WithTimeout(ctx, r.db.SearchBudget)
	defer cancel()
	page, err := r.search(bounded, f, q)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return engine.SearchPage{}, &fhir.Error{Code: fhir.TooCostly, RetryAfter: 5 * time.Second, Err: err, Message: fmt.Sprintf(
			"the search took longer than the %s that one may take; add a condition that few resources satisfy, such as the patient or an identifier, or leave out _total", r.db.SearchBudget)}
	}
	return page, err
}

func (r reader) search(ctx context.Context, f engine.Fence, q search.Query) (engine.SearchPage, error) {
	if r.q == r.db.pool { // in a transaction others may wait for this one
		defer r.db.turns.take(ctx)()
	}
	var page engine.SearchPage
	q, err := r.inUnits(ctx, q)
	if err != nil {
		return engine.SearchPage{}, err
	}
	counted := q.Count == 0 || q.Total == "accurate" || q.Total == "estimate"
	if q.Count > 0 {
		if err := r.matches(ctx, f, q, &page); err != nil {
			return engine.SearchPage{}, err
		}
		if q.After == nil && page.Next == nil && counted {
			n := len(page.Match)
			page.Total, counted = &n, false
		}
	}
	if counted {
		total, err := r.total(ctx, f, q)
		if err != nil {
			return engine.SearchPage{}, err
		}
		page.Total = &total
	}
	if len(page.Match) > 0 && len(q.Include)+len(q.RevInclude) > 0 {
		in := inclusion{reader: r, fence: f, query: q}
		if err := in.run(ctx, &page); err != nil {
			return engine.SearchPage{}, err
		}
	}
	return page, nil
}

// matches fills in one page, in the order of the query, and where to go on.
func (r reader) matches(ctx context.Context, f engine.Fence, q search.Query, page *engine.SearchPage) error {
	w, err := r.walk(ctx, q)
	if err != nil {
		return err
	}
	idle, err := r.idle(ctx, q)
	if err != nil {
		return err
	}
	var cursors []*search.Cursor
	for i, part := range w.parts(q) {
		found, at, err := r.some(ctx, &statement{sqlArgs: &sqlArgs{}, db: r.db, fence: f, query: q, walking: w, part: part, idle: idle, edge: i > 0, left: q.Count + 1 - len(page.Match)})
		if err != nil {
			return err
		}
		page.Match, cursors = append(page.Match, found...), append(cursors, at...)
		if len(page.Match) > q.Count {
			break
		}
	}
	more := len(page.Match) > q.Count
	if more {
		page.Match, cursors = page.Match[:q.Count], cursors[:q.Count]
	}
	backward := q.After != nil && q.After.Backward
	if backward {
		slices.Reverse(page.Match)
		slices.Reverse(cursors)
	}
	if len(cursors) == 0 {
		return nil
	}
	if more || backward {
		page.Next = cursors[len(cursors)-1]
	}
	if backward && more || !backward && q.After != nil {
		page.Prev = cursors[0]
		page.Prev.Backward = true
	}
	if page.Next != nil && page.Next == page.Prev { // a page of one match: each direction has its own cursor
		next := *page.Next
		next.Backward = false
		page.Next = &next
	}
	return nil
}

// some reads the matches of one statement, and their places.
func (r reader) some(ctx context.Context, s *statement) (found []engine.Stored, cursors []*search.Cursor, err error) {
	if err := s.prepare(); err != nil {
		return nil, nil, err
	}
	sql, err := s.page()
	if err != nil {
		return nil, nil, err
	}
	rows, err := r.q.Query(ctx, sql, s.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("search: %w", failure(err))
	}
	keys := s.order.scanned()
	found, err = r.collect(ctx, rows, keys.columns(), func(rid int64) { cursors = append(cursors, keys.cursor(rid)) })
	return found, cursors, err
}

// selectFound are the columns that collect reads, of a resource r and its
// current version v.
const selectFound = "r.rid, v.version, v.updated, v.method, v.blobs, v.content, r.type, r.id"

// joinHead adds that version. It is found by both parts of its key: left to
// itself the planner reads all versions of a resource to find the one.
const joinHead = " CROSS JOIN LATERAL (SELECT * FROM version WHERE version.rid = r.rid AND version.version = r.version OFFSET 0) v"

// collect reads rows of selectFound and more columns; after each it calls
// each.
func (r reader) collect(ctx context.Context, rows pgx.Rows, more []any, each func(rid int64)) ([]engine.Stored, error) {
	defer rows.Close()
	var list []engine.Stored
	objects := false
	var row versionRow
	var typ int16
	var id string
	// The content is decoded before the next row comes, and need not be copied.
	into := append([]any{&row.rid, &row.version, &row.updated, &row.method, &row.blobs, (*pgtype.DriverBytes)(&row.content), &typ, &id}, more...)
	var key []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("search: %w", failure(err))
		}
		var s engine.Stored
		var err error
		if s, key, err = r.db.recent.stored(r, &row, r.db.names[typ], id, key); err != nil {
			return nil, err
		}
		list = append(list, s)
		objects = objects || row.blobs > 0
		each(row.rid)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", failure(err))
	}
	rows.Close()
	if objects {
		return list, r.attach(ctx, list)
	}
	return list, nil
}
