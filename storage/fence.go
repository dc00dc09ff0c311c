package storage

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
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
	return db.areasWhere(f.Types, f.Through, alias, version, a)
}

// areasWhere is the predicate of areas by type. Types whose areas are the same
// share one.
func (db *DB) areasWhere(areas, through map[string]engine.Area, alias, version string, a *sqlArgs) (string, error) {
	groups := map[string]*fenceGroup{}
	for name, area := range areas {
		typ, known := db.types[name]
		if !known {
			continue
		}
		key := name
		if len(areas) > 1 && !claused(area) {
			key = fmt.Sprint(area)
		}
		if groups[key] == nil {
			groups[key] = &fenceGroup{area: area}
		}
		groups[key].types = append(groups[key].types, typ)
	}
	keys := make([]string, 0, len(groups))
	for key, g := range groups {
		slices.Sort(g.types)
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y string) int { return int(groups[x].types[0]) - int(groups[y].types[0]) })
	var any []string
	for _, key := range keys {
		g := groups[key]
		shown, err := (&enclosure{sqlArgs: a, db: db, through: through, alias: alias, version: version}).area(g.area)
		if err != nil {
			return "", err
		}
		if shown == "" {
			continue
		}
		types := "= ANY (" + a.add(g.types) + "::smallint[])"
		switch shown {
		case "true":
			any = append(any, alias+".type "+types)
		default:
			any = append(any, "("+alias+".type "+types+" AND "+shown+")")
		}
	}
	if len(any) == 0 {
		return "false", nil
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

type fenceGroup struct {
	area  engine.Area
	types []int16
}

// claused says whether the area narrows by searches: they are of one type.
func claused(area engine.Area) bool {
	return slices.ContainsFunc(area, func(s engine.Slice) bool { return len(s.All)+len(s.One) > 0 })
}

// enclosure builds the predicate of one area.
type enclosure struct {
	*sqlArgs
	db             *DB
	through        map[string]engine.Area
	alias, version string
	only           int16 // the type of all rows of alias, which may then have no column type; 0 if it must
}

// area is what any of its slices shows; "" for nothing.
func (e *enclosure) area(area engine.Area) (string, error) {
	var any []string
	for _, s := range area {
		shown, err := e.slice(s)
		if err != nil {
			return "", err
		}
		if shown == "true" {
			return shown, nil
		}
		if shown != "" {
			any = append(any, shown)
		}
	}
	switch len(any) {
	case 0:
		return "", nil
	case 1:
		return any[0], nil
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

// slice is all of its conditions; "" for a slice that opens nothing.
func (e *enclosure) slice(s engine.Slice) (string, error) {
	if !s.Anywhere && len(s.Within) == 0 && len(s.Through) == 0 {
		return "", nil
	}
	var all []string
	for _, homes := range s.Within {
		member, err := e.member(homes)
		if err != nil {
			return "", err
		}
		all = append(all, member)
	}
	if len(s.Through) > 0 {
		belongs, err := e.belongs(s.Through)
		if err != nil {
			return "", err
		}
		all = append(all, belongs)
	}
	clauses, err := e.searches(s.All, s.One)
	if err != nil {
		return "", err
	}
	all = append(all, clauses...)
	if len(s.Withheld) > 0 {
		all = append(all, e.unlabelled(s))
	}
	if s.Consents {
		all = append(all, e.consented(s))
	}
	if len(all) == 0 {
		return "true", nil
	}
	return "(" + strings.Join(all, " AND ") + ")", nil
}

// searches are the conditions of a slice that narrows by searches, as the
// resource is now. They are the policy's words, so that what they look at is
// not itself behind the fence.
func (e *enclosure) searches(all, one []search.Query) ([]string, error) {
	if len(all)+len(one) == 0 {
		return nil, nil
	}
	var list, either []string
	if e.version != "" {
		list = append(list, e.version+" = "+e.alias+".version") // whether they held of another one, the index cannot tell
	}
	for _, q := range all {
		c, err := e.clause(q)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	for _, q := range one {
		c, err := e.clause(q)
		if err != nil {
			return nil, err
		}
		either = append(either, c)
	}
	if len(either) > 0 {
		list = append(list, "("+strings.Join(either, " OR ")+")")
	}
	return list, nil
}

func (e *enclosure) clause(q search.Query) (string, error) {
	if len(q.Filters) == 0 {
		return "", fmt.Errorf("fence: a clause without a condition")
	}
	s := &statement{sqlArgs: e.sqlArgs, db: e.db, fence: engine.Fence{Anywhere: true}, level: clauseLevel}
	list := make([]string, len(q.Filters))
	for i, filter := range q.Filters {
		c, err := s.condition(filter, e.alias+".rid")
		if err != nil {
			return "", fmt.Errorf("fence: %w", err)
		}
		list[i] = c
	}
	return "(" + strings.Join(list, " AND ") + ")", nil
}

// clauseLevel keeps the names in clauses apart from those of any chain.
const clauseLevel = 100

// belongs is the condition that the resource belongs to one of the types that
// the caller can read.
func (e *enclosure) belongs(types []string) (string, error) {
	areas := map[string]engine.Area{}
	for _, typ := range types {
		if area, ok := e.through[typ]; ok {
			areas[typ] = area
		}
	}
	fence, err := e.db.areasWhere(areas, nil, "ft", "", e.sqlArgs)
	if err != nil {
		return "", err
	}
	reach := "fs.until IS NULL"
	at := func(reach string) string {
		return "EXISTS (SELECT FROM security_context fs JOIN resource ft ON ft.type = fs.type AND ft.id = fs.id WHERE fs.rid = " + e.alias + ".rid AND " + reach + " AND NOT ft.deleted AND " + fence + " OFFSET 0)"
	}
	where := at(reach)
	if e.version != "" {
		where += " AND " + at(e.held("fs"))
	}
	return where, nil
}

// held is the condition that a row held for the version.
func (e *enclosure) held(alias string) string {
	return alias + ".since <= " + e.version + " AND (" + alias + ".until IS NULL OR " + e.version + " < " + alias + ".until)"
}

// members are the numbers of parameters; those that no compartment names make
// no members.
func (db *DB) members(by []string) []int16 {
	list := make([]int16, 0, len(by))
	for _, name := range by {
		if n, ok := db.params[name]; ok {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// homeKeys are the keys of homes, in order.
func homeKeys(keys []fhir.Key) [][16]byte {
	list := make([][16]byte, 0, len(keys))
	for _, k := range keys {
		list = append(list, homeKey(k.Type, k.ID))
	}
	slices.SortFunc(list, func(a, b [16]byte) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list)
}
