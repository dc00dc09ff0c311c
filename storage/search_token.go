package storage

import (
	"github.com/webdoctor/webdoctor/fhir/search"
)

// token is the SQL twin of fhir/search/token.go, and of the identifiers of
// references. A bare code is the key alone; a system narrows the rows of the
// key, "no system" being a system of its own.
func (s *statement) token(m *matcher, f search.Filter) {
	var keys []int64
	var systems []*int32
	narrow := false
	for _, o := range f.Values {
		var system *int32
		if !o.AnySystem {
			n := shortKey(o.Token.System)
			system, narrow = &n, true
		}
		list := sources(f)
		if f.Modifier == "identifier" {
			list = f.Params
		}
		for _, p := range list {
			code := o.Token.Code
			if f.Modifier != "identifier" {
				code = p.Fold(code)
			}
			keys, systems = append(keys, valueKey(p.On, p.Code, code)), append(systems, system)
		}
	}
	m.from, m.negative = "search_token "+m.alias, f.Modifier == "not"
	if len(keys) == 1 && narrow {
		m.where = m.alias + ".key = " + s.add(keys[0]) + " AND " + m.alias + ".system = " + s.add(*systems[0])
		return
	}
	m.where = s.oneOf(m.alias+".key", keys, "bigint")
	if narrow {
		m.where += " AND EXISTS (SELECT FROM unnest(" + s.add(keys) + "::bigint[], " + s.add(systems) + "::integer[]) o (key, system)" +
			" WHERE o.key = " + m.alias + ".key AND (o.system IS NULL OR o.system = " + m.alias + ".system))"
	}
}
