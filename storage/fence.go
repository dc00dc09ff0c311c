package storage

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
)

// sqlArgs collects the arguments of a statement.
type sqlArgs struct{ args []any }

// add appends a value and returns its place in the text, "$n".
func (a *sqlArgs) add(v any) string {
	a.args = append(a.args, v)
	return "$" + strconv.Itoa(len(a.args))
}

// homeKey is compartment.home of a resource: 16 bytes of SHA-256 over its
// relative reference. A cryptographic hash, because ids may be chosen by
// whoever wants to be mistaken for somebody else.
func homeKey(typ, id string) [16]byte {
	sum := sha256.Sum256([]byte(typ + "/" + id))
	return [16]byte(sum[:16])
}

// fenceWhere is the predicate that holds for the rows of alias (a resource
// row: rid, type) which f shows. With version, the name of a version column,
// it holds for that version: the caller must be within reach of the resource
// now, and of that version as it was.
//
// Every statement that can return a resource or count one has it, before
// LIMIT (law 3).
func (db *DB) fenceWhere(f engine.Fence, alias, version string, a *sqlArgs) (string, error) {
	if f.Anywhere {
		return "true", nil
	}
	var open []int16
	var claused []string
	groups := map[string]*fenceGroup{}
	for name, area := range f.Types {
		typ, known := db.types[name]
		switch {
		case !known:
			continue
		case area.Anywhere && len(area.And) == 0:
			open = append(open, typ)
			continue
		case !area.Anywhere && len(area.Within) == 0:
			continue
		case len(area.And) > 0:
			claused = append(claused, name)
			continue
		}
		key := fmt.Sprint(sorted(area.Within))
		g := groups[key]
		if g == nil {
			g = &fenceGroup{}
			for _, home := range sorted(area.Within) {
				g.homes = append(g.homes, homeKey(home.Type, home.ID))
			}
			groups[key] = g
		}
		g.types = append(g.types, typ)
	}
	var any []string
	if len(open) > 0 {
		slices.Sort(open)
		any = append(any, alias+".type = ANY ("+a.add(open)+"::smallint[])")
	}
	keys := make([]string, 0, len(groups))
	for key := range groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		g := groups[key]
		slices.Sort(g.types)
		any = append(any, "("+alias+".type = ANY ("+a.add(g.types)+"::smallint[]) AND "+within(g.homes, alias, version, a)+")")
	}
	slices.Sort(claused)
	for _, name := range claused {
		clause, err := db.clauses(name, f.Types[name], alias, version, a)
		if err != nil {
			return "", err
		}
		any = append(any, clause)
	}
	if len(any) == 0 {
		return "false", nil
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

// within is the condition that a resource is a member of one of the homes now,
// and was one in that version.
func within(keys [][16]byte, alias, version string, a *sqlArgs) string {
	homes := a.add(keys) + "::uuid[]"
	clause := "EXISTS (SELECT FROM compartment fc WHERE fc.rid = " + alias + ".rid AND fc.until IS NULL AND fc.home = ANY (" + homes + "))"
	if version != "" {
		clause += " AND EXISTS (SELECT FROM compartment fv WHERE fv.rid = " + alias + ".rid AND fv.since <= " + version +
			" AND (fv.until IS NULL OR " + version + " < fv.until) AND fv.home = ANY (" + homes + "))"
	}
	return clause
}

// clauses is the condition of a type whose grant narrows by searches: all of
// them must hold of the resource as it is now. They are the policy's words,
// so that what they look at is not itself behind the fence.
func (db *DB) clauses(name string, area engine.Area, alias, version string, a *sqlArgs) (string, error) {
	list := []string{alias + ".type = " + a.add(db.types[name])}
	if !area.Anywhere {
		var homes [][16]byte
		for _, home := range sorted(area.Within) {
			homes = append(homes, homeKey(home.Type, home.ID))
		}
		list = append(list, within(homes, alias, version, a))
	}
	if version != "" {
		list = append(list, version+" = "+alias+".version") // whether they held of another one, the index cannot tell
	}
	s := &statement{sqlArgs: a, db: db, fence: engine.Fence{Anywhere: true}, level: clauseLevel}
	for _, q := range area.And {
		if len(q.Filters) == 0 {
			return "", fmt.Errorf("fence of %s: a clause without a condition", name)
		}
		for _, filter := range q.Filters {
			c, err := s.condition(filter, alias+".rid")
			if err != nil {
				return "", fmt.Errorf("fence of %s: %w", name, err)
			}
			list = append(list, c)
		}
	}
	return "(" + strings.Join(list, " AND ") + ")", nil
}

// clauseLevel keeps the names in clauses apart from those of any chain.
const clauseLevel = 100

type fenceGroup struct {
	homes [][16]byte
	types []int16
}

func sorted(keys []fhir.Key) []fhir.Key {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b fhir.Key) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
