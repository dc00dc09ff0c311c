package main

import "slices"

// more are the dates and numbers that have no column, because a resource can
// have several. They are kept and have no index: no question asks for them.
func (t *arrayTable) more(e *entry) (all []int64) {
	for _, d := range e.dates {
		if !slices.Contains(t.dates, d.name) {
			all = append(all, d.param, d.low.UnixMicro(), d.high.UnixMicro())
		}
	}
	for _, n := range e.numbers {
		if !slices.Contains(t.numbers, n.name) {
			all = append(all, n.param, int64(n.code))
		}
	}
	return all
}

const namedInArrays = `SELECT DISTINCT d.rid FROM array_string d WHERE d.param = ANY (?::bigint[]) AND d.value >= ? AND d.value < ?`

func (a *arrays) statement(q question, d drawn) (statement, bool) {
	patient := a.reference("Observation", "patient", d.patient)
	switch q.name {
	case "identifier":
		return build("rid", `SELECT d.rid FROM array_patient d WHERE d.tokens @> ARRAY[?::bigint]`, d.identifier.whole), true
	case "name":
		return build("rid", namedInArrays, a.nameParams(), d.family, d.family+afterAll), true
	case "patient+code":
		return build("rid", `SELECT d.rid FROM array_observation d WHERE d.refs @> ARRAY[?::bigint] AND d.tokens @> ARRAY[?::bigint]`, patient, d.code.whole), true
	case "patient+category":
		return build("k1 DESC, rid DESC", `SELECT d.rid, coalesce(d.date_low, '-infinity') AS k1 FROM array_observation d WHERE d.refs @> ARRAY[?::bigint] AND d.tokens @> ARRAY[?::bigint]`, patient, d.category.key), true
	case "code":
		return build("rid", `SELECT d.rid FROM array_observation d WHERE d.tokens @> ARRAY[?::bigint]`, d.code.whole), true
	case "code+date":
		return build("k1 DESC, rid DESC", `SELECT d.rid, d.date_low AS k1 FROM array_observation d WHERE d.tokens @> ARRAY[?::bigint] AND d.date_low >= ? AND d.date_low < ?`, d.code.whole, d.from, d.to), true
	case "code+value":
		return build("rid", `SELECT d.rid FROM array_observation d WHERE d.tokens @> ARRAY[?::bigint] AND d."value-quantity_high" > ?::text::numeric`, d.code.whole, d.above), true
	case "chain": // what refers to the patient is found alone: the planner would intersect it with all that has the code, patient by patient
		return build("k1, rid", `SELECT d.rid, i.rid AS k1 FROM (`+namedInArrays+` ORDER BY 1 OFFSET 0) i
 CROSS JOIN LATERAL (SELECT key FROM resource WHERE resource.rid = i.rid OFFSET 0) k
 CROSS JOIN LATERAL (SELECT o.rid, o.tokens FROM array_observation o WHERE o.refs @> ARRAY[k.key # ?] OFFSET 0) d WHERE d.tokens @> ARRAY[?::bigint]`,
			a.nameParams(), d.family, d.family+afterAll, a.param("Observation", a.source("Observation", "subject")), d.code.whole), true
	case "has":
		subject := a.param("Condition", a.source("Condition", "patient"))
		if d.widespread {
			return build("id", `SELECT r.rid, r.id FROM resource r WHERE r.type = ? AND NOT r.deleted
 AND EXISTS (SELECT FROM (SELECT c.tokens FROM array_condition c WHERE c.refs @> ARRAY[r.key # ?] OFFSET 0) c WHERE c.tokens @> ARRAY[?::bigint] OFFSET 0)`, a.values.types["Patient"], subject, d.diagnosis.whole), true
		}
		return build("rid", `SELECT o.rid FROM (SELECT DISTINCT t.rid FROM array_condition c CROSS JOIN unnest(c.refs) f (key)
 CROSS JOIN LATERAL (SELECT t.rid FROM resource t WHERE t.key = (f.key # ?) AND t.type = ? AND NOT t.deleted OFFSET 0) t
 WHERE c.tokens @> ARRAY[?::bigint] OFFSET 0) o`, subject, a.values.types["Patient"], d.diagnosis.whole), true
	case "include":
		s := build("rid", `SELECT d.rid FROM array_encounter d WHERE d.refs @> ARRAY[?::bigint]`, a.reference("Encounter", "patient", d.patient))
		s.included = `SELECT DISTINCT t.rid FROM found m JOIN array_encounter e ON e.rid = m.rid CROSS JOIN unnest(e.refs) f (key)
 CROSS JOIN unnest(` + s.add(a.encounterRefs()) + `::bigint[]) p (param) CROSS JOIN LATERAL (SELECT t.rid FROM resource t WHERE t.key = (f.key # p.param) AND NOT t.deleted OFFSET 0) t`
		return s, true
	case "count":
		s := build("", `SELECT count(*) FROM array_observation d WHERE d.tokens @> ARRAY[?::bigint]`, d.code.whole)
		s.whole = true
		return s, true
	case "change":
		from, to := a.status(d)
		s := build("", `UPDATE array_observation SET tokens = array_replace(tokens, ?::bigint, ?::bigint) WHERE rid = ?`, from, to, d.rid)
		s.whole = true
		return s, true
	}
	return statement{}, false
}
