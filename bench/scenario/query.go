package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/raw"
)

// page is the _count of the searches.
const page = 20

// query is a search three times over: as a URL for the server, as a question
// to the index rows of the raw side, and as a test of each generated resource,
// which says by brute force what must come back.
type query struct {
	typ    string
	args   []string // name=value of the URL
	tests  []func(b100.Object) bool
	linked func(*b100.Bundle) bool // what else the bundle of a match must hold; nil for nothing
	in     *Loaded                 // the only bundle in which matches can be; nil for any
	count  int                     // how many matches a page has

	sorted string // the date parameter that orders the matches

	total, only bool                     // the total is asked for; nothing else is
	bring       func(*b100.Bundle) []int // positions of what is included, in the bundle
	headers     []client.Header

	find    raw.Search
	special rawQuestion // instead of find
	noRaw   bool

	found *answer // once counted
}

// rawQuestion asks Postgres and says how many resources came back.
type rawQuestion func(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error)

// asker draws a search from the loaded data: never a fixed one, so that no
// cache of answers helps.
type asker func(e *Env, r *rand.Rand) *query

// on begins a search for resources of a type.
func on(typ string) *query { return &query{typ: typ, count: page, find: raw.Find(typ)} }

// path is the URL below the base.
func (q *query) path() string {
	args := q.args
	if !q.only {
		args = append(args[:len(args):len(args)], fmt.Sprintf("_count=%d", q.count))
	}
	return "/" + q.typ + "?" + strings.Join(args, "&")
}

// arg adds something to the URL that changes nothing about what matches.
func (q *query) arg(name, value string) *query {
	q.args = append(q.args, name+"="+value)
	return q
}

// test adds a condition on what a parameter sees: one of its values must pass.
func (q *query) test(param string, pass func(v any) bool) *query {
	q.tests = append(q.tests, func(o b100.Object) bool { return slices.ContainsFunc(raw.Values(o, param), pass) })
	return q
}

// passes says whether a resource is a match.
func (q *query) passes(o b100.Object) bool {
	for _, t := range q.tests {
		if !t(o) {
			return false
		}
	}
	return true
}

// token asks for one of some codes of a system.
func (q *query) token(param, system string, codes ...string) *query {
	written := make([]string, len(codes))
	for i, code := range codes {
		written[i] = url.QueryEscape(system + "|" + code)
	}
	q.find = q.find.Token(param, system, codes...)
	return q.arg(param, strings.Join(written, ",")).test(param, coded(system, codes))
}

// code asks for one of some codes without saying of which system, though the
// data set has them of one only.
func (q *query) code(param, system string, codes ...string) *query {
	q.find = q.find.Token(param, system, codes...)
	return q.arg(param, strings.Join(codes, ",")).test(param, coded(system, codes))
}

func coded(system string, wanted []string) func(v any) bool {
	return func(v any) bool {
		return raw.Codes(v, func(s, code string) bool { return s == system && slices.Contains(wanted, code) })
	}
}

// refers asks for what refers to a resource of a loaded bundle.
func (q *query) refers(param string, to *Loaded, at b100.Ref) *query {
	value := to.Refs[at]
	if param == "patient" {
		_, value, _ = strings.Cut(value, "/")
	}
	q.in = to
	if to.RawRefs != nil {
		q.find = q.find.Reference(param, to.RawRefs[at])
	}
	return q.arg(param, value).test(param, func(v any) bool {
		o, _ := v.(b100.Object)
		return o.Get("reference") == at
	})
}

// patient asks for what is about the patient of a loaded bundle.
func (q *query) patient(l *Loaded) *query { return q.refers("patient", l, 0) }

// starts asks for a text that begins so, without regard to case.
func (q *query) starts(param, text string) *query {
	q.find = q.find.Starts(param, text)
	return q.arg(param, url.QueryEscape(text)).test(param, func(v any) bool { return begins(v, text) })
}

func begins(v any, text string) bool {
	s, _ := v.(string)
	return strings.HasPrefix(strings.ToLower(s), strings.ToLower(text))
}

// contains asks for a text anywhere.
func (q *query) contains(param, text string) *query {
	q.noRaw = true
	return q.arg(param+":contains", url.QueryEscape(text)).test(param, func(v any) bool {
		s, _ := v.(string)
		return strings.Contains(strings.ToLower(s), strings.ToLower(text))
	})
}

// date asks by one of the prefixes of R4, "" for none.
func (q *query) date(param, prefix, value string) *query {
	low, high := written(value)
	from, to := low, high
	switch prefix {
	case "lt", "eb":
		from, to = time.Time{}, low
	case "le":
		from = time.Time{}
	case "gt", "sa":
		from, to = high, time.Time{}
	case "ge":
		to = time.Time{}
	}
	q.find = q.find.Between(param, from, to)
	return q.arg(param, prefix+value).test(param, func(v any) bool {
		l, h, ok := raw.Interval(v)
		return ok && compare(prefix, low, high, l, h)
	})
}

// between asks for what begins on a day or later and before another.
func (q *query) between(param, first, end string) *query {
	whole := q.find
	q.date(param, "ge", first).date(param, "lt", end)
	from, _ := written(first)
	to, _ := written(end)
	q.find = whole.Between(param, from, to)
	return q
}

// compare is the prefixes of R4 as the page on search defines them: of the
// interval that was asked for, and that of the resource.
func compare(prefix string, low, high, l, h time.Time) bool {
	inside := !l.Before(low) && !h.After(high)
	switch prefix {
	case "lt":
		return l.Before(low)
	case "gt":
		return h.After(high)
	case "le":
		return l.Before(low) || inside
	case "ge":
		return h.After(high) || inside
	case "sa":
		return !l.Before(high)
	case "eb":
		return !h.After(low)
	}
	return inside
}

// written is the interval of a year, a month or a day.
func written(value string) (low, high time.Time) {
	if t, err := time.Parse("2006-01-02", value); err == nil {
		return t, t.AddDate(0, 0, 1)
	}
	if t, err := time.Parse("2006-01", value); err == nil {
		return t, t.AddDate(0, 1, 0)
	}
	t, _ := time.Parse("2006", value) // the scenarios write nothing else
	return t, t.AddDate(1, 0, 0)
}

// number asks by a prefix for a quantity in whatever unit. The value is a whole
// number; without a prefix it stands for half a unit either way.
func (q *query) number(param, prefix, value string) *query {
	limit, _ := raw.Number(b100.Decimal(value))
	if prefix == "gt" {
		q.find = q.find.Above(param, limit)
	} else {
		q.noRaw = true
	}
	return q.arg(param, prefix+value).test(param, func(v any) bool {
		n, ok := raw.Number(v)
		return ok && exceeds(prefix, limit, n)
	})
}

func exceeds(prefix string, limit, n float64) bool {
	switch prefix {
	case "lt", "eb":
		return n < limit
	case "gt", "sa":
		return n > limit
	case "le":
		return n <= limit
	case "ge":
		return n >= limit
	}
	return n >= limit-0.5 && n < limit+0.5
}

// newest asks for the latest first.
func (q *query) newest(param string) *query {
	q.sorted, q.find = param, q.find.Newest(param)
	return q.arg("_sort", "-"+param)
}

// key is what orders a match: the begin of its time.
func (q *query) key(o b100.Object) int64 {
	for _, v := range raw.Values(o, q.sorted) {
		if low, _, ok := raw.Interval(v); ok {
			return low.Unix()
		}
	}
	return 0
}

// ask puts the question to Postgres.
func (q *query) ask(ctx context.Context, pg *raw.Conn, visit raw.Visit) (n, total int, err error) {
	switch {
	case q.special != nil:
		return q.special(ctx, pg, visit)
	case q.only:
		total, err = pg.Total(ctx, q.find)
		return 0, total, err
	case q.total:
		return pg.Both(ctx, q.find, visit)
	}
	n, err = pg.Search(ctx, q.find, visit)
	return n, 0, err
}
