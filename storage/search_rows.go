package storage

import (
	"cmp"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// rows are the index rows of one resource, a sorted set per table.
type rows struct {
	tokens     []tokenRow
	references []referenceRow
	strings    []stringRow
	dates      []dateRow
	numbers    []numberRow
	terms      []termRow
}

type tokenRow struct {
	key, rid int64
	system   int32
}

type referenceRow struct{ key, rid int64 }

type stringRow struct {
	param, rid, exact int64
	value             string
}

type dateRow struct {
	param, low, high, rid int64 // microseconds since 1970; the ends of int64 are infinite
	marks                 int64 // of the tokens that the resource has
}

type numberRow struct {
	param, rid         int64
	low, high          string // decimal text, ±Infinity
	system, code, unit int32
}

// indexedRunes is how much of a string a row of the index holds. A longer one
// has more rows, see windows.
const indexedRunes = 200

// indexRows are the rows for the values of a resource of the type.
func indexRows(rid int64, typ string, v search.Values) rows {
	var r rows
	for _, t := range v.Tokens {
		row := tokenRow{tokenKey(typ, t), rid, shortKey(cmp.Or(t.Type, t.System))}
		r.tokens = append(r.tokens, row)
		if t.TypeCode == "" && !search.Linked(t.Param) {
			r.terms = append(r.terms, term(row.key, row.system, typ, t.Param, t.Code))
		}
	}
	for _, name := range v.Canonical.Names() {
		r.tokens = append(r.tokens, tokenRow{key: nameKey(name), rid: rid})
	}
	for _, f := range v.References {
		if f.Code != "" { // Reference.identifier, for :identifier
			row := tokenRow{valueKey(typ, f.Param, f.Code), rid, shortKey(f.System)}
			r.tokens, r.terms = append(r.tokens, row), append(r.terms, term(row.key, row.system, typ, f.Param, f.Code))
		}
		for _, value := range referenceValues(f) {
			row := referenceRow{referenceKey(typ, f.Param, value), rid}
			r.references = append(r.references, row)
			if f.ID == "" && !search.Linked(f.Param) {
				r.terms = append(r.terms, term(row.key, 0, typ, f.Param, value))
			}
		}
		if name := f.Name(); name != "" && !search.Linked(f.Param) {
			r.references = append(r.references, referenceRow{paramKey(typ, f.Param) ^ nameKey(name), rid})
		}
	}
	for _, u := range v.URIs {
		row := referenceRow{referenceKey(typ, u.Param, u.URI), rid}
		r.references, r.terms = append(r.references, row), append(r.terms, term(row.key, 0, typ, u.Param, u.URI))
	}
	for _, s := range v.Strings {
		exact, folded := search.Hash(s.Text), search.Fold(s.Text)
		r.strings = append(r.strings, stringRow{paramKey(typ, s.Param), rid, exact, indexed(folded)})
		windows(folded, func(window, part string) {
			r.strings = append(r.strings, stringRow{paramKey(typ, s.Param+part), rid, exact, window})
		})
	}
	all := marks(r.tokens)
	for _, d := range v.Dates {
		r.dates = append(r.dates, dateRow{paramKey(typ, d.Param), lowest(d.Low), highest(d.High), rid, all})
	}
	for _, q := range v.Quantities {
		r.numbers = append(r.numbers, numberRow{
			param: paramKey(typ, q.Param), rid: rid,
			low: cmp.Or(q.Low, "-Infinity"), high: cmp.Or(q.High, "Infinity"),
			system: shortKey(q.System), code: shortKey(q.Code), unit: shortKey(q.Unit),
		})
		if measures := q.Dimension(); measures != "" {
			r.terms = append(r.terms, term(valueKey(typ, q.Param, q.Code), shortKey(measures), typ, q.Param, q.Code))
		}
	}
	r.tokens, r.references = set(r.tokens, compareTokens), set(r.references, compareReferences)
	r.strings, r.dates = set(r.strings, compareStrings), set(r.dates, compareDates)
	r.numbers, r.terms = set(r.numbers, compareNumbers), set(r.terms, compareTerms)
	return r
}

// referenceValues are the texts under which a reference can be asked for: a
// canonical with a version also without it.
func referenceValues(f search.Reference) []string {
	switch {
	case f.ID != "":
		return []string{f.Type + "/" + f.ID}
	case f.URL != "" && f.Version != "":
		return []string{f.URL, f.URL + "|" + f.Version}
	case f.URL != "":
		return []string{f.URL}
	}
	return nil
}

// The parts of a long string, as they are called in the parameter of a row.
const (
	restOf = ":rest" // somewhere in it
	endOf  = ":end"  // its end
)

// windows calls row with the windows of a string that one row does not hold.
// They begin every half of a window, so that any text of half a window lies
// within one of them.
func windows(folded string, row func(window, part string)) {
	if len(folded) < indexedRunes || utf8.RuneCountInString(folded) < indexedRunes {
		return
	}
	runes := []rune(folded)
	const step = indexedRunes / 2
	at := step
	for ; at+indexedRunes < len(runes); at += step {
		row(string(runes[at:at+indexedRunes]), restOf)
	}
	row(string(runes[max(0, len(runes)-indexedRunes):]), endOf)
}

// indexed cuts a folded text to what is indexed.
func indexed(folded string) string {
	if len(folded) <= indexedRunes || utf8.RuneCountInString(folded) <= indexedRunes {
		return folded
	}
	n := 0
	for at := range folded {
		if n++; n > indexedRunes {
			return folded[:at]
		}
	}
	return folded
}

// lowest and highest round an interval outwards to what timestamptz keeps.
func lowest(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.Truncate(time.Microsecond).UnixMicro()
}

func highest(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.Add(time.Microsecond - 1).Truncate(time.Microsecond).UnixMicro()
}

// set sorts rows and drops repetitions. Sorted rows reach the pages of an
// index in order.
func set[R comparable](rows []R, compare func(a, b R) int) []R {
	slices.SortFunc(rows, compare)
	return slices.Compact(rows)
}

// diff tells the rows that went from the rows that came. Both sets are sorted.
func diff[R comparable](old, new []R, compare func(a, b R) int) (gone, come []R) {
	if len(old) == 0 || len(new) == 0 {
		return old, new
	}
	for len(old) > 0 && len(new) > 0 {
		switch c := compare(old[0], new[0]); {
		case c < 0:
			gone, old = append(gone, old[0]), old[1:]
		case c > 0:
			come, new = append(come, new[0]), new[1:]
		default:
			old, new = old[1:], new[1:]
		}
	}
	return append(gone, old...), append(come, new...)
}

func compareTokens(a, b tokenRow) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.rid, b.rid), cmp.Compare(a.system, b.system))
}

func compareReferences(a, b referenceRow) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.rid, b.rid))
}

func compareStrings(a, b stringRow) int {
	return cmp.Or(cmp.Compare(a.param, b.param), cmp.Compare(a.value, b.value), cmp.Compare(a.exact, b.exact), cmp.Compare(a.rid, b.rid))
}

func compareDates(a, b dateRow) int {
	return cmp.Or(cmp.Compare(a.param, b.param), cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high), cmp.Compare(a.rid, b.rid), cmp.Compare(a.marks, b.marks))
}

func compareNumbers(a, b numberRow) int {
	return cmp.Or(cmp.Compare(a.param, b.param), cmp.Compare(a.rid, b.rid), cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high),
		cmp.Compare(a.system, b.system), cmp.Compare(a.code, b.code), cmp.Compare(a.unit, b.unit))
}
