package raw

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Search is a question to the index rows: the same that the server is asked.
// The first condition is walked through its index, the others are probed for
// each row of it, so whoever asks puts the one first that leads to the answer
// soonest. A Search is a value; its methods return it with one thing more.
type Search struct {
	typ    string
	walk   condition
	probes []condition
	newest int64 // the date parameter whose newest come first; 0 for the order of the index
	after  int64 // rows up to this one have been shown
	limit  int
}

// condition is about rows of one index table. The alias of a row is w where it
// is walked, t where it is probed.
type condition struct {
	kind byte // a name for the shape, see tables
	args []any
}

// tables is where each kind of condition looks, and for what.
var tables = map[byte]struct{ table, where string }{
	't': {"token", "%[1]s.key = $%[2]d AND %[1]s.system = $%[3]d"},
	'k': {"token", "%[1]s.key = ANY ($%[2]d) AND %[1]s.system = $%[3]d"},
	'r': {"reference", "%[1]s.key = $%[2]d"},
	'R': {"reference", "%[1]s.key = ANY ($%[2]d)"},
	's': {"string", "%[1]s.param = $%[2]d AND %[1]s.value >= $%[3]d AND %[1]s.value < $%[4]d"},
	'd': {"date", "%[1]s.param = $%[2]d AND %[1]s.low >= $%[3]d AND %[1]s.low < $%[4]d"},
	'n': {"number", "%[1]s.param = $%[2]d AND %[1]s.value > $%[3]d AND %[1]s.value < $%[4]d"},
}

// Find begins a question for resources of a type.
func Find(typ string) Search { return Search{typ: typ, limit: 20} }

func (s Search) with(kind byte, args ...any) Search {
	if s.walk.kind == 0 {
		s.walk = condition{kind, args}
	} else {
		s.probes = append(s.probes[:len(s.probes):len(s.probes)], condition{kind, args})
	}
	return s
}

// Token asks for a code of a system, or for one of several codes of it.
func (s Search) Token(param, system string, codes ...string) Search {
	if len(codes) == 1 {
		return s.with('t', hash(s.typ+"."+param+"|"+codes[0]), int32(hash(system)))
	}
	keys := make([]int64, len(codes))
	for i, code := range codes {
		keys[i] = hash(s.typ + "." + param + "|" + code)
	}
	return s.with('k', keys, int32(hash(system)))
}

// Reference asks for what refers to a resource, or to one of several. Each
// resource found must refer to no more than one of them.
func (s Search) Reference(param string, refs ...string) Search {
	keys := make([]int64, len(refs))
	for i, ref := range refs {
		keys[i] = hash(s.typ + "." + param + "|" + ref)
	}
	if len(keys) == 1 {
		return s.with('r', keys[0])
	}
	return s.with('R', keys)
}

// Starts asks for a text that begins so.
func (s Search) Starts(param, text string) Search {
	low := strings.ToLower(text)
	return s.with('s', hash(s.typ+"."+param), low, low+"\U0010FFFF")
}

// Between asks for what begins at a time or later, and before another; a zero
// time is no bound.
func (s Search) Between(param string, from, to time.Time) Search {
	if to.IsZero() {
		to = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return s.with('d', hash(s.typ+"."+param), from, to)
}

// Above asks for numbers greater than one.
func (s Search) Above(param string, number float64) Search {
	return s.with('n', hash(s.typ+"."+param), number, math.Inf(1))
}

// Newest puts first what begins last by a date parameter of which each
// resource has one value.
func (s Search) Newest(param string) Search {
	s.newest = hash(s.typ + "." + param)
	return s
}

// After goes on behind a row, for questions in the order of the index.
func (s Search) After(rid int64) Search {
	s.after = rid
	return s
}

// Most sets how many resources are fetched, 20 if nothing is said.
func (s Search) Most(n int) Search {
	s.limit = n
	return s
}

// WalkLast makes the last condition the one that is walked.
func (s Search) WalkLast() Search {
	last := len(s.probes) - 1
	if last < 0 {
		return s
	}
	walk := s.probes[last]
	s.probes = append([]condition{s.walk}, s.probes[:last]...)
	s.walk = walk
	return s
}

// shape names the text of the statement: equal shapes share one.
func (s Search) shape() string {
	b := append(make([]byte, 0, 16), s.walk.kind)
	for _, p := range s.probes {
		b = append(b, p.kind)
	}
	if s.newest != 0 {
		b = append(b, '>')
	}
	if s.after != 0 {
		b = append(b, '+')
	}
	return string(append(b, byte(s.limit), byte(s.limit>>8), byte(s.limit>>16)))
}

// args are the arguments, in the order in which rows numbers them.
func (s Search) args() []any {
	args := append(make([]any, 0, 12), s.walk.args...)
	for _, p := range s.probes {
		args = append(args, p.args...)
	}
	if s.newest != 0 && s.walk.kind != 'd' {
		args = append(args, s.newest)
	}
	if s.after != 0 {
		args = append(args, s.after)
	}
	return args
}

// rows is the query for the numbers of the resources found. A probe has OFFSET
// 0, so that the planner takes it as it is written: a row of the walk, a look
// into the other index, and an end as soon as the page is full.
func (s Search) rows(limited bool) string {
	var from, where, end strings.Builder
	n := 1
	bound := func(c condition, alias string) string {
		t := tables[c.kind]
		numbers := []any{alias}
		for range c.args {
			numbers = append(numbers, n)
			n++
		}
		return fmt.Sprintf(t.where, numbers...)
	}
	fmt.Fprintf(&from, "%s w", tables[s.walk.kind].table)
	where.WriteString(bound(s.walk, "w"))
	for _, p := range s.probes {
		fmt.Fprintf(&where, "\n    AND EXISTS (SELECT FROM %s t WHERE %s AND t.rid = w.rid OFFSET 0)", tables[p.kind].table, bound(p, "t"))
	}
	order, low := " ORDER BY w.rid", ""
	switch {
	case s.newest != 0 && s.walk.kind == 'd':
		order, low = " ORDER BY w.low DESC, w.high DESC, w.rid DESC", ", w.low"
	case s.newest != 0:
		fmt.Fprintf(&from, ", LATERAL (SELECT low FROM date d WHERE d.rid = w.rid AND d.param = $%d OFFSET 0) d", n)
		order, low = " ORDER BY d.low DESC, w.rid DESC", ", d.low"
		n++
	case s.walk.kind == 's':
		order = " ORDER BY w.value, w.rid"
	case s.walk.kind == 'd':
		order = " ORDER BY w.low, w.high, w.rid"
	case s.walk.kind == 'n':
		order = " ORDER BY w.value, w.unit, w.rid"
	case s.walk.kind == 'R':
		order = ""
	}
	if s.after != 0 {
		fmt.Fprintf(&where, " AND w.rid > $%d", n)
	}
	if limited {
		fmt.Fprintf(&end, "%s LIMIT %d", order, s.limit)
	}
	return fmt.Sprintf("SELECT w.rid%s FROM %s\n  WHERE %s%s", low, from.String(), where.String(), end.String())
}

// contents is the statement that fetches the current versions of the rows. A
// resource can have several texts that begin so (a name has parts), but fewer
// than four.
func (s Search) contents() string {
	order := ""
	if s.newest != 0 {
		order = "\nORDER BY w.low DESC"
	}
	rows := s.rows(true)
	if s.walk.kind == 's' {
		more := s
		more.limit *= 4
		rows = fmt.Sprintf("SELECT DISTINCT rid FROM (%s) s LIMIT %d", more.rows(true), s.limit)
	}
	return "SELECT v.content FROM (" + rows + ") w\nJOIN resource r ON r.rid = w.rid JOIN version v ON v.rid = r.rid AND v.version = r.version" + order
}
