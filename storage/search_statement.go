package storage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// statement builds the SQL of one search. Its text depends on the shape of
// the query only: which kinds of filters, not which values.
//
// The filter that promises the fewest rows drives: its index rows are read,
// in the order of resources if the index has it, and each is tested against
// the others by a probe. A probe is EXISTS with OFFSET 0, which the planner
// may not turn into a join: a merge join of two long lists is what it would
// choose too often, because it cannot know that the lists hardly meet. A query
// without such a filter reads the resources of its type.
type statement struct {
	*sqlArgs
	db     *DB
	fence  engine.Fence
	level  int // how many references lie between the matches and what is searched here
	query  search.Query
	types  []int16
	source source
	from   string   // the candidates
	rid    string   // the number of a candidate's resource there
	where  []string // conditions on the candidates
	order  order
	whole  bool // all candidates are found before they are put in order
	beside int  // the filter that is answered together with the driver, or one that is none

	idle    []int // filters that must not drive
	walking *walk
	part    part
	left    int  // how many matches are wanted
	edge    bool // the part is read from its edge, whatever the cursor
}

// source says where candidates come from.
type source int

const (
	index    source = iota // rows of the driver d, a resource perhaps more than once
	byID                   // resources r of one type, by id
	byNumber               // resources r of several types, by number
	byTime                 // heads v of one type, by the time of their last change
)

// statement prepares the conditions of a query behind a fence.
func (db *DB) statement(f engine.Fence, q search.Query) (*statement, error) {
	s := &statement{sqlArgs: &sqlArgs{}, db: db, fence: f, query: q, left: q.Count + 1}
	return s, s.prepare()
}

// inner is the statement that finds what is at the other end of a reference.
// It is part of the text of s.
func (s *statement) inner(q search.Query) (*statement, error) {
	in := &statement{sqlArgs: s.sqlArgs, db: s.db, fence: s.fence, level: s.level + 1, query: q}
	return in, in.prepare()
}

func (s *statement) prepare() error {
	s.query.Filters = flat(s.query.Filters)
	s.types = s.db.typeNumbers(s.query.Types)
	driver := s.driver()
	var answered []int
	s.beside = nothing
	if s.part.walks() {
		driver, answered = nothing, s.walkFrom()
	} else if err := s.begin(driver); err != nil {
		return err
	}
	if s.part == rest {
		s.where = append(s.where, s.absent())
	}
	if s.query.Compartment.Type != "" && driver != compartment {
		s.where = append(s.where, s.member(s.probing(), s.rid))
	}
	resource := s.live()
	about := len(resource) + 1
	for i, filter := range s.query.Filters {
		switch {
		case i == driver || i == s.beside || slices.Contains(answered, i):
		case aboutResource(filter):
			resource = append(resource, s.resourceCondition(filter, s.resource()))
		default:
			condition, err := s.condition(filter, s.rid)
			if err != nil {
				return err
			}
			s.where = append(s.where, condition)
		}
	}
	if len(s.types) == 1 && s.source == index && !s.fence.Anywhere && (driver >= 0 || s.part == walked) && len(resource)+1 == about {
		// Index rows go with their resource, so that the fence can be asked of
		// them, without the resource's own row.
		e := enclosure{sqlArgs: s.sqlArgs, db: s.db, through: s.fence.Through, alias: strings.TrimSuffix(s.rid, ".rid"), only: s.types[0]}
		shown, err := e.area(s.fence.Types[s.query.Types[0]])
		if err != nil {
			return err
		}
		if shown == "" {
			shown = "false"
		}
		s.where = append(s.where, shown)
		return s.setOrder()
	}
	fence, err := s.db.fenceWhere(s.fence, s.resource(), "", s.sqlArgs)
	if err != nil {
		return err
	}
	resource = append(resource, fence)
	switch {
	case s.source == byID || s.source == byNumber:
		s.where = append(resource, s.where...)
	case (driver >= 0 || s.part.walks()) && s.fence.Anywhere && len(resource) == about:
		// Index rows go with their resource, so that there is nothing to ask.
	default:
		r := s.resource()
		s.where = append(s.where, "EXISTS (SELECT FROM resource "+r+" WHERE "+r+".rid = "+s.rid+" AND "+strings.Join(resource, " AND ")+" OFFSET 0)")
	}
	return s.setOrder()
}

// The aliases of tables. Each level of a chain has its own.
func (s *statement) driving() string  { return s.alias("d") }
func (s *statement) probing() string  { return s.alias("s") }
func (s *statement) resource() string { return s.alias("r") }

func (s *statement) alias(name string) string {
	if s.level == 0 {
		return name
	}
	return name + strconv.Itoa(s.level)
}

// typeNumbers are the numbers of resource types; those that the database does
// not know have no resources.
func (db *DB) typeNumbers(names []string) []int16 {
	var list []int16
	for _, name := range names {
		if typ, known := db.types[name]; known {
			list = append(list, typ)
		}
	}
	return list
}

// begin sets where the candidates come from.
func (s *statement) begin(driver int) error {
	r, v := s.resource(), s.alias("v")
	switch {
	case driver != nothing:
		var m matcher
		if driver == compartment {
			m = s.members(s.driving())
		} else {
			var err error
			if m, err = s.driverMatcher(s.query.Filters[driver]); err != nil {
				return err
			}
		}
		s.source, s.from, s.rid, s.where = index, m.from, m.alias+".rid", []string{m.where}
	case len(s.types) != 1:
		s.source, s.from, s.rid = byNumber, "resource "+r, r+".rid"
	case s.sortedBy("_lastUpdated") && !s.namesResources():
		s.source, s.from, s.rid, s.where = byTime, "version "+v, v+".rid", []string{v + ".type = " + s.add(s.types[0])}
	default:
		s.source, s.from, s.rid = byID, "resource "+r, r+".rid"
	}
	return nil
}

// driverMatcher finds the candidates by a filter.
func (s *statement) driverMatcher(f search.Filter) (matcher, error) {
	switch f.Op {
	case search.Chain:
		if s.whole = !s.byInner(f); !s.whole {
			s.order.byInner = "i1.rid"
		}
		return s.chained(f)
	case search.Has:
		s.whole = true
		return s.referredTo(f)
	}
	// Few match a text. In the order of resources the planner would read all
	// texts, hoping to come across enough that do.
	s.whole = f.Param.Type == "string" && f.Modifier != "contains" || f.Modifier == "text"
	return s.matcher(f, s.driving()), nil
}

// live are the conditions on a resource that hold for every search.
func (s *statement) live() []string {
	r := s.resource()
	list := []string{"NOT " + r + ".deleted"}
	switch s.source {
	case byTime:
		list = append(list, r+".version = "+s.alias("v")+".version")
	case byID, byNumber:
		list = append(list, s.oneOf(r+".type", s.types, "smallint"))
	}
	return list
}

// What drives a search if it is no filter.
const (
	nothing     = -1
	compartment = -2
)

// driver chooses the filter whose rows are read first, or the compartment.
func (s *statement) driver() int {
	if s.namesResources() {
		return nothing
	}
	best, rank := nothing, 100
	if s.query.Compartment.Type != "" {
		best, rank = compartment, 2
	}
	for i, f := range s.query.Filters {
		if n := driverRank(f); n < rank && !slices.Contains(s.idle, i) {
			best, rank = i, n
		}
	}
	return best
}

// driverRank says how few rows a filter promises; 100 and more cannot drive.
func driverRank(f search.Filter) int {
	switch {
	case f.Op == search.Chain || f.Op == search.Has:
		return referenceRank(f)
	case f.Op != search.Leaf || aboutResource(f) || f.Modifier == "not" || f.Modifier == "not-in":
		return 100
	case f.Modifier == "text" || f.Param.Written():
		return 6
	case f.Param.Type == "token" || f.Modifier == "identifier":
		return tokenRank(f)
	case f.Param.Type == "reference" || f.Param.Type == "uri":
		return 1
	case f.Modifier == "contains" || f.Modifier == search.Ends || f.Modifier == search.Differs:
		return 7
	case f.Param.Type == "string":
		return 3
	case f.Param.Type == "date":
		return 6
	}
	return 5
}

// tokenRank is the rank of a token. What has any code of a system is known by
// way of the codes, of which an identifier's system has too many.
func tokenRank(f search.Filter) int {
	some, others := anyCode(f)
	exact := f.Param.Exact() || f.Modifier == "identifier"
	switch {
	case some && (others || exact):
		return 100
	case some, f.Modifier == "in":
		return 8
	case exact:
		return 0
	}
	return tokenRankPlain
}

// tokenRankPlain is the rank of codes: some are rare, some are not.
const tokenRankPlain = 4

// namesResources says whether the query does so, by _id.
func (s *statement) namesResources() bool {
	return slices.ContainsFunc(s.query.Filters, func(f search.Filter) bool { return f.Op == search.Leaf && f.Param.Code == "_id" && f.Modifier == "" })
}

// aboutResource says whether a filter is answered by the resource's own row.
func aboutResource(f search.Filter) bool {
	return f.Op == search.Leaf && (f.Param.Code == "_id" || f.Param.Code == "_lastUpdated" || f.Modifier == "missing")
}

// resourceCondition is the condition of _id, _lastUpdated or :missing on the
// row r of a resource.
func (s *statement) resourceCondition(f search.Filter, r string) string {
	if f.Modifier == "missing" {
		return s.missing(f, r)
	}
	if f.Param.Code == "_lastUpdated" {
		return s.dateCondition(f.Values, r+".updated", "("+r+".updated + interval '1 ms')")
	}
	ids := make([]string, len(f.Values))
	for i, o := range f.Values {
		ids[i] = o.Token.Code
	}
	condition := s.oneOf(r+".id", ids, "text")
	if f.Modifier == "not" {
		return "NOT " + condition
	}
	return condition
}

// missing is :missing: the shape of a resource tells which parameters have a
// value. When all resources of a type are read, the shapes that have the
// parameter are found first, all at once; they are few. IS keeps the planner
// from making a join of that.
func (s *statement) missing(f search.Filter, r string) string {
	keys := make([]int64, len(f.Params))
	for i, p := range f.Params {
		keys[i] = p.Key
	}
	h := s.alias("h")
	if s.source != index {
		list := "(" + r + ".shape IN (SELECT " + h + ".shape FROM search_shape " + h + " WHERE " + h + ".params && " + s.add(keys) + "::bigint[]))"
		if f.Values[0].Missing {
			return list + " IS NOT TRUE"
		}
		return list + " IS TRUE"
	}
	condition := "EXISTS (SELECT FROM search_shape " + h + " WHERE " + h + ".shape = " + r + ".shape AND " + h + ".params && " + s.add(keys) + "::bigint[] OFFSET 0)"
	if f.Values[0].Missing {
		return "NOT " + condition
	}
	return condition
}

// oneOf is "column is one of the values". One value is another shape than
// many, as the planner can use the order behind it.
func (s *statement) oneOf(column string, values any, typ string) string {
	switch v := values.(type) {
	case []int16:
		if len(v) == 1 {
			return column + " = " + s.add(v[0])
		}
	case []int32:
		if len(v) == 1 {
			return column + " = " + s.add(v[0])
		}
	case []int64:
		if len(v) == 1 {
			return column + " = " + s.add(v[0])
		}
	case []string:
		if len(v) == 1 {
			return column + " = " + s.add(v[0])
		}
	}
	return column + " = ANY (" + s.add(values) + "::" + typ + "[])"
}

// candidates selects the numbers of all matches, and keys of theirs.
func (s *statement) candidates(keys []orderKey) string {
	selects := "SELECT DISTINCT "
	if s.source != index || s.part.walks() || s.order.byInner != "" {
		selects = "SELECT "
	}
	return selects + s.rid + named(keys) + " FROM " + s.from + " WHERE " + strings.Join(s.where, " AND ")
}

// page selects one match more than the page has, after the cursor, and reads
// their resources one by one: for so few rows that is always right.
func (s *statement) page() (string, error) {
	inner, err := s.ordered()
	if err != nil {
		return "", err
	}
	o := s.order.renamed("m.")
	return "SELECT x.*" + o.selected() + " FROM (" + inner + " LIMIT " + s.add(s.left) + `) m
 CROSS JOIN LATERAL (SELECT ` + selectFound + ` FROM resource r` + joinHead + `
  WHERE r.rid = m.rid AND NOT r.deleted LIMIT 1) x
 ORDER BY ` + o.by(), nil
}
