package main

import "github.com/jackc/pgx/v5"

// homes is rows, and beside them the tokens of each patient's compartment: "a
// code of a patient" is one range of an index.
type homes struct{ rows }

func newHomes(v *values) design { return homes{rows{v}} }

func (homes) name() string { return "homes" }

func (homes) schema([]string) string {
	return `CREATE TABLE IF NOT EXISTS home_token (home bigint NOT NULL, key bigint NOT NULL, rid bigint NOT NULL, system integer NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX IF NOT EXISTS home_token_values ON home_token (home, key, rid, system)`
}

func (homes) tables() []string { return []string{"home_token"} }

// store writes the rows that come on top of those of rows.
func (homes) store(b *pgx.Batch, list []entry) {
	type homed struct {
		home int64
		token
	}
	all := flatten(list, func(e *entry) (all []homed) {
		for _, h := range e.homes {
			if h.typ != "Patient" {
				continue
			}
			for _, t := range e.tokens {
				all = append(all, homed{h.hash, t})
			}
		}
		return once(all)
	})
	b.Queue(`INSERT INTO home_token (rid, home, key, system) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[])`,
		columns(all, rid), columns(all, func(r ofResource[homed]) int64 { return r.v.home }), columns(all, func(r ofResource[homed]) int64 { return r.v.key }),
		columns(all, func(r ofResource[homed]) int32 { return r.v.system }))
}

func (h homes) statement(q question, d drawn) (statement, bool) {
	patient := h.reference("Observation", "patient", d.patient) ^ h.param("Observation", h.source("Observation", "patient"))
	switch q.name {
	case "patient+code":
		return build("rid", `SELECT DISTINCT d.rid FROM home_token d WHERE d.home = ? AND d.key = ? AND d.system = ?`, patient, d.code.key, d.code.system), true
	case "patient+category":
		return build("k1 DESC, rid DESC", `SELECT o.rid, o.k1 FROM (SELECT c.rid, coalesce((SELECT max(k.low) FROM search_date k WHERE k.rid = c.rid AND k.param = ?), '-infinity') AS k1
 FROM (SELECT DISTINCT d.rid FROM home_token d WHERE d.home = ? AND d.key = ?) c OFFSET 0) o`,
			h.registry.Param("Observation", "date").Sources()[0].Key, patient, d.category.key), true
	case "change":
		from, to := h.status(d)
		s := build("", `WITH gone AS (DELETE FROM search_token WHERE key = ? AND rid = ? RETURNING rid, system),
 come AS (INSERT INTO search_token (key, rid, system) SELECT ?, rid, system FROM gone),
 away AS (DELETE FROM home_token WHERE home = ? AND key = ? AND rid = ? RETURNING home, rid, system)
INSERT INTO home_token (home, key, rid, system) SELECT home, ?, rid, system FROM away`, from, d.rid, to, d.home, from, d.rid, to)
		s.whole = true
		return s, true
	}
	return statement{}, false
}
