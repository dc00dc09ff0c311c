package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// definitionType is the resource type whose resources change what the index
// is made of.
const definitionType = "SearchParameter"

// A change that writes definitions says so in its own transaction. The one
// row of search_index also makes such changes follow each other.
const (
	nextGeneration = `UPDATE search_index SET generation = generation + 1`
	announce       = `NOTIFY webdoctor_index`
)

// Index keeps the registry and the index of search values in step with the
// search parameters that resources define. Start puts in force what is stored;
// Run follows what other servers write, and completes the index.
type Index struct {
	db     *DB
	params *search.Registry

	presence *presence // of Start and Run, which follow each other
	held     int64     // the generation that presence said last

	mu       sync.Mutex
	learned  bool
	complete map[int64]bool   // fingerprints for which the index is complete
	whole    map[string]bool  // types of which nothing is complete
	refused  map[fhir.Key]int // versions of definitions that cannot be used, told once
}

var _ engine.Index = (*Index)(nil)

// NewIndex returns the index of db by the parameters of the registry.
func NewIndex(db *DB, params *search.Registry) *Index {
	return &Index{db: db, params: params, refused: map[fhir.Key]int{}}
}

// Learn puts in force what is stored now.
func (ix *Index) Learn(ctx context.Context) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	var generation int64
	if err := ix.db.pool.QueryRow(ctx, `SELECT generation FROM search_index`).Scan(&generation); err != nil {
		return fmt.Errorf("read the generation of the index: %w", failure(err))
	}
	// The definitions are read after their generation. If they are newer,
	// so is the generation next time.
	if !ix.learned || generation != ix.params.Generation() {
		list, err := ix.definitions(ctx)
		if err != nil {
			return err
		}
		if err := ix.record(ctx, list); err != nil {
			return err
		}
		// Between these two every change is a race. Nothing may take time here.
		refused := ix.params.Define(generation, list)
		ix.db.flights.advance(generation)
		for _, def := range refused {
			if key := def.Source.Current(); ix.refused[key] != def.Source.Version {
				ix.refused[key] = def.Source.Version
				ix.db.log.Warn("a stored search parameter cannot be used", "resource", def.Source.String())
			}
		}
		ix.learned = true
	}
	return ix.state(ctx)
}

// definitions reads those that apply, in the order in which they came to be:
// of two that have the same code the first one counts.
func (ix *Index) definitions(ctx context.Context) ([]search.Definition, error) {
	rows, err := ix.db.pool.Query(ctx, `SELECT r.rid, v.version, v.updated, v.method, v.blobs, v.content, r.id
  FROM resource r JOIN version v ON v.rid = r.rid AND v.version = r.version
 WHERE r.type = $1 AND NOT r.deleted ORDER BY r.rid`, ix.db.types[definitionType])
	if err != nil {
		return nil, fmt.Errorf("read the search parameters: %w", failure(err))
	}
	defer rows.Close()
	var list []search.Definition
	for rows.Next() {
		var row versionRow
		var id string
		if err := row.scan(rows, &id); err != nil {
			return nil, failure(err)
		}
		s, err := reader{db: ix.db}.stored(&row, definitionType, id)
		if err != nil {
			return nil, err
		}
		d, err := tree.Parse(s.JSON)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", s.Key, err)
		}
		if def := search.ReadDefinition(d, s.Key); ix.params.Applies(def) {
			list = append(list, def)
		}
	}
	return list, failure(rows.Err())
}

// state reads what is complete.
func (ix *Index) state(ctx context.Context) error {
	rows, err := ix.db.pool.Query(ctx, `SELECT type, complete, whole FROM reindex`)
	if err != nil {
		return fmt.Errorf("read the state of the index: %w", failure(err))
	}
	complete, whole := map[int64]bool{}, map[string]bool{}
	var typ int16
	var prints []int64
	var all bool
	_, err = pgx.ForEachRow(rows, []any{&typ, &prints, &all}, func() error {
		for _, print := range prints {
			complete[print] = true
		}
		if all {
			whole[ix.db.names[typ]] = true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the state of the index: %w", failure(err))
	}
	ix.complete, ix.whole = complete, whole
	return nil
}

// Partial tells how far the index is of those types of the query, and of its
// added parameters, for which it is not complete. Once complete it stays so:
// another definition has another fingerprint.
func (ix *Index) Partial(ctx context.Context, q search.Query) ([]engine.Progress, error) {
	if len(ix.partial(q)) == 0 {
		return nil, nil
	}
	// Others may have completed it since this server looked.
	ix.mu.Lock()
	err := ix.state(ctx)
	ix.mu.Unlock()
	if err != nil {
		return nil, err
	}
	partial := ix.partial(q)
	if len(partial) == 0 {
		return nil, nil
	}
	known, err := ix.Progress(ctx)
	if err != nil {
		return nil, err
	}
	var list []engine.Progress
	for typ, params := range partial {
		p := engine.Progress{Type: typ, State: engine.Waiting}
		if i := slices.IndexFunc(known, func(k engine.Progress) bool { return k.Type == typ }); i >= 0 {
			p = known[i]
		}
		p.Params = params
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b engine.Progress) int { return strings.Compare(a.Type, b.Type) })
	return list, nil
}

// partial are the types of which something that the query looks at is not
// complete as far as this server knows, with the parameters.
func (ix *Index) partial(q search.Query) map[string][]string {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	partial := map[string][]string{}
	for _, p := range q.Added() {
		if !ix.complete[p.Fingerprint()] {
			partial[p.On] = append(partial[p.On], p.Code)
		}
	}
	if len(ix.whole) > 0 {
		for _, typ := range q.Types {
			if ix.whole[typ] {
				partial[typ] = nil
			}
		}
	}
	return partial
}

// Progress tells how far the index of each type is that was ever run through.
func (ix *Index) Progress(ctx context.Context) ([]engine.Progress, error) {
	rows, err := ix.db.pool.Query(ctx, `SELECT type, wanted, position <> '', done, total, started, finished FROM reindex`)
	if err != nil {
		return nil, fmt.Errorf("read the state of the index: %w", failure(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p engine.Progress, err error) {
		var typ int16
		var wanted, begun bool
		err = row.Scan(&typ, &wanted, &begun, &p.Done, &p.Total, &p.Started, &p.Finished)
		p.Type = ix.db.names[typ]
		switch {
		case !wanted:
			p.State = engine.Done
		case begun:
			p.State = engine.Running
		default:
			p.State = engine.Waiting
		}
		for _, param := range ix.params.Added(p.Type) {
			p.Params = append(p.Params, param.Code)
		}
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of the index: %w", failure(err))
	}
	slices.SortFunc(list, func(a, b engine.Progress) int { return strings.Compare(a.Type, b.Type) })
	return list, nil
}

// Reindex asks for a run over all resources of the types that compares every
// row with what it should be; none means all types.
func (ix *Index) Reindex(ctx context.Context, types []string) error {
	if len(types) == 0 {
		var err error
		if types, err = ix.populated(ctx); err != nil {
			return err
		}
	}
	if err := ix.want(ctx, types, false); err != nil {
		return err
	}
	_, err := ix.db.pool.Exec(ctx, announce)
	return failure(err)
}

// want begins the runs of the types anew.
func (ix *Index) want(ctx context.Context, types []string, whole bool) error {
	for _, typ := range types {
		_, err := ix.db.pool.Exec(ctx, `INSERT INTO reindex (type, goal, whole, thorough, total, started)
VALUES ($1, $2, $3, true, (SELECT count(*) FROM resource WHERE type = $1), now())
ON CONFLICT (type) DO UPDATE SET wanted = true, thorough = true, whole = reindex.whole OR excluded.whole, position = '',
 done = 0, total = excluded.total, started = now(), finished = NULL`, ix.db.types[typ], ix.params.Fingerprints(typ), whole)
		if err != nil {
			return fmt.Errorf("ask for a run over %s: %w", typ, failure(err))
		}
	}
	return nil
}

// populated are the types of which there are resources, deleted ones too.
func (ix *Index) populated(ctx context.Context) ([]string, error) {
	rows, err := ix.db.pool.Query(ctx, `SELECT t.name FROM resource_type t
 WHERE EXISTS (SELECT FROM resource r WHERE r.type = t.id OFFSET 0) ORDER BY t.name`)
	if err != nil {
		return nil, fmt.Errorf("list the types: %w", failure(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, failure(err)
}

// indexFormat is the number of the rules by which index rows are made. Whoever
// changes what Extract or indexRows yield for the same resource adds one: then
// the next start runs through all resources, and searches say so meanwhile.
const indexFormat = 3

// Start puts in force what is stored, and tells other servers that this one
// writes by it. It must come before the first write; Close or Run must follow.
func (ix *Index) Start(ctx context.Context) error {
	if err := ix.appear(ctx); err != nil {
		return err
	}
	var format int
	err := ix.db.pool.QueryRow(ctx, `UPDATE search_index SET format = $1 FROM search_index old WHERE old.format < $1 RETURNING old.format`, indexFormat).Scan(&format)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare the format of the index: %w", failure(err))
	}
	types, err := ix.populated(ctx)
	if err != nil || len(types) == 0 {
		return err
	}
	if err := ix.want(ctx, types, true); err != nil {
		return err
	}
	return ix.Learn(ctx)
}
