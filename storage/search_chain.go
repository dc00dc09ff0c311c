package storage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/search"
)

// References are followed by numbers: the key of a reference's row is that of
// its parameter XOR that of what it points at, which is resource.key. So with
// the parameter known, a row leads to its target by one look into the index
// of resources, and a resource to what refers to it by one look into that of
// references. What is found at the other end must lie within the fence like
// any match, else its values would show in who matches.

// referenceRank says how few rows a chain or _has promises: what is found at
// its other end, times what refers to that.
func referenceRank(f search.Filter) int {
	rank := 100
	for _, inner := range f.Filters {
		rank = min(rank, driverRank(inner))
		if inner.Op == search.Leaf && inner.Param.Code == "_id" && inner.Modifier == "" {
			rank = 1
		}
	}
	if rank == 100 {
		return rank
	}
	if f.Op == search.Chain {
		return rank + 1
	}
	return rank
}

// referenceKeys are the numbers of the parameters under which the references
// of a chain or _has stand.
func referenceKeys(f search.Filter) []int64 {
	var keys []int64
	for _, p := range sources(f) {
		if !slices.Contains(keys, p.Key) {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// across is "column XOR the number of the parameter", for each of several
// parameters, as rows of an alias: the part of FROM and the value.
func (s *statement) across(column string, keys []int64) (from, value string) {
	if len(keys) == 1 {
		return "", "(" + column + " # " + s.add(keys[0]) + ")"
	}
	p := s.alias("p")
	return " CROSS JOIN unnest(" + s.add(keys) + "::bigint[]) " + p + " (param)", "(" + column + " # " + p + ".param)"
}

// ends are the conditions on a resource at the other end of a reference: its
// type, that it lives, the fence, and the filters. in is the level of the
// other end.
func (s *statement) ends(in *statement, f search.Filter) (string, error) {
	r := in.resource()
	where := []string{s.oneOf(r+".type", s.db.typeNumbers(f.Targets), "smallint"), "NOT " + r + ".deleted"}
	fence, err := s.db.fenceWhere(s.fence, r, "", s.sqlArgs)
	if err != nil {
		return "", err
	}
	where = append(where, fence)
	for _, filter := range f.Filters {
		if aboutResource(filter) {
			where = append(where, in.resourceCondition(filter, r))
			continue
		}
		c, err := in.condition(filter, r+".rid")
		if err != nil {
			return "", err
		}
		where = append(where, c)
	}
	return strings.Join(where, " AND "), nil
}

// next is the level behind a reference.
func (s *statement) next() *statement {
	return &statement{sqlArgs: s.sqlArgs, db: s.db, fence: s.fence, level: s.level + 1}
}

// refersTo is the condition that the resource rid refers to one for which the
// filters hold.
func (s *statement) refersTo(f search.Filter, rid string) (string, error) {
	in := s.next()
	ref, r := in.alias("f"), in.resource()
	params, target := in.across(ref+".key", referenceKeys(f))
	ends, err := s.ends(in, f)
	if err != nil {
		return "", err
	}
	from, here := "", r+".key = "+target
	if byName(f) {
		n := in.alias("n")
		from, here = " CROSS JOIN LATERAL "+numbered(target)+" "+n, r+".rid = "+n+".rid"
	}
	return "EXISTS (SELECT FROM search_reference " + ref + params + from + " CROSS JOIN LATERAL (SELECT FROM resource " + r + " WHERE " + here + " AND " + ends + " OFFSET 0) " + in.alias("t") +
		" WHERE " + ref + ".rid = " + rid + " OFFSET 0)", nil
}

// isReferredTo is the condition that one for which the filters hold refers to
// the resource rid.
func (s *statement) isReferredTo(f search.Filter, rid string) (string, error) {
	in := s.next()
	here, ref, r := in.alias("h"), in.alias("f"), in.resource()
	params, key := in.across(here+".key", referenceKeys(f))
	ends, err := s.ends(in, f)
	if err != nil {
		return "", err
	}
	if byName(f) {
		// The fence and the type of the resource rid are looked at elsewhere.
		return "EXISTS (SELECT FROM " + numbersOf(rid) + " " + here + params + " CROSS JOIN LATERAL (SELECT " + ref + ".rid FROM search_reference " + ref + " WHERE " + ref + ".key = " + key + " OFFSET 0) " + ref +
			" CROSS JOIN LATERAL (SELECT FROM resource " + r + " WHERE " + r + ".rid = " + ref + ".rid AND " + ends + " OFFSET 0) " + in.alias("t") + " OFFSET 0)", nil
	}
	return "EXISTS (SELECT FROM resource " + here + params + " CROSS JOIN LATERAL (SELECT " + ref + ".rid FROM search_reference " + ref + " WHERE " + ref + ".key = " + key + " OFFSET 0) " + ref +
		" CROSS JOIN LATERAL (SELECT FROM resource " + r + " WHERE " + r + ".rid = " + ref + ".rid AND " + ends + " OFFSET 0) " + in.alias("t") +
		" WHERE " + here + ".rid = " + rid + s.onlyType(here, f) + " OFFSET 0)", nil
}

// onlyType is the condition that a resource is of the one type to which the
// parameter of a _has refers, when its references are those of a parameter
// that refers to others too.
func (s *statement) onlyType(r string, f search.Filter) string {
	only := f.Param.Restricted()
	if only == "" {
		return ""
	}
	return " AND " + r + ".type = " + s.add(s.db.types[only])
}

// found is a subquery with the numbers of what is at the other end.
func (s *statement) found(f search.Filter) (in *statement, from string, err error) {
	in, err = s.inner(search.Query{Types: f.Targets, Filters: f.Filters})
	if err != nil {
		return nil, "", err
	}
	ordered := ""
	if s.order.byInner != "" {
		ordered = " ORDER BY 1" + direction(s.backward())
	}
	return in, "(" + in.candidates(nil) + ordered + " OFFSET 0) " + in.alias("i"), nil
}

// byInner says whether the matches of a search that a chain drives can stand
// in the order of what they refer to: if each refers to one at most. Then a
// page is there after the first few of those, however many refer to them.
func (s *statement) byInner(f search.Filter) bool {
	return s.level == 0 && len(s.query.Sort) == 0 && f.Op == search.Chain && len(f.Params) == 1 && f.Param.Single() && !byName(f) && len(referenceKeys(f)) == 1
}

// chained finds the resources that refer to those for which the filters hold.
func (s *statement) chained(f search.Filter) (matcher, error) {
	in, from, err := s.found(f)
	if err != nil {
		return matcher{}, err
	}
	key, d := in.alias("k"), s.driving()
	params, value := in.across(key+".key", referenceKeys(f))
	numbers := "(SELECT key FROM resource WHERE resource.rid = " + in.alias("i") + ".rid OFFSET 0)"
	if byName(f) {
		numbers = numbersOf(in.alias("i") + ".rid")
	}
	from += " CROSS JOIN LATERAL " + numbers + " " + key + params + " CROSS JOIN LATERAL " + s.referring(value) + " " + d
	return matcher{alias: d, from: from, where: "true"}, nil
}

// neighbours is by how much of their numbers, in bits, resources count as neighbours.
// What is written together, such as the record of a patient, has numbers that
// follow one another.
const neighbours = 6

// referring are the resources that have the key among their references. Of
// those a search by a code wants few: instead of testing one after the other
// whether it has the code, it reads what has the code among neighbours at once.
// Where none are neighbours that is one look for each, as a test would be, and
// where all are it is no more than 64 rows.
func (s *statement) referring(key string) string {
	of := "search_reference f WHERE f.key = " + key
	s.beside = slices.IndexFunc(s.query.Filters, isCode)
	if s.beside < 0 {
		return "(SELECT f.rid FROM " + of + " OFFSET 0)"
	}
	m := s.matcher(s.query.Filters[s.beside], s.probing())
	g, rid := s.alias("g"), m.alias+".rid"
	// The numbers are compared by what the index does not know, so that it is
	// not asked for each of them.
	return "(SELECT DISTINCT " + rid + " FROM (SELECT min(f.rid) AS least, max(f.rid) AS most, array_agg(f.rid) AS rids FROM " + of + " GROUP BY f.rid >> " + strconv.Itoa(neighbours) + " OFFSET 0) " + g +
		" CROSS JOIN LATERAL (SELECT " + rid + " FROM " + m.from + " WHERE " + m.where + " AND " + rid + " BETWEEN " + g + ".least AND " + g + ".most AND " + rid + " + 0 = ANY (" + g + ".rids) OFFSET 0) " + m.alias + " OFFSET 0)"
}

// isCode says whether a filter asks for one or several codes, and nothing else.
func isCode(f search.Filter) bool {
	if f.Op != search.Leaf || f.Param.Type != "token" || f.Modifier != "" || aboutResource(f) {
		return false
	}
	some, _ := anyCode(f)
	return !some
}

// referredTo finds the resources to which those refer for which the filters
// hold.
func (s *statement) referredTo(f search.Filter) (matcher, error) {
	in, from, err := s.found(f)
	if err != nil {
		return matcher{}, err
	}
	ref, d := in.alias("f"), s.driving()
	params, target := in.across(ref+".key", referenceKeys(f))
	here := "t.key = " + target
	if byName(f) {
		params += " CROSS JOIN LATERAL " + numbered(target) + " " + in.alias("n")
		here = "t.rid = " + in.alias("n") + ".rid"
	}
	from += " CROSS JOIN LATERAL (SELECT f.key FROM search_reference f WHERE f.rid = " + in.alias("i") + ".rid OFFSET 0) " + ref + params +
		" CROSS JOIN LATERAL (SELECT t.rid FROM resource t WHERE " + here + " AND " + s.oneOf("t.type", s.types, "smallint") + " AND NOT t.deleted" + s.onlyType("t", f) + " OFFSET 0) " + d
	return matcher{alias: d, from: from, where: "true"}, nil
}
