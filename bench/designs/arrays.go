package main

import (
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// arrays keeps the values of a resource in one row of a table of its type:
// tokens, references and compartments as arrays of hashed keys under GIN,
// dates and quantities that a resource has once as columns, each with an
// index. Names are rows of a table, since no array can be searched for what
// begins with a text. Statements are planned each time: what GIN promises
// depends on the value.
type arrays struct {
	*values
	mu    sync.Mutex
	types map[string]*arrayTable
}

// arrayTable is the table of a type.
type arrayTable struct {
	name           string
	dates, numbers []string // parameters that are columns
	insert         string
}

func newArrays(v *values) design { return &arrays{values: v, types: map[string]*arrayTable{}} }

func (*arrays) name() string     { return "arrays" }
func (*arrays) plans() string    { return "force_custom_plan" }
func (*arrays) tables() []string { return []string{`array\_%`} }

func (a *arrays) table(typ string) *arrayTable {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.types[typ]; t != nil {
		return t
	}
	t := &arrayTable{name: "array_" + strings.ToLower(typ)}
	for _, p := range a.registry.Params(typ) {
		if sources := p.Sources(); !p.Single() || len(sources) != 1 || sources[0] != p || strings.HasPrefix(p.Code, "_") {
			continue
		}
		switch p.Type {
		case "date":
			t.dates = append(t.dates, p.Code)
		case "number", "quantity":
			t.numbers = append(t.numbers, p.Code)
		}
	}
	names := []string{"rid", "tokens", "refs", "homes", "more"}
	from := []string{"$1::bigint[]", "$2::text[]", "$3::text[]", "$4::text[]", "$5::text[]"}
	values := []string{"rid", "tokens::bigint[]", "refs::bigint[]", "homes::bigint[]", "more::bigint[]"}
	column := func(name, typ, cast string) {
		names = append(names, `"`+name+`"`)
		from = append(from, "$"+strconv.Itoa(len(from)+1)+"::"+typ+"[]")
		values = append(values, `"`+name+`"`+cast)
	}
	for _, d := range t.dates {
		column(d+"_low", "timestamptz", "")
		column(d+"_high", "timestamptz", "")
	}
	for _, n := range t.numbers {
		column(n+"_low", "text", "::numeric")
		column(n+"_high", "text", "::numeric")
		column(n+"_unit", "integer", "")
	}
	list := strings.Join(names, ", ")
	t.insert = "INSERT INTO " + t.name + " (" + list + ") SELECT " + strings.Join(values, ", ") + " FROM unnest(" + strings.Join(from, ", ") + ") w (" + list + ")"
	a.types[typ] = t
	return t
}

func (a *arrays) schema(types []string) string {
	var b strings.Builder
	b.WriteString(`CREATE TABLE IF NOT EXISTS array_string (param bigint NOT NULL, rid bigint NOT NULL, value text COLLATE "C" NOT NULL);
CREATE INDEX IF NOT EXISTS array_string_values ON array_string (param, value, rid); CREATE INDEX IF NOT EXISTS array_string_of ON array_string (rid);`)
	for _, typ := range types {
		t := a.table(typ)
		b.WriteString("CREATE TABLE IF NOT EXISTS " + t.name + " (rid bigint PRIMARY KEY, tokens bigint[], refs bigint[], homes bigint[], more bigint[]")
		var indexes strings.Builder
		index := func(column, how string) {
			indexes.WriteString("CREATE INDEX IF NOT EXISTS \"" + t.name + "_" + strings.Trim(column, `"`) + "\" ON " + t.name + how + ";")
		}
		for _, d := range t.dates {
			b.WriteString(`, "` + d + `_low" timestamptz, "` + d + `_high" timestamptz`)
			index(d, ` ("`+d+`_low", rid)`)
		}
		for _, n := range t.numbers {
			b.WriteString(`, "` + n + `_low" numeric, "` + n + `_high" numeric, "` + n + `_unit" integer`)
			index(n, ` ("`+n+`_high")`)
		}
		b.WriteString(") WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);")
		for _, c := range []string{"tokens", "refs", "homes"} {
			index(c, " USING gin ("+c+")")
		}
		b.WriteString(indexes.String())
	}
	return b.String()
}

// literal is the text of an array.
func literal(list []int64) string {
	b := []byte{'{'}
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return string(append(b, '}'))
}

func (a *arrays) store(b *pgx.Batch, list []entry) {
	byType := map[string][]entry{}
	for _, e := range list {
		byType[e.typ] = append(byType[e.typ], e)
	}
	for typ, list := range byType {
		t := a.table(typ)
		arg := func(of func(*entry) []int64) []string {
			return columns(list, func(e entry) string { return literal(once(of(&e))) })
		}
		args := []any{columns(list, func(e entry) int64 { return e.rid }),
			arg(func(e *entry) (all []int64) {
				for _, t := range e.tokens {
					if all = append(all, t.key); t.system != 0 {
						all = append(all, t.whole)
					}
				}
				return all
			}),
			arg(func(e *entry) []int64 { return e.refs }),
			arg(func(e *entry) (all []int64) {
				for _, h := range e.homes {
					all = append(all, h.hash)
				}
				return all
			}),
			arg(t.more),
		}
		for _, name := range t.dates {
			at := func(e entry) *span {
				for i := range e.dates {
					if e.dates[i].name == name {
						return &e.dates[i]
					}
				}
				return nil
			}
			args = append(args, columns(list, func(e entry) (v pgtype.Timestamptz) {
				if d := at(e); d != nil {
					v = infinite(d.low, pgtype.NegativeInfinity)
				}
				return v
			}), columns(list, func(e entry) (v pgtype.Timestamptz) {
				if d := at(e); d != nil {
					v = infinite(d.high, pgtype.Infinity)
				}
				return v
			}))
		}
		for _, name := range t.numbers {
			at := func(e entry) *number {
				for i := range e.numbers {
					if e.numbers[i].name == name {
						return &e.numbers[i]
					}
				}
				return nil
			}
			args = append(args, columns(list, func(e entry) *string {
				if n := at(e); n != nil {
					return &n.low
				}
				return nil
			}), columns(list, func(e entry) *string {
				if n := at(e); n != nil {
					return &n.high
				}
				return nil
			}), columns(list, func(e entry) *int32 {
				if n := at(e); n != nil {
					return &n.code
				}
				return nil
			}))
		}
		b.Queue(t.insert, args...)
	}
	texts := flatten(list, func(e *entry) []text { return e.strings })
	b.Queue(`INSERT INTO array_string (rid, param, value) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])`,
		columns(texts, rid), columns(texts, func(r ofResource[text]) int64 { return r.v.param }), columns(texts, func(r ofResource[text]) string { return r.v.value }))
}
