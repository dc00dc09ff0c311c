package storage

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// The statements by which what is written becomes what fences look at besides
// compartments: labels, what a Binary belongs to, care relations and consents.
const (
	leaveLabels = `UPDATE label l SET until = w.version FROM unnest($1::bigint[], $2::text[], $3::integer[]) AS w (rid, label, version)
 WHERE l.rid = w.rid AND l.label = w.label AND l.until IS NULL`
	leaveAllLabels = `UPDATE label l SET until = $2 WHERE l.rid = $1 AND l.until IS NULL`
	enterLabels    = `INSERT INTO label (rid, label, since) SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::integer[])`

	leaveContext = `UPDATE security_context SET until = $2 WHERE rid = $1 AND until IS NULL`
	enterContext = `INSERT INTO security_context (rid, since, type, id) VALUES ($1, $2, $3, $4)`

	// Relations that the resource makes no more end; those that it still makes
	// are moved; by who must not give them to oneself they are not moved to begin,
	// and never to end later; new ones begin.
	endTies = `UPDATE care_relation c SET revoked_at = now() WHERE c.origin = $1 AND c.revoked_at IS NULL
 AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS w (holder, patient, source) WHERE c.holder = w.holder AND c.patient = w.patient AND c.source = w.source)`
	moveTies = `UPDATE care_relation c SET starts_at = m.starts, ends_at = CASE WHEN m.ends IS NOT NULL THEN greatest(m.starts, m.ends) END
  FROM care_relation o JOIN unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[]) AS w (holder, patient, source, starts, ends, free)
       ON o.holder = w.holder AND o.patient = w.patient AND o.source = w.source
 CROSS JOIN LATERAL (SELECT CASE WHEN w.free THEN coalesce(w.starts, o.starts_at) ELSE o.starts_at END AS starts,
                            CASE WHEN w.free OR o.ends_at IS NULL THEN w.ends ELSE least(o.ends_at, w.ends) END AS ends) m
 WHERE o.origin = $1 AND o.revoked_at IS NULL AND c.id = o.id`
	beginTies = `INSERT INTO care_relation (origin, holder, patient, source, starts_at, ends_at, holder_ref, patient_ref)
SELECT $1, w.holder, w.patient, w.source, coalesce(w.starts, now()), CASE WHEN w.ends IS NOT NULL THEN greatest(w.ends, coalesce(w.starts, now())) END, w.holder_ref, w.patient_ref
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[], $8::text[], $9::text[]) AS w (holder, patient, source, starts, ends, free, holder_ref, patient_ref)
 WHERE w.free AND NOT EXISTS (SELECT FROM care_relation c WHERE c.origin = $1 AND c.revoked_at IS NULL AND c.holder = w.holder AND c.patient = w.patient AND c.source = w.source)`

	forgetProvisions = `DELETE FROM consent_provision WHERE origin = $1`
	insertProvision  = `INSERT INTO consent_provision (origin, patient, depth, deny, actor, type, label, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

// sensitive are the systems whose labels are known by their code alone.
var sensitive = map[string]bool{
	"http://terminology.hl7.org/CodeSystem/v3-Confidentiality": true,
	"http://terminology.hl7.org/CodeSystem/v3-ActCode":         true,
}

// ordinary are the codes of confidentiality that hide from nobody.
var ordinary = map[string]bool{"u": true, "l": true, "m": true, "n": true}

// folded is a label in the form that is stored, in which codes are compared.
func folded(label string) string {
	if i := strings.LastIndexByte(label, '|'); i >= 0 {
		return label[:i+1] + strings.ToLower(label[i+1:])
	}
	return strings.ToLower(label)
}

// labels are the security labels of a resource, once each.
func labels(v search.Values) (list []string) {
	for _, t := range v.Tokens {
		switch {
		case t.Param != "_security" || t.Code == "":
		case !sensitive[t.System]:
			list = append(list, folded(t.System+"|"+t.Code))
		case !ordinary[folded(t.Code)]:
			list = append(list, folded(t.Code))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// queueFences adds what the pending versions do to fences.
func (t *tx) queueFences(b *pgx.Batch, rids []int64) {
	var leave, enter struct {
		rid     []int64
		label   []string
		version []int32
	}
	for i, w := range t.pending {
		version := int32(w.Resource.Version)
		if !w.Resource.Deleted {
			before, after := labels(w.Old), labels(w.New)
			if w.Revived {
				b.Queue(leaveAllLabels, rids[i], version)
				before = nil
			}
			for _, l := range before {
				if !slices.Contains(after, l) {
					leave.rid, leave.label, leave.version = append(leave.rid, rids[i]), append(leave.label, l), append(leave.version, version)
				}
			}
			for _, l := range after {
				if !slices.Contains(before, l) {
					enter.rid, enter.label, enter.version = append(enter.rid, rids[i]), append(enter.label, l), append(enter.version, version)
				}
			}
			if w.Resource.Type == binaryType {
				t.queueContext(b, rids[i], w)
			}
		}
		if w.Ruled {
			t.queueTies(b, rids[i], w)
			t.queueProvisions(b, rids[i], w)
		}
	}
	if len(leave.rid) > 0 {
		b.Queue(leaveLabels, leave.rid, leave.label, leave.version)
	}
	if len(enter.rid) > 0 {
		b.Queue(enterLabels, enter.rid, enter.label, enter.version)
	}
}

// binaryType is the resource that belongs to another.
const binaryType = "Binary"

func (t *tx) queueContext(b *pgx.Batch, rid int64, w engine.Write) {
	if w.Previous > 0 {
		b.Queue(leaveContext, rid, int32(w.Resource.Version))
	}
	if w.Context != nil {
		if typ, known := t.db.types[w.Context.Type]; known {
			b.Queue(enterContext, rid, int32(w.Resource.Version), typ, w.Context.ID)
		}
	}
}

func (t *tx) queueTies(b *pgx.Batch, rid int64, w engine.Write) {
	if w.Previous == 0 && len(w.Ties) == 0 {
		return
	}
	var c struct {
		holder, patient               [][16]byte
		source, holderRef, patientRef []string
		starts, ends                  []*time.Time
		free                          []bool
	}
	seen := map[string]bool{}
	for _, tie := range w.Ties {
		name := tie.Holder.String() + " " + tie.Patient.String() + " " + tie.Source
		if seen[name] {
			continue
		}
		seen[name] = true
		c.holder, c.patient = append(c.holder, homeKey(tie.Holder.Type, tie.Holder.ID)), append(c.patient, homeKey(tie.Patient.Type, tie.Patient.ID))
		c.holderRef, c.patientRef = append(c.holderRef, tie.Holder.Current().String()), append(c.patientRef, tie.Patient.Current().String())
		c.source, c.free = append(c.source, tie.Source), append(c.free, tie.Free)
		c.starts, c.ends = append(c.starts, orNull(tie.Starts)), append(c.ends, orNull(tie.Ends))
	}
	if w.Previous > 0 {
		b.Queue(endTies, rid, c.holder, c.patient, c.source)
	}
	if len(c.holder) > 0 {
		if w.Previous > 0 {
			b.Queue(moveTies, rid, c.holder, c.patient, c.source, c.starts, c.ends, c.free)
		}
		b.Queue(beginTies, rid, c.holder, c.patient, c.source, c.starts, c.ends, c.free, c.holderRef, c.patientRef)
	}
}

func (t *tx) queueProvisions(b *pgx.Batch, rid int64, w engine.Write) {
	if w.Previous > 0 {
		b.Queue(forgetProvisions, rid)
	}
	for _, p := range w.Provisions {
		var actor *[16]byte
		if p.Actor != (fhir.Key{}) {
			key := homeKey(p.Actor.Type, p.Actor.ID)
			actor = &key
		}
		var typ *int16
		if p.Type != "" {
			n := t.db.types[p.Type] // 0, which no type has, for one that does not exist
			typ = &n
		}
		var label *string
		if p.Label != "" {
			l := folded(p.Label)
			label = &l
		}
		b.Queue(insertProvision, rid, homeKey(p.Patient.Type, p.Patient.ID), int16(p.Depth), p.Deny, actor, typ, label, orNull(p.Starts), orNull(p.Ends))
	}
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
