package raw

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
)

// Plan is a resource made ready to be written: its template and the values it
// is indexed by. It is read-only and safe for concurrent use.
type Plan struct {
	Template b100.Template
	kind     int16
	tokens   []token
	strings  []text
	dates    []span
	numbers  []number
	refs     []target
}

type token struct {
	key    int64
	system int32
}

type text struct {
	param int64
	value string
}

type span struct {
	param     int64
	low, high time.Time
}

type number struct {
	param, unit int64
	value       float64
}

// target is a reference whose other end is not known yet.
type target struct {
	name string // Type.param
	at   b100.Ref
}

// NewPlan reads off a generated resource what it is indexed by.
func NewPlan(o b100.Object) *Plan {
	p := &Plan{Template: b100.NewTemplate(o), kind: typeNumber(o.Type())}
	for _, param := range parameters[o.Type()] {
		for _, path := range strings.Fields(param.paths) {
			for _, v := range at(o, strings.Split(path, ".")) {
				p.index(o.Type()+"."+param.name, param.kind, v)
			}
		}
	}
	return p
}

// Kind is the number of the resource's type.
func (p *Plan) Kind() int16 { return p.kind }

// Rows is how many rows one write of the resource makes, head and version
// included.
func (p *Plan) Rows() int {
	return 2 + len(p.tokens) + len(p.strings) + len(p.dates) + len(p.numbers) + len(p.refs)
}

func (p *Plan) index(name string, kind kind, v any) {
	switch kind {
	case isToken:
		for _, c := range codes(v) {
			p.tokens = once(p.tokens, token{hash(name + "|" + c.code), int32(hash(c.system))})
		}
	case isString:
		if s, ok := v.(string); ok {
			p.strings = once(p.strings, text{hash(name), strings.ToLower(s)})
		}
	case isDate:
		if low, high, ok := interval(v); ok {
			p.dates = once(p.dates, span{hash(name), low, high})
		}
	case isQuantity:
		if q, ok := v.(b100.Object); ok {
			f, err := strconv.ParseFloat(literal(q.Get("value")), 64)
			if err == nil {
				unit := literal(q.Get("system")) + "|" + literal(q.Get("code"))
				p.numbers = once(p.numbers, number{hash(name), hash(unit), f})
			}
		}
	case isReference:
		if o, ok := v.(b100.Object); ok {
			if r, ok := o.Get("reference").(b100.Ref); ok {
				p.refs = once(p.refs, target{name, r})
			}
		}
	}
}

// once appends a value unless it is there: index tables are sets.
func once[T comparable](to []T, v T) []T {
	if slices.Contains(to, v) {
		return to
	}
	return append(to, v)
}

// at follows a path through objects and arrays to all values it leads to.
func at(v any, path []string) []any {
	if list, ok := v.(b100.Array); ok {
		var found []any
		for _, x := range list {
			found = append(found, at(x, path)...)
		}
		return found
	}
	if len(path) == 0 {
		return []any{v}
	}
	if o, ok := v.(b100.Object); ok {
		if x := o.Get(path[0]); x != nil {
			return at(x, path[1:])
		}
	}
	return nil
}

type code struct{ system, code string }

// codes is what a token parameter sees in a code, a boolean, a Coding, a
// CodeableConcept, an Identifier or a ContactPoint.
func codes(v any) []code {
	o, ok := v.(b100.Object)
	if !ok {
		return []code{{"", literal(v)}}
	}
	if list, ok := o.Get("coding").(b100.Array); ok {
		var found []code
		for _, c := range list {
			found = append(found, codes(c)...)
		}
		return found
	}
	c := code{system: literal(o.Get("system")), code: literal(o.Get("code"))}
	if c.code == "" {
		c.code = literal(o.Get("value"))
	}
	return []code{c}
}

// interval is the time that a date, a dateTime or a Period covers.
func interval(v any) (low, high time.Time, ok bool) {
	if o, is := v.(b100.Object); is {
		low, _, ok = interval(o.Get("start"))
		_, high, _ = interval(o.Get("end"))
		return low, high, ok
	}
	s, _ := v.(string)
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return t, t.AddDate(0, 0, 1), true
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, t.Add(time.Second), true
	}
	return low, high, false
}

// literal is a simple value as text, "" for anything else.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case b100.Decimal:
		return string(v)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func hash(s string) int64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return int64(h.Sum64())
}

// Values is what a search parameter sees in a generated resource, as it stands
// there.
func Values(o b100.Object, param string) (found []any) {
	for _, path := range paths()[o.Type()][param] {
		found = append(found, at(o, path)...)
	}
	return found
}

// paths is where each parameter of each type looks, taken apart once.
var paths = sync.OnceValue(func() map[string]map[string][][]string {
	all := map[string]map[string][][]string{}
	for typ, list := range parameters {
		all[typ] = map[string][][]string{}
		for _, p := range list {
			for _, path := range strings.Fields(p.paths) {
				all[typ][p.name] = append(all[typ][p.name], strings.Split(path, "."))
			}
		}
	}
	return all
})

// Interval is the time that a date, a dateTime or a Period of the data set
// covers: from the one moment to just before the other.
func Interval(v any) (low, high time.Time, ok bool) { return interval(v) }

// Codes calls a function with each system and code of a value.
func Codes(v any, is func(system, code string) bool) bool {
	return slices.ContainsFunc(codes(v), func(c code) bool { return is(c.system, c.code) })
}

// Number is a simple value or that of a Quantity as a number.
func Number(v any) (f float64, ok bool) {
	if q, is := v.(b100.Object); is {
		v = q.Get("value")
	}
	f, err := strconv.ParseFloat(literal(v), 64)
	return f, err == nil
}
