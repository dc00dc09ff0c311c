package storage

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// The statements of the index. Their text is constant and each takes whole
// columns, like those of write.go. No constraint says that rows are a set,
// since an index row must never be what makes a write fail, and looking for
// conflicts costs a third of an insert (measured): the difference of two sets
// is what keeps them one, and a row that stood twice would change no answer.
//
// Rows of dates and numbers are deleted by way of the index of their values.
// That of resources would do for the planner, but a resource that is updated
// all day has left more there than it has: "between" hides the equality.
const (
	deleteTokens = `DELETE FROM search_token s USING unnest($1::bigint[], $2::bigint[], $3::integer[]) AS w (key, rid, system)
 WHERE s.key = w.key AND s.rid = w.rid AND s.system = w.system`
	insertTokens = `INSERT INTO search_token (key, rid, system)
SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::integer[])`

	deleteReferences = `DELETE FROM search_reference s USING unnest($1::bigint[], $2::bigint[]) AS w (key, rid)
 WHERE s.key = w.key AND s.rid = w.rid`
	insertReferences = `INSERT INTO search_reference (key, rid)
SELECT unnest($1::bigint[]), unnest($2::bigint[])`

	deleteStrings = `DELETE FROM search_string s USING unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) AS w (param, value, exact, rid)
 WHERE s.param = w.param AND s.value = w.value AND s.exact = w.exact AND s.rid = w.rid`
	insertStrings = `INSERT INTO search_string (param, value, exact, rid)
SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::bigint[]), unnest($4::bigint[])`

	// Whatever its marks: those of rows of earlier releases are others.
	deleteDates = `DELETE FROM search_date s USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[]) AS w (param, low, high, rid)
 WHERE s.param = w.param AND s.low = w.low AND s.high = w.high AND s.rid BETWEEN w.rid AND w.rid`
	insertDates = `INSERT INTO search_date (param, low, high, rid, marks)
SELECT unnest($1::bigint[]), unnest($2::timestamptz[]), unnest($3::timestamptz[]), unnest($4::bigint[]), unnest($5::bigint[])`

	deleteNumbers = `DELETE FROM search_number s
 USING unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[]) AS w (param, low, high, system, code, unit, rid)
 WHERE s.param = w.param AND s.low = w.low::numeric AND s.high = w.high::numeric
   AND s.system = w.system AND s.code = w.code AND s.unit = w.unit AND s.rid BETWEEN w.rid AND w.rid`
	insertNumbers = `INSERT INTO search_number (param, low, high, system, code, unit, rid)
SELECT unnest($1::bigint[]), unnest($2::text[])::numeric, unnest($3::text[])::numeric, unnest($4::integer[]), unnest($5::integer[]), unnest($6::integer[]), unnest($7::bigint[])`
)

// indexBatch collects what a change set does to the index. The zero value is
// ready to use.
type indexBatch struct {
	gone, come rows // terms that are gone stay: others may have them
	shapes     map[int64]shapeRow
	wordings   map[int64][]textRow
}

type shapeRow struct {
	typ    int16
	params []int64
}

// add compares the values of a resource before and after: only rows that
// changed are touched.
func (b *indexBatch) add(rid int64, typ string, old, new search.Values) {
	was, is := indexRows(rid, typ, old), indexRows(rid, typ, new)
	collect(&b.gone.tokens, &b.come.tokens, was.tokens, is.tokens, compareTokens)
	collect(&b.gone.references, &b.come.references, was.references, is.references, compareReferences)
	collect(&b.gone.strings, &b.come.strings, was.strings, is.strings, compareStrings)
	collect(&b.gone.dates, &b.come.dates, was.dates, is.dates, compareDates)
	collect(&b.gone.numbers, &b.come.numbers, was.numbers, is.numbers, compareNumbers)
	collect(&b.gone.terms, &b.come.terms, was.terms, is.terms, compareTerms)
}

func collect[R comparable](gone, come *[]R, was, is []R, compare func(a, b R) int) {
	g, c := diff(was, is, compare)
	*gone, *come = append(*gone, g...), append(*come, c...)
}

// queue adds at most one DELETE and one INSERT per table to batch, rows in the
// order of resources, so that those of one are neighbours in their table and
// the indexes by resource grow at their end. It returns the keys
// of the dictionaries that will be known once that is committed.
func (b *indexBatch) queue(batch *pgx.Batch, db *DB) (fresh learnt) {
	queueTokens(batch, deleteTokens, b.gone.tokens)
	queueTokens(batch, insertTokens, b.come.tokens)
	queueReferences(batch, deleteReferences, b.gone.references)
	queueReferences(batch, insertReferences, b.come.references)
	queueStrings(batch, deleteStrings, b.gone.strings)
	queueStrings(batch, insertStrings, b.come.strings)
	queueDates(batch, deleteDates, b.gone.dates)
	queueDates(batch, insertDates, b.come.dates)
	queueNumbers(batch, deleteNumbers, b.gone.numbers)
	queueNumbers(batch, insertNumbers, b.come.numbers)
	for _, shape := range slices.Sorted(maps.Keys(b.shapes)) {
		if key := (dictionaryKey{key: shape}); !db.shapes.has(key) {
			batch.Queue(insertShape, shape, b.shapes[shape].typ, b.shapes[shape].params)
			fresh.shapes = append(fresh.shapes, key)
		}
	}
	fresh.terms = queueTerms(batch, &db.terms, b.come.terms)
	fresh.wordings = b.queueWordings(batch, db)
	return fresh
}

// shape notes the shape of a resource and returns its number.
func (b *indexBatch) shape(typ int16, s *search.Shape) int64 {
	if s == nil {
		return 0
	}
	if b.shapes == nil {
		b.shapes = map[int64]shapeRow{}
	}
	b.shapes[s.Key] = shapeRow{typ, s.Params}
	return s.Key
}

// byResource is a set of rows in the order of resources.
func byResource[R comparable](rows []R, compare func(a, b R) int, rid func(R) int64) []R {
	rows = set(rows, compare)
	slices.SortStableFunc(rows, func(a, b R) int { return cmp.Compare(rid(a), rid(b)) })
	return rows
}

func queueTokens(batch *pgx.Batch, sql string, list []tokenRow) {
	if list = byResource(list, compareTokens, func(r tokenRow) int64 { return r.rid }); len(list) == 0 {
		return
	}
	batch.Queue(sql,
		column(list, func(r tokenRow) int64 { return r.key }),
		column(list, func(r tokenRow) int64 { return r.rid }),
		column(list, func(r tokenRow) int32 { return r.system }))
}

func queueReferences(batch *pgx.Batch, sql string, list []referenceRow) {
	if list = byResource(list, compareReferences, func(r referenceRow) int64 { return r.rid }); len(list) == 0 {
		return
	}
	batch.Queue(sql,
		column(list, func(r referenceRow) int64 { return r.key }),
		column(list, func(r referenceRow) int64 { return r.rid }))
}

func queueStrings(batch *pgx.Batch, sql string, list []stringRow) {
	if list = byResource(list, compareStrings, func(r stringRow) int64 { return r.rid }); len(list) == 0 {
		return
	}
	batch.Queue(sql,
		column(list, func(r stringRow) int64 { return r.param }),
		column(list, func(r stringRow) string { return r.value }),
		column(list, func(r stringRow) int64 { return r.exact }),
		column(list, func(r stringRow) int64 { return r.rid }))
}

func queueDates(batch *pgx.Batch, sql string, list []dateRow) {
	if list = byResource(list, compareDates, func(r dateRow) int64 { return r.rid }); len(list) == 0 {
		return
	}
	columns := []any{
		column(list, func(r dateRow) int64 { return r.param }),
		column(list, func(r dateRow) pgtype.Timestamptz { return instant(r.low) }),
		column(list, func(r dateRow) pgtype.Timestamptz { return instant(r.high) }),
		column(list, func(r dateRow) int64 { return r.rid }),
	}
	if sql == insertDates {
		columns = append(columns, column(list, func(r dateRow) int64 { return r.marks }))
	}
	batch.Queue(sql, columns...)
}

func queueNumbers(batch *pgx.Batch, sql string, list []numberRow) {
	if list = byResource(list, compareNumbers, func(r numberRow) int64 { return r.rid }); len(list) == 0 {
		return
	}
	batch.Queue(sql,
		column(list, func(r numberRow) int64 { return r.param }),
		column(list, func(r numberRow) string { return r.low }),
		column(list, func(r numberRow) string { return r.high }),
		column(list, func(r numberRow) int32 { return r.system }),
		column(list, func(r numberRow) int32 { return r.code }),
		column(list, func(r numberRow) int32 { return r.unit }),
		column(list, func(r numberRow) int64 { return r.rid }))
}

func column[R, T any](list []R, field func(R) T) []T {
	out := make([]T, len(list))
	for i, r := range list {
		out[i] = field(r)
	}
	return out
}

// instant is the timestamptz of microseconds since 1970; the ends of int64
// are infinite.
func instant(micros int64) pgtype.Timestamptz {
	switch micros {
	case math.MinInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	case math.MaxInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: time.UnixMicro(micros).UTC(), Valid: true}
}
