package storage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// homesBy are homes that are looked up in one way.
type homesBy struct {
	related bool
	by      []string
	keys    []fhir.Key
}

// member is the condition that a resource is a member of one of the homes
// now, and was one in that version.
func (e *enclosure) member(homes fhir.Homes) (string, error) {
	var ways []*homesBy
	index := map[string]*homesBy{}
	for _, h := range homes {
		name := fmt.Sprintf("%v %q", h.Related, h.By)
		w := index[name]
		if w == nil {
			w = &homesBy{related: h.Related, by: h.By}
			index[name], ways = w, append(ways, w)
		}
		w.keys = append(w.keys, h.Key)
	}
	if len(ways) == 0 {
		return "false", nil
	}
	either := make([]string, len(ways))
	for i, w := range ways {
		either[i] = e.way(w)
	}
	if len(either) == 1 {
		return either[0], nil
	}
	return "(" + strings.Join(either, " OR ") + ")", nil
}

func (e *enclosure) way(w *homesBy) string {
	keys := e.add(homeKeys(w.keys)) + "::uuid[]"
	by := func(alias string) string {
		if w.by == nil {
			return ""
		}
		return " AND " + alias + ".param = ANY (" + e.add(e.db.members(w.by)) + "::smallint[])"
	}
	if !w.related {
		where := "EXISTS (SELECT FROM compartment fc WHERE fc.rid = " + e.alias + ".rid AND fc.until IS NULL AND fc.home = ANY (" + keys + ")" + by("fc") + " OFFSET 0)"
		if e.version != "" {
			where += " AND EXISTS (SELECT FROM compartment fv WHERE fv.rid = " + e.alias + ".rid AND " + e.held("fv") + " AND fv.home = ANY (" + keys + ")" + by("fv") + " OFFSET 0)"
		}
		return "(" + where + ")"
	}
	related := func(alias string) string {
		return "EXISTS (SELECT FROM care_relation fr WHERE fr.patient = " + alias + ".home AND fr.holder = ANY (" + keys + ") AND " + current("fr") + " OFFSET 0)"
	}
	where := "EXISTS (SELECT FROM compartment fc WHERE fc.rid = " + e.alias + ".rid AND fc.until IS NULL" + by("fc") + " AND " + related("fc") + " OFFSET 0)"
	if e.version != "" {
		where += " AND EXISTS (SELECT FROM compartment fv WHERE fv.rid = " + e.alias + ".rid AND " + e.held("fv") + by("fv") + " AND " + related("fv") + " OFFSET 0)"
	}
	return "(" + where + ")"
}

// current is the condition that a care relation is one now.
func current(alias string) string {
	return alias + ".revoked_at IS NULL AND " + alias + ".starts_at <= now() AND (" + alias + ".ends_at IS NULL OR now() < " + alias + ".ends_at)"
}

// holders are the keys of those whose care relations a slice counts.
func holders(s engine.Slice) (keys []fhir.Key) {
	for _, homes := range s.Within {
		for _, h := range homes {
			if h.Related {
				keys = append(keys, h.Key)
			}
		}
	}
	return keys
}

// opened is the condition that a care relation of the caller with a patient of
// whose compartment the resource is opens the label; "" when nobody's does.
func (e *enclosure) opened(s engine.Slice, label string) string {
	keys := holders(s)
	if len(keys) == 0 {
		return ""
	}
	return "EXISTS (SELECT FROM compartment fp JOIN care_relation fo ON fo.patient = fp.home WHERE fp.rid = " + e.alias + ".rid AND fp.until IS NULL" +
		" AND fo.holder = ANY (" + e.add(homeKeys(keys)) + "::uuid[]) AND " + label + " = ANY (fo.opens) AND " + current("fo") + " OFFSET 0)"
}

// unlabelled is the condition that the resource has none of the labels by
// which the slice withholds, but such that are opened. A version must not have
// them either.
func (e *enclosure) unlabelled(s engine.Slice) string {
	labels := make([]string, len(s.Withheld))
	for i, l := range s.Withheld {
		labels[i] = folded(l)
	}
	slices.Sort(labels)
	at := "fl.until IS NULL"
	if e.version != "" {
		at = "(" + at + " OR " + e.held("fl") + ")"
	}
	where := "((SELECT NOT EXISTS (SELECT FROM label)) OR NOT EXISTS (SELECT FROM label fl WHERE fl.rid = " + e.alias + ".rid AND " + at + " AND fl.label = ANY (" + e.add(slices.Compact(labels)) + "::text[])"
	if opened := e.opened(s, "fl.label"); opened != "" {
		where += " AND NOT " + opened
	}
	return where + " OFFSET 0))"
}

// typ is the type of the resource: a column, or what is known of it anyway.
func (e *enclosure) typ() string {
	if e.only != 0 {
		return e.add(e.only)
	}
	return e.alias + ".type"
}

// consented is the condition that no consent of a patient of whose compartment
// the resource is denies it to the caller: no provision that denies it without
// a deeper one of the same consent that permits it. Whether there are consents
// at all is asked once for a statement.
func (e *enclosure) consented(s engine.Slice) string {
	me := e.add(homeKeys(s.Self)) + "::uuid[]"
	matches := func(alias string) string {
		return "(" + alias + ".actor IS NULL OR " + alias + ".actor = ANY (" + me + ")) AND (" + alias + ".type IS NULL OR " + alias + ".type = " + e.typ() + ")" +
			" AND (" + alias + ".starts_at IS NULL OR " + alias + ".starts_at <= now()) AND (" + alias + ".ends_at IS NULL OR now() < " + alias + ".ends_at)" +
			" AND (" + alias + ".label IS NULL OR EXISTS (SELECT FROM label fq WHERE fq.rid = " + e.alias + ".rid AND fq.label = " + alias + ".label OFFSET 0))"
	}
	where := "EXISTS (SELECT FROM compartment fh JOIN consent_provision fd ON fd.patient = fh.home WHERE fh.rid = " + e.alias + ".rid AND fd.deny AND " + matches("fd") +
		" AND NOT EXISTS (SELECT FROM consent_provision fe WHERE fe.origin = fd.origin AND NOT fe.deny AND fe.depth > fd.depth AND " + matches("fe") + " OFFSET 0) OFFSET 0)"
	if opened := e.opened(s, "'consent'"); opened != "" {
		where = "(" + where + " AND NOT " + opened + ")"
	}
	return "((SELECT NOT EXISTS (SELECT FROM consent_provision)) OR NOT " + where + ")"
}

// passing says whether what the fence shows changes by the time alone.
func passing(f engine.Fence) bool {
	for _, areas := range []map[string]engine.Area{f.Types, f.Through} {
		for _, area := range areas {
			for _, s := range area {
				if s.Consents || len(holders(s)) > 0 {
					return true
				}
			}
		}
	}
	return false
}
