package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// walk reads the index of a parameter in the order of its values, so that a
// page is there after the first matches, however many there are. It is for a
// search whose other conditions leave many, where finding all of them before
// putting them in order would cost the more the more there are.
//
// What has no value comes after all that has. It is found by another
// statement, when the walk has come to its end: rest.
type walk struct {
	param      *search.Param
	descending bool
	within     bool  // a filter is about the parameter itself, so that there is no rest
	split      bool  // the walk is divided where a filter's interval begins
	at, over   int64 // that beginning, and beyond what must end what begins before it
}

// part is what a statement finds of a search that is walked.
type part int

const (
	allOfIt part = iota // the search is not walked
	walked
	rest
	straddling // what begins before the interval of a filter and reaches into it
)

// walks says whether the part is read in the order of the index.
func (p part) walks() bool { return p == walked || p == straddling }

// walk decides whether a search is walked, and by which parameter.
func (r reader) walk(ctx context.Context, q search.Query) (*walk, error) {
	s := &statement{sqlArgs: &sqlArgs{}, db: r.db, query: q}
	if s.namesResources() || q.Compartment.Type != "" || len(q.Types) != 1 {
		return nil, nil
	}
	best := s.driver()
	if len(q.Sort) == 0 {
		w := s.walkDriver(best)
		if w != nil {
			w.splitAt(q.Filters)
		}
		return w, nil
	}
	key := q.Sort[0]
	if len(q.Sort) != 1 || !walkable(key.Param) {
		return nil, nil
	}
	w := &walk{param: key.Param, descending: key.Descending}
	other := nothing
	rank := 100
	for i, f := range q.Filters {
		switch n := driverRank(f); {
		case about(f, key.Param):
			w.within = true
		case n < rank:
			other, rank = i, n
		}
	}
	switch {
	case other == nothing:
		w.splitAt(q.Filters)
		return w, nil
	case rank != tokenRankPlain:
		return nil, nil // few enough, or nothing that could be tested one by one
	}
	many, err := r.frequent(ctx, q.Types[0], q.Filters[other])
	if err != nil || !many {
		return nil, err
	}
	w.splitAt(q.Filters)
	return w, nil
}

// walkDriver walks a search without an order by the filter that would drive it
// anyway: the order of its values is as good as any. It begins at the end
// where the matches are.
func (s *statement) walkDriver(driver int) *walk {
	if driver < 0 {
		return nil
	}
	f := s.query.Filters[driver]
	if f.Op != search.Leaf || f.Param.Type != "date" || !walkable(f.Param) || !f.Param.Single() || !about(f, f.Param) || len(f.Values) != 1 {
		return nil
	}
	switch f.Values[0].Prefix {
	case "gt", "ge", "sa":
		return &walk{param: f.Param, descending: true, within: true}
	case "ne":
		return nil
	}
	return &walk{param: f.Param, within: true}
}

// walkable says whether the values of a parameter stand in one order in the
// index.
func walkable(p *search.Param) bool {
	switch p.Type {
	case "date", "number", "quantity", "string":
		return p.Sortable() && p.Code != "_lastUpdated" && len(p.Sources()) == 1
	}
	return false
}

// about says whether a filter can only hold of a value of the parameter.
func about(f search.Filter, p *search.Param) bool {
	return f.Op == search.Leaf && f.Param == p && f.Modifier == ""
}

// walkIndex is the index of a walk, and the column by which it is ordered.
func walkIndex(p *search.Param) (table, column, typ, absent string) {
	switch p.Type {
	case "date":
		return "search_date", "low", "timestamptz", "infinity"
	case "string":
		return "search_string", "value", "text", ""
	}
	return "search_number", "low", "numeric", "Infinity"
}

// walkFrom sets the rows of the index as the candidates, and returns the
// filters that are thereby answered.
func (s *statement) walkFrom() (answered []int) {
	p := s.walking.param.Sources()[0]
	table, column, _, _ := walkIndex(p)
	d := s.driving()
	m := matcher{alias: d, from: table + " " + d, where: d + ".param = " + s.add(p.Key)}
	if s.walking.param.Single() {
		for i, f := range s.query.Filters {
			if f.Param == s.walking.param && about(f, f.Param) && f.Param.Type == "date" { // others are tested one by one
				answered = append(answered, i)
				if s.part == walked && s.walking.split && len(f.Values) == 1 && f.Values[0].Prefix == "ge" && lowest(f.Values[0].Date.Low) <= s.walking.at {
					continue // as whatever begins here is
				}
				m.where += " AND " + s.dateCondition(f.Values, d+".low", d+".high")
			}
		}
		switch at := instant(s.walking.at); {
		case s.part == straddling:
			m.where += " AND " + d + ".low < " + s.add(at) + " AND " + d + ".high > " + s.add(instant(s.walking.over))
		case s.walking.split:
			m.where += " AND " + d + ".low >= " + s.add(at)
		}
	} else {
		// A resource stands where its first value is, seen from where the walk
		// begins. Several rows may stand there, such as 120 mm[Hg] and 120 /min;
		// their places in the table tell them apart.
		before := " < "
		if s.walking.descending {
			before = " > "
		}
		s.where = append(s.where, "NOT EXISTS (SELECT FROM "+table+" k WHERE k.rid = "+d+".rid AND k.param = "+d+".param AND (k."+column+", k.ctid)"+before+"("+d+"."+column+", "+d+".ctid) OFFSET 0)")
	}
	s.source, s.from, s.rid = index, m.from, d+".rid"
	s.where = append([]string{m.where}, s.where...)
	if table == "search_date" {
		s.marked(d)
	}
	return answered
}

// absent is the condition that a candidate has no value, for the rest.
func (s *statement) absent() string {
	p := s.walking.param.Sources()[0]
	table, _, _, _ := walkIndex(p)
	return "NOT EXISTS (SELECT FROM " + table + " k WHERE k.param = " + s.add(p.Key) + " AND k.rid = " + s.rid + " OFFSET 0)"
}

// walkOrder is the order of a walk and of its rest.
func (s *statement) walkOrder() {
	_, column, typ, _ := walkIndex(s.walking.param)
	key := orderKey{sql: s.driving() + "." + column, typ: typ, descending: s.walking.descending}
	if s.part == rest {
		key.sql = absentValue(key) + "::" + typ
	}
	s.order.keys, s.order.last = []orderKey{key}, s.walking.descending
}

// absentValue is where in the order of a key that stands which has no value.
func absentValue(k orderKey) string {
	switch {
	case k.typ == "timestamptz" && k.descending:
		return "'-infinity'"
	case k.typ == "timestamptz":
		return "'infinity'"
	case k.typ == "numeric" && k.descending:
		return "'-Infinity'"
	case k.typ == "numeric":
		return "'Infinity'"
	case k.descending:
		return "''"
	}
	return "'" + afterAll + "'"
}

// inRest says whether a cursor stands in the rest of a walk.
func (w *walk) inRest(c *search.Cursor) bool {
	if c == nil || len(c.Keys) != 1 {
		return false
	}
	_, _, typ, _ := walkIndex(w.param)
	absent := strings.Trim(absentValue(orderKey{typ: typ, descending: w.descending}), "'")
	if typ == "timestamptz" {
		v, err := cursorValue(c.Keys[0], typ)
		return err == nil && v == instant(map[bool]int64{false: 1<<63 - 1, true: -1 << 63}[w.descending])
	}
	return c.Keys[0] == absent
}

// parts are the statements of a page, in the order in which they are asked
// until the page is full: from the part in which the cursor stands on.
func (w *walk) parts(q search.Query) []part {
	if w == nil {
		return []part{allOfIt}
	}
	list, at := []part{walked, rest}, 0
	switch {
	case w.split && w.descending:
		list = []part{walked, straddling}
	case w.split:
		list = []part{straddling, walked}
	case w.within:
		return []part{walked}
	}
	if q.After == nil {
		return list
	}
	if w.split && w.straddles(q.After) != (list[0] == straddling) || !w.split && w.inRest(q.After) {
		at = 1
	}
	if !q.After.Backward {
		return list[at:]
	}
	list = list[:at+1]
	slices.Reverse(list)
	return list
}

// splitAt divides a walk at the beginning of an interval that its dates must
// reach. What begins before it is a match if it ends late enough, which the
// index of beginnings cannot say: all of that is looked at, but in the index
// alone, and when nothing else is left for the page.
func (w *walk) splitAt(filters []search.Filter) {
	if w.param.Type != "date" || !w.param.Single() {
		return
	}
	for _, f := range flat(filters) {
		if !about(f, w.param) || len(f.Values) != 1 {
			continue
		}
		switch f.Values[0].Prefix {
		case "ge", "gt", "ap":
			date := f.Values[0].Date
			if at := lowest(date.Low); !w.split || at > w.at {
				w.split, w.at, w.over = true, at, highest(date.High)
				if f.Values[0].Prefix == "ap" {
					w.over = at
				}
			}
		}
	}
}

// straddles says whether a cursor stands before where the walk is divided.
func (w *walk) straddles(c *search.Cursor) bool {
	if len(c.Keys) != 1 {
		return false
	}
	v, err := cursorValue(c.Keys[0], "timestamptz")
	t, ok := v.(pgtype.Timestamptz)
	return err == nil && ok && microsOf(t) < w.at
}

// idle are the filters that must not drive a page although they could: _has
// by something so frequent that few resources need to be tested until the page
// is full.
//
// What drives sets the order. A page that goes on stays in that of its cursor:
// only what no filter drives has a key besides the number.
func (r reader) idle(ctx context.Context, q search.Query) (list []int, err error) {
	if len(q.Types) != 1 || len(q.Sort) > 0 || q.Compartment.Type != "" || q.After != nil && len(q.After.Keys) == 0 {
		return nil, nil
	}
	for i, f := range q.Filters {
		if f.Op != search.Has || len(f.Filters) != 1 || driverRank(f.Filters[0]) != tokenRankPlain || f.Filters[0].Op != search.Leaf {
			continue
		}
		if q.After != nil {
			list = append(list, i)
			continue
		}
		many, err := r.frequent(ctx, q.Types[0], f.Filters[0])
		if err != nil {
			return nil, err
		}
		if many {
			list = append(list, i)
		}
	}
	return list, nil
}

// frequencies remembers how many rows a token and how many resources a type
// has, as far as they were counted. That decides between right answers to the
// same question, so that it may be old.
type frequencies struct {
	mu    sync.Mutex
	known map[int64]frequency
}

type frequency struct {
	n  int
	at time.Time
}

const (
	frequencyAge = time.Minute // how long a frequency is believed
	mostCounted  = 20_000      // how far is counted
)

// frequent says whether a token filter has so many rows that a page is full
// sooner when resources of the type are tested one by one. Finding all costs
// what there are, n; testing costs what must be tested for a page, in
// proportion to size/n.
func (r reader) frequent(ctx context.Context, typ string, f search.Filter) (bool, error) {
	n, err := r.frequency(ctx, f)
	if err != nil {
		return false, err
	}
	size, err := r.size(ctx, typ)
	return n*n > 40*size, err
}

func (r reader) frequency(ctx context.Context, f search.Filter) (int, error) {
	s := &statement{sqlArgs: &sqlArgs{}, db: r.db}
	m := s.matcher(f, s.driving())
	return r.counted(ctx, s, "SELECT count(*) FROM (SELECT FROM "+m.from+" WHERE "+m.where+" LIMIT "+s.add(mostCounted)+") m")
}

// size is how many resources a type has. Of a large type it is what the
// planner believes.
func (r reader) size(ctx context.Context, typ string) (int, error) {
	s := &statement{sqlArgs: &sqlArgs{}, db: r.db}
	number := s.add(r.db.types[typ])
	return r.counted(ctx, s, "SELECT greatest((SELECT count(*) FROM (SELECT FROM resource r WHERE r.type = "+number+" LIMIT "+s.add(mostCounted)+") m),"+
		" (SELECT (c.reltuples * m.part)::bigint FROM pg_stats s CROSS JOIN pg_class c CROSS JOIN unnest(s.most_common_vals::text::smallint[], s.most_common_freqs) m (type, part)"+
		" WHERE c.oid = 'resource'::regclass AND s.schemaname = current_schema() AND s.tablename = 'resource' AND s.attname = 'type' AND m.type = "+number+"))")
}

func (r reader) counted(ctx context.Context, s *statement, sql string) (int, error) {
	name := search.Hash(fmt.Sprint(sql, s.args))
	all := &r.db.frequencies
	all.mu.Lock()
	known, ok := all.known[name]
	all.mu.Unlock()
	if ok && time.Since(known.at) < frequencyAge {
		return known.n, nil
	}
	var n int
	if err := r.q.QueryRow(ctx, sql, s.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count ahead: %w", failure(err))
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.known == nil || len(all.known) > 10_000 {
		all.known = map[int64]frequency{}
	}
	all.known[name] = frequency{n, time.Now()}
	return n, nil
}
