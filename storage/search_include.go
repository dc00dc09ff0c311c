package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// maxIncluded is how many resources may come along with one page. More are
// refused rather than left out, since nobody could tell what is missing.
const maxIncluded = 10_000

// inclusion adds to a page what _include and _revinclude ask for: in one
// statement what the matches refer to, in one what refers to them, and with
// :iterate the same again for what was found, until nothing is new. A resource
// is on a page once, so that circles end.
type inclusion struct {
	reader
	fence engine.Fence
	query search.Query
	seen  map[int64]bool
}

func (in *inclusion) run(ctx context.Context, page *engine.SearchPage) error {
	in.seen = make(map[int64]bool, len(page.Match))
	for _, m := range page.Match {
		in.seen[m.RID] = true
	}
	from, first := page.Match, true
	for len(from) > 0 {
		found, err := in.referred(ctx, from, first)
		if err != nil {
			return err
		}
		referring, err := in.referring(ctx, from, first)
		if err != nil {
			return err
		}
		from, first = append(found, referring...), false
		page.Include = append(page.Include, from...)
		if len(page.Include) > maxIncluded {
			return fhir.Errorf(fhir.TooCostly, "more than %d resources would be included; ask for fewer matches with _count", maxIncluded)
		}
	}
	return nil
}

// referred reads what the resources refer to by the parameters of _include.
// References are taken from the resources themselves: the index has but hashes.
func (in *inclusion) referred(ctx context.Context, from []engine.Stored, first bool) ([]engine.Stored, error) {
	var types []int16
	var ids []string
	wanted := map[[2]string]bool{}
	urls := canonicals{}
	for _, s := range from {
		var doc *tree.Doc
		for _, i := range in.query.Include {
			if i.Source != s.Type || !first && !i.Iterate {
				continue
			}
			if doc == nil {
				d, err := tree.Parse(s.JSON)
				if err != nil {
					return nil, fmt.Errorf("parse %s: %w", s.Key, err)
				}
				doc = d
			}
			for _, ref := range i.Param.References(doc) {
				if ref.URL != "" && i.Param.Canonical() {
					urls.add(in.db, i, ref)
					continue
				}
				key := [2]string{ref.Type, ref.ID}
				typ, known := in.db.types[ref.Type]
				if known && ref.ID != "" && (i.Target == "" || i.Target == ref.Type) && !wanted[key] {
					wanted[key] = true
					types, ids = append(types, typ), append(ids, ref.ID)
				}
			}
		}
	}
	var found []engine.Stored
	if len(ids) > 0 {
		a := sqlArgs{args: []any{types, ids}}
		list, err := in.read(ctx, &a, `unnest($1::smallint[], $2::text[]) w (type, id) JOIN resource r ON r.type = w.type AND r.id = w.id`, nil)
		if err != nil {
			return nil, err
		}
		found = list
	}
	if len(urls) == 0 {
		return found, nil
	}
	named, err := in.pointing(ctx, slices.Collect(maps.Keys(urls)), urls.names)
	return append(found, named...), err
}

// referring reads what refers to the resources by the parameters of
// _revinclude.
func (in *inclusion) referring(ctx context.Context, from []engine.Stored, first bool) ([]engine.Stored, error) {
	var keys, canonical []int64
	targets := revCanonicals{}
	for _, i := range in.query.RevInclude {
		if !first && !i.Iterate {
			continue
		}
		for _, s := range from {
			if only := i.Param.Restricted(); i.Target != "" && i.Target != s.Type || only != "" && only != s.Type {
				continue
			}
			url, version := "", ""
			if i.Param.Canonical() {
				url, version = identityOf(s.JSON)
			}
			for _, p := range i.Param.Sources() {
				keys = append(keys, referenceKey(i.Source, p.Code, s.Type+"/"+s.ID))
				if url != "" {
					canonical = append(canonical, referenceKey(i.Source, p.Code, url))
				}
			}
			if url != "" {
				targets = append(targets, revCanonical{i, url, version})
			}
		}
	}
	var found []engine.Stored
	if len(keys) > 0 {
		list, err := in.pointing(ctx, keys, nil)
		if err != nil {
			return nil, err
		}
		found = list
	}
	if len(canonical) == 0 {
		return found, nil
	}
	named, err := in.pointing(ctx, canonical, targets.named)
	return append(found, named...), err
}

// pointing reads the resources that have one of the keys in the index of
// references, and of them those that keep keeps.
func (in *inclusion) pointing(ctx context.Context, keys []int64, keep func(engine.Stored) bool) ([]engine.Stored, error) {
	a := sqlArgs{args: []any{keys}}
	return in.read(ctx, &a, `(SELECT DISTINCT s.rid FROM search_reference s WHERE s.key = ANY ($1::bigint[])) w JOIN resource r ON r.rid = w.rid`, keep)
}

// read selects from resources r what is live, within the fence and new, and of
// that what keep keeps; nil keeps all.
func (in *inclusion) read(ctx context.Context, a *sqlArgs, from string, keep func(engine.Stored) bool) ([]engine.Stored, error) {
	fence, err := in.db.fenceWhere(in.fence, "r", "", a)
	if err != nil {
		return nil, err
	}
	rows, err := in.q.Query(ctx, "SELECT "+selectFound+" FROM "+from+joinHead+" WHERE NOT r.deleted AND "+
		fence+" ORDER BY r.rid LIMIT "+a.add(maxIncluded+1), a.args...)
	if err != nil {
		return nil, fmt.Errorf("include: %w", failure(err))
	}
	list, err := in.collect(ctx, rows, nil, func(int64) {})
	if err != nil {
		return nil, err
	}
	fresh := list[:0]
	for _, s := range list {
		if !in.seen[s.RID] && (keep == nil || keep(s)) {
			in.seen[s.RID] = true
			fresh = append(fresh, s)
		}
	}
	return fresh, nil
}
