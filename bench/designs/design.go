package main

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// design is a way to keep search values beside the tables resource and
// version, which all designs share.
type design interface {
	name() string
	// plans is how Postgres is to plan its statements.
	plans() string
	// schema makes what it needs to store resources of these types, indexes
	// too: servers write into tables that have them.
	schema(types []string) string
	// store writes the values of resources.
	store(b *pgx.Batch, list []entry)
	// tables are the patterns of the names of those that are its own.
	tables() []string
	// statement answers a question; false if it would do so as another design
	// that it builds upon.
	statement(q question, d drawn) (statement, bool)
}

// statement selects numbers of resources as rid, and sort keys as k1, in
// order, without LIMIT.
type statement struct {
	sql  string
	args []any
	by   string // ORDER BY, of m
	// included selects the numbers of what the rows m refer to, as rid.
	included string
	whole    bool // no page: the statement is run as it is
}

// add appends an argument and returns its place.
func (s *statement) add(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

// build replaces each ? of a text by the place of the next argument.
func build(by, text string, args ...any) statement {
	s := statement{by: by}
	parts := strings.Split(text, "?")
	var b strings.Builder
	for i, p := range parts {
		b.WriteString(p)
		if i < len(parts)-1 {
			b.WriteString(s.add(args[i]))
		}
	}
	s.sql = b.String()
	return s
}

// content reads the resource of a row m.
const content = "CROSS JOIN LATERAL (SELECT v.content FROM resource r JOIN version v ON v.rid = r.rid AND v.version = r.version WHERE r.rid = m.rid AND NOT r.deleted LIMIT 1) x"

// page is the statement for a page of a size.
func (s statement) page(size int) (string, []any) {
	if s.whole {
		return s.sql, s.args
	}
	limit := s.add(size)
	inner := s.sql + " ORDER BY " + s.by + " LIMIT " + limit
	if s.included == "" {
		return "SELECT m.rid, x.content FROM (" + inner + ") m " + content + " ORDER BY " + prefixed(s.by), s.args
	}
	return "WITH found AS MATERIALIZED (" + inner + ") SELECT m.rid, x.content FROM (SELECT rid FROM found UNION ALL SELECT * FROM (" + s.included + ") i) m " + content, s.args
}

// every is the statement for the numbers of all matches.
func (s statement) every(size int) (string, []any) {
	if s.whole {
		return s.sql, s.args
	}
	limit := s.add(size)
	inner := s.sql + " ORDER BY " + s.by + " LIMIT " + limit
	if s.included != "" {
		return "WITH found AS MATERIALIZED (" + inner + ") SELECT rid FROM found UNION ALL SELECT * FROM (" + s.included + ") i", s.args
	}
	return "SELECT m.rid FROM (" + inner + ") m ORDER BY " + prefixed(s.by), s.args
}

func prefixed(by string) string {
	keys := strings.Split(by, ", ")
	for i, k := range keys {
		keys[i] = "m." + k
	}
	return strings.Join(keys, ", ")
}

// columns gathers columns of rows for unnest.
func columns[R, T any](list []R, field func(R) T) []T {
	out := make([]T, len(list))
	for i, r := range list {
		out[i] = field(r)
	}
	return out
}
