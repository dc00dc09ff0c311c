package storage

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// order is the order of matches: sort keys, and at last the number of the
// resource, so that no two matches stand at the same place. A page begins
// after the place of a cursor, never after a number of rows.
type order struct {
	keys     []orderKey
	rid      string // the number, "" when the keys alone are unique
	last     bool   // the number descends
	backward bool   // the page is read towards the start
	byInner  string // the number of what a match refers to, when matches stand in that order
}

// backward says whether the page is read towards the start.
func (s *statement) backward() bool { return s.query.After != nil && s.query.After.Backward }

// orderKey is one sort key. It has a value for every resource.
type orderKey struct {
	sql        string
	typ        string // of Postgres
	descending bool
}

// setOrder derives the order from the query: as it asks, or as the source of
// the candidates has it anyway. Keys that are columns of the source are
// compared where they stand; others are looked up for each candidate.
func (s *statement) setOrder() error {
	s.order = order{rid: s.rid, backward: s.backward(), byInner: s.order.byInner}
	sort := s.query.Sort
	switch {
	case s.part != allOfIt:
		s.walkOrder()
	case s.order.byInner != "":
		s.order.keys = []orderKey{{sql: s.order.byInner, typ: "bigint"}}
	case s.source == byID && len(sort) == 0:
		s.order.keys, s.order.rid = []orderKey{{sql: "r.id", typ: "text"}}, ""
	case s.source == byID && s.sortedBy("_id"):
		s.order.keys, s.order.rid = []orderKey{{sql: "r.id", typ: "text", descending: sort[0].Descending}}, ""
	case s.source == byTime:
		s.order.keys = []orderKey{{sql: "v.updated", typ: "timestamptz", descending: sort[0].Descending}}
		s.order.last = sort[0].Descending
	case len(sort) > 0:
		s.whole = true
		s.order.last = sort[0].Descending
		for _, key := range sort {
			k, err := s.orderKey(key)
			if err != nil {
				return err
			}
			s.order.keys = append(s.order.keys, k)
		}
	}
	return nil
}

// sortedBy says whether the query is sorted by that parameter alone.
func (s *statement) sortedBy(code string) bool {
	return len(s.query.Sort) == 1 && s.query.Sort[0].Param.Code == code
}

// orderKey looks up the value of a resource c by which it is sorted: the least
// of several when ascending, the greatest when descending, for intervals their
// beginning (search.html#sort). Resources without a value come last.
func (s *statement) orderKey(key search.Sort) (orderKey, error) {
	k := orderKey{descending: key.Descending, typ: "text"}
	least, most := "''", "'"+afterAll+"'"
	var values string // as rows of one column value
	switch {
	case key.Param.Code == "_id":
		k.sql = "(SELECT r.id FROM resource r WHERE r.rid = c.rid)"
		return k, nil
	case key.Param.Code == "_lastUpdated":
		k.sql, k.typ = "(SELECT r.updated FROM resource r WHERE r.rid = c.rid)", "timestamptz"
		return k, nil
	case key.Param.Type == "token":
		values = s.termValues("search_token", "system", key)
	case key.Param.Type == "uri":
		values = s.termValues("search_reference", "0", key)
	case key.Param.Type == "reference":
		var err error
		if values, err = s.targetValues(key); err != nil {
			return k, err
		}
	case key.Param.Type == "string":
		values = s.rowValues("search_string", "value", key)
	case key.Param.Type == "date":
		k.typ, least, most = "timestamptz", "'-infinity'", "'infinity'"
		values = s.rowValues("search_date", "low", key)
	default:
		k.typ, least, most = "numeric", "'-Infinity'", "'Infinity'"
		values = s.rowValues("search_number", "low", key)
	}
	choose, absent := "min", most
	if key.Descending {
		choose, absent = "max", least
	}
	k.sql = "coalesce((SELECT " + choose + "(w.value) FROM " + values + "), " + absent + ")"
	return k, nil
}

func (s *statement) sortParam(key search.Sort, alias string) string {
	return s.param(search.Filter{Params: key.Params}, alias)
}

// rowValues are values that stand in the index as they are.
func (s *statement) rowValues(table, column string, key search.Sort) string {
	return "(SELECT k." + column + " AS value FROM " + table + " k WHERE k.rid = c.rid AND " + s.sortParam(key, "k") + ") w"
}

// termValues are codes or urls, which the dictionary of terms knows by their
// keys.
func (s *statement) termValues(table, system string, key search.Sort) string {
	if system != "0" {
		system = "k." + system
	}
	return table + " k CROSS JOIN LATERAL (SELECT t.value FROM search_term t WHERE t.key = k.key AND t.system = " + system + " AND " + s.sortParam(key, "t") + " OFFSET 0) w WHERE k.rid = c.rid"
}

// targetValues are the type and id of what references point at, as far as it
// is there and within the fence, or the url.
func (s *statement) targetValues(key search.Sort) (string, error) {
	fence, err := s.db.fenceWhere(s.fence, "t", "", s.sqlArgs)
	if err != nil {
		return "", err
	}
	from, target := s.across("k.key", referenceKeys(search.Filter{Params: key.Params}))
	if only := key.Param.Restricted(); only != "" {
		fence += " AND t.type = " + s.add(s.db.types[only])
	}
	return "search_reference k" + from + " CROSS JOIN LATERAL (SELECT n.name || '/' || t.id AS value FROM resource t CROSS JOIN LATERAL (SELECT n.name FROM resource_type n WHERE n.id = t.type OFFSET 0) n" +
		" WHERE t.key = " + target + " AND NOT t.deleted AND " + fence +
		" UNION ALL SELECT t.value FROM search_term t WHERE t.key = k.key AND t.system = 0 AND " + s.sortParam(key, "t") + " OFFSET 0) w WHERE k.rid = c.rid", nil
}

// ordered selects number and sort keys (k1, k2 ...) of the candidates after
// the cursor, in order.
func (s *statement) ordered() (string, error) {
	o := s.order
	sql := s.candidates(o.keys)
	if s.whole {
		sql = "SELECT * FROM (SELECT c.rid" + named(o.keys) + " FROM (" + s.candidates(nil) + ") c OFFSET 0) o"
		o = o.renamed("o.")
	}
	after, err := s.after(o)
	if err != nil {
		return "", err
	}
	if after != "" {
		if s.whole {
			sql += " WHERE " + after
		} else {
			sql += " AND " + after
		}
	}
	return sql + " ORDER BY " + o.by(), nil
}

// named are the keys as columns k1, k2 ...
func named(keys []orderKey) string {
	var b strings.Builder
	for i, k := range keys {
		b.WriteString(", " + k.sql + " AS k" + strconv.Itoa(i+1))
	}
	return b.String()
}

// renamed is the order over a subquery that selects number and keys.
func (o order) renamed(alias string) order {
	keys := o.keys
	o.keys = make([]orderKey, len(keys))
	for i, k := range keys {
		k.sql = alias + "k" + strconv.Itoa(i+1)
		o.keys[i] = k
	}
	if o.rid != "" {
		o.rid = alias + "rid"
	}
	return o
}

// by is the text of ORDER BY.
func (o order) by() string {
	var list []string
	for _, k := range o.keys {
		list = append(list, k.sql+direction(k.descending != o.backward))
	}
	if o.rid != "" {
		list = append(list, o.rid+direction(o.last != o.backward))
	}
	return strings.Join(list, ", ")
}

func direction(descending bool) string {
	if descending {
		return " DESC"
	}
	return ""
}

// after is the condition that a candidate comes after the cursor, "" without
// one.
func (s *statement) after(o order) (string, error) {
	c := s.query.After
	if c == nil || s.edge {
		return "", nil
	}
	if len(c.Keys) != len(o.keys) {
		return "", errCursor()
	}
	condition := ""
	if o.rid != "" {
		condition = o.rid + comparison(o.last != o.backward) + s.add(c.ID)
	}
	for i := len(o.keys) - 1; i >= 0; i-- {
		k := o.keys[i]
		value, err := cursorValue(c.Keys[i], k.typ)
		if err != nil {
			return "", err
		}
		place := s.add(value) + "::" + k.typ
		if k.asText() { // which keeps it exact
			place = strings.TrimSuffix(place, k.typ) + "text::" + k.typ
		}
		compare := comparison(k.descending != o.backward)
		if condition == "" {
			condition = k.sql + compare + place
			continue
		}
		// The first half is for the index: it says where to begin.
		condition = k.sql + strings.TrimRight(compare, " ") + "= " + place + " AND (" + k.sql + compare + place + " OR " + condition + ")"
	}
	return condition, nil
}

// asText says whether the key travels as text.
func (k orderKey) asText() bool { return k.typ == "numeric" || k.typ == "bigint" }

func comparison(descending bool) string {
	if descending {
		return " < "
	}
	return " > "
}

// scanned are the sort keys of one row of the page.
type scanned struct {
	order order
	texts []pgtype.Text
	times []pgtype.Timestamptz
}

func (o order) scanned() *scanned {
	return &scanned{order: o, texts: make([]pgtype.Text, len(o.keys)), times: make([]pgtype.Timestamptz, len(o.keys))}
}

// selected are the columns of m that columns are scanned from.
func (o order) selected() string {
	var b strings.Builder
	for i, k := range o.keys {
		b.WriteString(", m.k" + strconv.Itoa(i+1))
		if k.asText() {
			b.WriteString("::text")
		}
	}
	return b.String()
}

func (s *scanned) columns() []any {
	list := make([]any, len(s.order.keys))
	for i, k := range s.order.keys {
		if list[i] = &s.texts[i]; k.typ == "timestamptz" {
			list[i] = &s.times[i]
		}
	}
	return list
}

// cursor is the place of the row that was scanned last.
func (s *scanned) cursor(rid int64) *search.Cursor {
	c := &search.Cursor{ID: rid}
	for i, k := range s.order.keys {
		if k.typ == "timestamptz" {
			c.Keys = append(c.Keys, strconv.FormatInt(microsOf(s.times[i]), 10))
		} else {
			c.Keys = append(c.Keys, s.texts[i].String)
		}
	}
	return c
}

// microsOf is the inverse of instant.
func microsOf(t pgtype.Timestamptz) int64 {
	switch t.InfinityModifier {
	case pgtype.Infinity:
		return math.MaxInt64
	case pgtype.NegativeInfinity:
		return math.MinInt64
	}
	return t.Time.UnixMicro()
}

func errCursor() error {
	return fhir.Errorf(fhir.Value, "the page link does not belong to this search").At("_cursor")
}

// cursorValue reads a key of a cursor, which a client may have changed.
func cursorValue(key, typ string) (any, error) {
	switch typ {
	case "timestamptz":
		micros, err := strconv.ParseInt(key, 10, 64)
		if err != nil || micros > maxMicros && micros < math.MaxInt64 || micros < minMicros && micros > math.MinInt64 {
			return nil, errCursor()
		}
		return instant(micros), nil
	case "bigint":
		if _, err := strconv.ParseInt(key, 10, 64); err != nil {
			return nil, errCursor()
		}
	case "numeric":
		if key != "Infinity" && key != "-Infinity" && !search.IsNumber(key) {
			return nil, errCursor()
		}
	}
	return key, nil
}

// The range of dates of FHIR, years 0 to 10000, in microseconds since 1970.
const (
	minMicros = -62_200_000_000_000_000
	maxMicros = 253_500_000_000_000_000
)
