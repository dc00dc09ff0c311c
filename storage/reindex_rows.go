package storage

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// append adds the rows of another resource.
func (r *rows) append(more rows) {
	r.tokens, r.references = append(r.tokens, more.tokens...), append(r.references, more.references...)
	r.strings, r.dates = append(r.strings, more.strings...), append(r.dates, more.dates...)
	r.numbers, r.terms = append(r.numbers, more.numbers...), append(r.terms, more.terms...)
}

// reconcile is the difference between what stands in the tables and what
// should. Of terms only those that should be there are looked at:
// none is ever removed.
func (b *indexBatch) reconcile(have, want rows) {
	collect(&b.gone.tokens, &b.come.tokens, set(have.tokens, compareTokens), set(want.tokens, compareTokens), compareTokens)
	collect(&b.gone.references, &b.come.references, set(have.references, compareReferences), set(want.references, compareReferences), compareReferences)
	collect(&b.gone.strings, &b.come.strings, set(have.strings, compareStrings), set(want.strings, compareStrings), compareStrings)
	collect(&b.gone.dates, &b.come.dates, set(have.dates, compareDates), set(want.dates, compareDates), compareDates)
	collect(&b.gone.numbers, &b.come.numbers, set(have.numbers, compareNumbers), set(want.numbers, compareNumbers), compareNumbers)
	b.come.terms = append(b.come.terms, want.terms...)
}

// present reads the rows that resources have now. Dates and numbers can be
// found by parameter only: by those of the keys, and those that are wanted.
func present(ctx context.Context, q querier, rids, keys []int64, want rows) (have rows, err error) {
	var row struct {
		token     tokenRow
		reference referenceRow
		text      stringRow
		date      dateRow
		low, high pgtype.Timestamptz
		number    numberRow
	}
	dates, numbers := slices.Clone(keys), slices.Clone(keys)
	for _, d := range want.dates {
		dates = append(dates, d.param)
	}
	for _, n := range want.numbers {
		numbers = append(numbers, n.param)
	}
	distinct := func(list []int64) []int64 { slices.Sort(list); return slices.Compact(list) }
	for _, table := range []struct {
		sql  string
		args []any
		into []any
		keep func()
	}{
		{`SELECT key, rid, system FROM search_token WHERE rid = ANY ($1)`, []any{rids},
			[]any{&row.token.key, &row.token.rid, &row.token.system},
			func() { have.tokens = append(have.tokens, row.token) }},
		{`SELECT key, rid FROM search_reference WHERE rid = ANY ($1)`, []any{rids},
			[]any{&row.reference.key, &row.reference.rid},
			func() { have.references = append(have.references, row.reference) }},
		{`SELECT param, rid, exact, value FROM search_string WHERE rid = ANY ($1)`, []any{rids},
			[]any{&row.text.param, &row.text.rid, &row.text.exact, &row.text.value},
			func() { have.strings = append(have.strings, row.text) }},
		{`SELECT param, low, high, rid, marks FROM search_date WHERE param = ANY ($1) AND rid = ANY ($2)`, []any{distinct(dates), rids},
			[]any{&row.date.param, &row.low, &row.high, &row.date.rid, &row.date.marks},
			func() {
				row.date.low, row.date.high = micros(row.low), micros(row.high)
				have.dates = append(have.dates, row.date)
			}},
		{`SELECT param, rid, low::text, high::text, system, code, unit FROM search_number WHERE param = ANY ($1) AND rid = ANY ($2)`, []any{distinct(numbers), rids},
			[]any{&row.number.param, &row.number.rid, &row.number.low, &row.number.high, &row.number.system, &row.number.code, &row.number.unit},
			func() { have.numbers = append(have.numbers, row.number) }},
	} {
		found, err := q.Query(ctx, table.sql, table.args...)
		if err == nil {
			_, err = pgx.ForEachRow(found, table.into, func() error { table.keep(); return nil })
		}
		if err != nil {
			return have, fmt.Errorf("read index rows: %w", err)
		}
	}
	return have, nil
}

// micros is what instant made a timestamptz of.
func micros(t pgtype.Timestamptz) int64 {
	switch t.InfinityModifier {
	case pgtype.NegativeInfinity:
		return math.MinInt64
	case pgtype.Infinity:
		return math.MaxInt64
	}
	return t.Time.UnixMicro()
}
