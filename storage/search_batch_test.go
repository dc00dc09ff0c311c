package storage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// someValues draws index values from few texts, so that two draws overlap.
func someValues(t *rapid.T, label string) search.Values {
	text := func(field string) string {
		return rapid.SampledFrom([]string{"a", "b", "B", "Ünal", "http://example.org/x", "it's", strings.Repeat("long ", 60)}).Draw(t, label+field)
	}
	day := func(field string) time.Time {
		return time.Date(2020, 1, rapid.IntRange(1, 3).Draw(t, label+field), 0, 0, 0, 0, time.UTC)
	}
	var v search.Values
	for range rapid.IntRange(0, 3).Draw(t, label+"rows") {
		v.Tokens = append(v.Tokens, search.Token{Param: "code", System: text("system"), Code: text("code")})
		v.References = append(v.References, search.Reference{Param: "subject", Type: "Patient", ID: text("id")},
			search.Reference{Param: "canonical", URL: text("url"), Version: rapid.SampledFrom([]string{"", "1"}).Draw(t, label+"version")},
			search.Reference{Param: "subject", System: text("system"), Code: text("code")})
		v.URIs = append(v.URIs, search.URI{Param: "url", URI: text("uri")})
		v.Strings = append(v.Strings, search.String{Param: "name", Text: text("name")})
		v.Dates = append(v.Dates, search.Date{Param: "date", Low: day("low"), High: day("high")}, search.Date{Param: "date", Low: day("from")}, search.Date{Param: "date"})
		v.Quantities = append(v.Quantities, search.Quantity{Param: "value", Low: "1.5", High: "1.5", System: text("s"), Code: text("c"), Unit: text("u")},
			search.Quantity{Param: "value", Low: "-12345678901234567890.000000000000000001"})
	}
	return v
}

// TestIndexFollowsTheResource holds the law of the index: after any sequence
// of changes the rows are those of the latest values, however they got there.
func TestIndexFollowsTheResource(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storagetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var rid int64
	db := &DB{}
	rapid.Check(t, func(r *rapid.T) {
		rid += 2
		var old [2]search.Values
		for step := range rapid.IntRange(1, 4).Draw(r, "steps") {
			b := indexBatch{}
			for i := range old {
				next := someValues(r, fmt.Sprint("step ", step, i))
				b.add(rid+int64(i), "Thing", old[i], next)
				old[i] = next
			}
			batch := &pgx.Batch{}
			b.queue(batch, db)
			if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
				r.Fatal(err)
			}
		}
		for i := range old {
			want := texts(indexRows(rid+int64(i), "Thing", old[i]))
			if got := stored(r, conn, rid+int64(i)); !slices.Equal(got, want) {
				r.Fatalf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

func TestQueueNothing(t *testing.T) {
	t.Parallel()
	v := search.Values{Tokens: []search.Token{{Param: "code", Code: "a"}}, Dates: []search.Date{{Param: "date"}}}
	b := indexBatch{}
	b.add(1, "Thing", v, v)
	b.add(2, "Thing", search.Values{}, search.Values{})
	batch := &pgx.Batch{}
	if b.queue(batch, &DB{}); batch.Len() != 0 {
		t.Errorf("%d statements for no change", batch.Len())
	}
}

// texts writes rows as stored does.
func texts(r rows) []string {
	var out []string
	for _, x := range r.tokens {
		out = append(out, fmt.Sprint("token ", x.key, x.system))
	}
	for _, x := range r.references {
		out = append(out, fmt.Sprint("reference ", x.key))
	}
	for _, x := range r.strings {
		out = append(out, fmt.Sprint("string ", x.param, x.exact, x.value))
	}
	for _, x := range r.dates {
		out = append(out, fmt.Sprint("date ", x.param, instant(x.low), instant(x.high), x.marks))
	}
	for _, x := range r.numbers {
		out = append(out, fmt.Sprint("number ", x.param, x.low, x.high, x.system, x.code, x.unit))
	}
	slices.Sort(out)
	return out
}

func stored(t *rapid.T, conn *pgx.Conn, rid int64) []string {
	var r rows
	scan := func(sql string, into ...any) {
		rows, err := conn.Query(t.Context(), sql, rid)
		if err != nil {
			t.Fatal(err)
		}
		add := into[len(into)-1].(func())
		if _, err = pgx.ForEachRow(rows, into[:len(into)-1], func() error { add(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	var k tokenRow
	scan("SELECT key, system FROM search_token WHERE rid = $1", &k.key, &k.system, func() { r.tokens = append(r.tokens, k) })
	var f referenceRow
	scan("SELECT key FROM search_reference WHERE rid = $1", &f.key, func() { r.references = append(r.references, f) })
	var s stringRow
	scan("SELECT param, exact, value FROM search_string WHERE rid = $1", &s.param, &s.exact, &s.value, func() { r.strings = append(r.strings, s) })
	var d dateRow
	scan(`SELECT param, CASE WHEN low = '-infinity' THEN -9223372036854775808 ELSE (extract(epoch FROM low) * 1000000)::bigint END,
  CASE WHEN high = 'infinity' THEN 9223372036854775807 ELSE (extract(epoch FROM high) * 1000000)::bigint END, marks FROM search_date WHERE rid = $1`,
		&d.param, &d.low, &d.high, &d.marks, func() { r.dates = append(r.dates, d) })
	var n numberRow
	scan("SELECT param, low::text, high::text, system, code, unit FROM search_number WHERE rid = $1",
		&n.param, &n.low, &n.high, &n.system, &n.code, &n.unit, func() { r.numbers = append(r.numbers, n) })
	return texts(r)
}
