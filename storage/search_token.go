package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// token is the SQL twin of fhir/search/token.go, and of the identifiers of
// references. A bare code is the key alone; a system narrows the rows of the
// key, "no system" being a system of its own.
func (s *statement) token(m *matcher, f search.Filter) {
	m.from, m.negative = "search_token "+m.alias, f.Modifier == "not" || f.Modifier == "not-in"
	var codes []search.Operand
	var systems []int32
	for _, o := range f.Values {
		if o.AnyCode {
			systems = append(systems, shortKey(o.Token.System))
		} else {
			codes = append(codes, o)
		}
	}
	switch {
	case len(systems) == 0:
		m.where = s.coded(m.alias, f, codes)
	case m.alias == s.driving():
		m.from = "search_term w CROSS JOIN LATERAL (SELECT k.rid FROM search_token k WHERE k.key = w.key AND k.system = w.system OFFSET 0) " + m.alias
		m.where = s.param(f, "w") + " AND " + s.oneOf("w.system", systems, "integer")
	default:
		m.where = s.oneOf(m.alias+".system", systems, "integer") + " AND EXISTS (SELECT FROM search_term w WHERE w.key = " + m.alias + ".key AND w.system = " + m.alias + ".system AND " + s.param(f, "w") + " OFFSET 0)"
		if len(codes) > 0 {
			m.where = "(" + m.where + " OR " + s.coded(m.alias, f, codes) + ")"
		}
	}
}

// coded is the condition that a row is that of one of the codes.
func (s *statement) coded(alias string, f search.Filter, operands []search.Operand) string {
	var keys []int64
	var systems []*int32
	narrow := false
	add := func(p *search.Param, t search.Token, any bool) {
		var system *int32
		if !any {
			n := shortKey(t.System)
			system, narrow = &n, true
		}
		keys, systems = append(keys, valueKey(p.On, p.Code, t.Code)), append(systems, system)
	}
	for _, o := range operands {
		list := sources(f)
		if f.Modifier == "identifier" {
			list = f.Params
		}
		for _, p := range list {
			t := o.Token
			switch {
			case f.Modifier == "of-type":
				n := shortKey(t.Type)
				narrow = true
				t.Param = p.Code
				keys, systems = append(keys, tokenKey(p.On, t)), append(systems, &n)
				continue
			case f.Modifier != "identifier":
				t.Code = p.Fold(t.Code)
			}
			add(p, t, o.AnySystem)
			if f.Modifier == "in" || f.Modifier == "not-in" {
				// Where the type is code, the value set implies the system.
				add(p, search.Token{Code: t.Code}, false)
			}
		}
	}
	if len(keys) == 0 {
		return "false"
	}
	if len(keys) == 1 && narrow {
		return alias + ".key = " + s.add(keys[0]) + " AND " + alias + ".system = " + s.add(*systems[0])
	}
	where := s.oneOf(alias+".key", keys, "bigint")
	if narrow {
		where += " AND EXISTS (SELECT FROM unnest(" + s.add(keys) + "::bigint[], " + s.add(systems) + "::integer[]) o (key, system)" +
			" WHERE o.key = " + alias + ".key AND (o.system IS NULL OR o.system = " + alias + ".system))"
	}
	return where
}

// anyCode says whether a token filter has a value "system|", and whether it
// has any other.
func anyCode(f search.Filter) (some, others bool) {
	for _, o := range f.Values {
		some, others = some || o.AnyCode, others || !o.AnyCode
	}
	return some, others
}
