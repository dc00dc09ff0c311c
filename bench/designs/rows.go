package main

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// rows is what the server has: a narrow row for each value, found by a hashed
// key in an index that covers it. The tables are the server's own. One filter
// drives, the others are probes that the planner cannot turn into joins, and
// statements are planned once (docs/decisions/0006 to 0011).
type rows struct{ *values }

func newRows(v *values) design { return rows{v} }

func (rows) name() string           { return "rows" }
func (rows) plans() string          { return "force_generic_plan" }
func (rows) schema([]string) string { return "" }
func (rows) tables() []string {
	return []string{"search_token", "search_reference", "search_string", "search_date", "search_number", "compartment"}
}

// infinite is a time of which zero means open.
func infinite(t time.Time, open pgtype.InfinityModifier) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: open, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// ofResource is a value with the resource that has it.
type ofResource[V any] struct {
	rid int64
	typ string
	v   V
}

func flatten[V any](list []entry, of func(*entry) []V) (all []ofResource[V]) {
	for i := range list {
		for _, v := range of(&list[i]) {
			all = append(all, ofResource[V]{list[i].rid, list[i].typ, v})
		}
	}
	return all
}

func rid[V any](r ofResource[V]) int64 { return r.rid }

func (w rows) store(b *pgx.Batch, list []entry) {
	tokens := flatten(list, func(e *entry) []token { return e.tokens })
	b.Queue(`INSERT INTO search_token (rid, key, system) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[])`,
		columns(tokens, rid), columns(tokens, func(r ofResource[token]) int64 { return r.v.key }), columns(tokens, func(r ofResource[token]) int32 { return r.v.system }))
	refs := flatten(list, func(e *entry) []int64 { return e.refs })
	b.Queue(`INSERT INTO search_reference (rid, key) SELECT * FROM unnest($1::bigint[], $2::bigint[])`,
		columns(refs, rid), columns(refs, func(r ofResource[int64]) int64 { return r.v }))
	strings := flatten(list, func(e *entry) []text { return e.strings })
	b.Queue(`INSERT INTO search_string (rid, param, exact, value) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])`,
		columns(strings, rid), columns(strings, func(r ofResource[text]) int64 { return r.v.param }),
		columns(strings, func(r ofResource[text]) int64 { return r.v.exact }), columns(strings, func(r ofResource[text]) string { return r.v.value }))
	dates := flatten(list, func(e *entry) []span { return e.dates })
	b.Queue(`INSERT INTO search_date (rid, param, low, high) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])`,
		columns(dates, rid), columns(dates, func(r ofResource[span]) int64 { return r.v.param }),
		columns(dates, func(r ofResource[span]) pgtype.Timestamptz { return infinite(r.v.low, pgtype.NegativeInfinity) }),
		columns(dates, func(r ofResource[span]) pgtype.Timestamptz { return infinite(r.v.high, pgtype.Infinity) }))
	numbers := flatten(list, func(e *entry) []number { return e.numbers })
	b.Queue(`INSERT INTO search_number (rid, param, low, high, system, code, unit)
SELECT rid, param, low::numeric, high::numeric, system, code, unit FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::integer[]) w (rid, param, low, high, system, code, unit)`,
		columns(numbers, rid), columns(numbers, func(r ofResource[number]) int64 { return r.v.param }),
		columns(numbers, func(r ofResource[number]) string { return r.v.low }), columns(numbers, func(r ofResource[number]) string { return r.v.high }),
		columns(numbers, func(r ofResource[number]) int32 { return r.v.system }), columns(numbers, func(r ofResource[number]) int32 { return r.v.code }),
		columns(numbers, func(r ofResource[number]) int32 { return r.v.unit }))
	homes := flatten(list, func(e *entry) []home { return e.homes })
	params := columns(homes, func(r ofResource[home]) string { return r.v.param })
	b.Queue(`INSERT INTO compartment_param (name) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING`, params)
	b.Queue(`INSERT INTO compartment (rid, home, type, param, since) SELECT w.rid, w.home, w.type, p.id, 1
  FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::text[]) w (rid, home, type, param) JOIN compartment_param p ON p.name = w.param`,
		columns(homes, rid), columns(homes, func(r ofResource[home]) [16]byte { return r.v.key }),
		columns(homes, func(r ofResource[home]) int16 { return w.types[r.typ] }), params)
}

// afterAll follows every character.
const afterAll = "\U0010FFFF"

// hasToken is the probe for a token; ? is its key and its system.
const hasToken = `EXISTS (SELECT FROM search_token s WHERE s.key = ? AND s.system = ? AND s.rid = d.rid OFFSET 0)`

// named finds the patients of a name; ? is parameters, first and last text.
const namedRows = `SELECT DISTINCT d.rid FROM search_string d WHERE d.param = ANY (?::bigint[]) AND d.value >= ? AND d.value < ?`

// nameParams are the parameters under which the parts of names stand.
func (v *values) nameParams() (keys []int64) {
	for _, p := range v.registry.Param("Patient", "name").Sources() {
		keys = append(keys, p.Key)
	}
	return keys
}

func (w rows) statement(q question, d drawn) (statement, bool) {
	patient := w.reference("Observation", "patient", d.patient)
	date, value := w.registry.Param("Observation", "date").Sources()[0].Key, w.registry.Param("Observation", "value-quantity").Sources()[0].Key
	switch q.name {
	case "identifier":
		return build("rid", `SELECT DISTINCT d.rid FROM search_token d WHERE d.key = ? AND d.system = ?`, d.identifier.key, d.identifier.system), true
	case "name":
		return build("rid", `SELECT o.rid FROM (SELECT c.rid FROM (`+namedRows+`) c OFFSET 0) o`, w.nameParams(), d.family, d.family+afterAll), true
	case "patient+code":
		return build("rid", `SELECT DISTINCT d.rid FROM search_reference d WHERE d.key = ? AND `+hasToken, patient, d.code.key, d.code.system), true
	case "patient+category":
		return build("k1 DESC, rid DESC", `SELECT o.rid, o.k1 FROM (SELECT c.rid, coalesce((SELECT max(k.low) FROM search_date k WHERE k.rid = c.rid AND k.param = ?), '-infinity') AS k1
 FROM (SELECT DISTINCT d.rid FROM search_reference d WHERE d.key = ? AND EXISTS (SELECT FROM search_token s WHERE s.key = ? AND s.rid = d.rid OFFSET 0)) c OFFSET 0) o`,
			date, patient, d.category.key), true
	case "code":
		return build("rid", `SELECT DISTINCT d.rid FROM search_token d WHERE d.key = ? AND d.system = ?`, d.code.key, d.code.system), true
	case "code+date":
		if d.frequent { // the order is walked
			return build("k1 DESC, rid DESC", `SELECT d.rid, d.low AS k1 FROM search_date d WHERE d.param = ? AND d.low >= ? AND d.low < ? AND `+hasToken,
				date, d.from, d.to, d.code.key, d.code.system), true
		}
		return build("k1 DESC, rid DESC", `SELECT o.rid, o.k1 FROM (SELECT c.rid, (SELECT max(k.low) FROM search_date k WHERE k.rid = c.rid AND k.param = ?) AS k1
 FROM (SELECT DISTINCT d.rid FROM search_token d WHERE d.key = ? AND d.system = ?
  AND EXISTS (SELECT FROM search_date s WHERE s.param = ? AND s.rid = d.rid AND (s.low >= ? OR s.high > ?) OFFSET 0)
  AND EXISTS (SELECT FROM search_date s WHERE s.param = ? AND s.rid = d.rid AND s.low < ? OFFSET 0)) c OFFSET 0) o`,
			date, d.code.key, d.code.system, date, d.from, d.from.AddDate(0, 0, 1), date, d.to), true
	case "code+value":
		return build("rid", `SELECT DISTINCT d.rid FROM search_token d WHERE d.key = ? AND d.system = ?
 AND EXISTS (SELECT FROM search_number s WHERE s.param = ? AND s.rid = d.rid AND s.high > ?::text::numeric OFFSET 0)`, d.code.key, d.code.system, value, d.above), true
	case "chain":
		return build("k1, rid", `SELECT d.rid, i.rid AS k1 FROM (`+namedRows+` ORDER BY 1 OFFSET 0) i
 CROSS JOIN LATERAL (SELECT key FROM resource WHERE resource.rid = i.rid OFFSET 0) k
 CROSS JOIN LATERAL (SELECT f.rid FROM search_reference f WHERE f.key = (k.key # ?) OFFSET 0) d WHERE `+hasToken,
			w.nameParams(), d.family, d.family+afterAll, w.param("Observation", w.source("Observation", "subject")), d.code.key, d.code.system), true
	case "has":
		subject := w.param("Condition", w.source("Condition", "patient"))
		if d.widespread { // patients are tested until the page is full
			return build("id", `SELECT r.rid, r.id FROM resource r WHERE r.type = ? AND NOT r.deleted
 AND EXISTS (SELECT FROM search_reference d WHERE d.key = (r.key # ?) AND `+hasToken+` OFFSET 0)`, w.types["Patient"], subject, d.diagnosis.key, d.diagnosis.system), true
		}
		return build("rid", `SELECT o.rid FROM (SELECT DISTINCT t.rid FROM search_token d
 CROSS JOIN LATERAL (SELECT f.key FROM search_reference f WHERE f.rid = d.rid OFFSET 0) f
 CROSS JOIN LATERAL (SELECT t.rid FROM resource t WHERE t.key = (f.key # ?) AND t.type = ? AND NOT t.deleted OFFSET 0) t
 WHERE d.key = ? AND d.system = ? OFFSET 0) o`, subject, w.types["Patient"], d.diagnosis.key, d.diagnosis.system), true
	case "include":
		s := build("rid", `SELECT DISTINCT d.rid FROM search_reference d WHERE d.key = ?`, w.reference("Encounter", "patient", d.patient))
		s.included = `SELECT DISTINCT t.rid FROM found m CROSS JOIN LATERAL (SELECT f.key FROM search_reference f WHERE f.rid = m.rid OFFSET 0) f
 CROSS JOIN unnest(` + s.add(w.encounterRefs()) + `::bigint[]) p (param) CROSS JOIN LATERAL (SELECT t.rid FROM resource t WHERE t.key = (f.key # p.param) AND NOT t.deleted OFFSET 0) t`
		return s, true
	case "count":
		s := build("", `SELECT count(*) FROM (SELECT DISTINCT d.rid FROM search_token d WHERE d.key = ? AND d.system = ?) c`, d.code.key, d.code.system)
		s.whole = true
		return s, true
	case "change":
		from, to := w.status(d)
		s := build("", `WITH gone AS (DELETE FROM search_token WHERE key = ? AND rid = ? RETURNING rid, system) INSERT INTO search_token (key, rid, system) SELECT ?, rid, system FROM gone`, from, d.rid, to)
		s.whole = true
		return s, true
	}
	return statement{}, false
}

// encounterRefs are the parameters that the question for inclusions follows.
func (v *values) encounterRefs() []int64 {
	return []int64{v.param("Encounter", v.source("Encounter", "patient")), v.param("Encounter", v.source("Encounter", "service-provider"))}
}

// status are the keys of the status that goes and of that which comes.
func (v *values) status(d drawn) (from, to int64) {
	from, to = v.asked("Observation", "status", "", "final").key, v.asked("Observation", "status", "", "amended").key
	if d.back {
		return to, from
	}
	return from, to
}
