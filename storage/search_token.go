package storage

import (
	"cmp"
	"slices"
	"strings"

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
		m.where = s.tokenParam(f, "w") + " AND " + s.oneOf("w.system", systems, "integer")
	default:
		m.where = s.oneOf(m.alias+".system", systems, "integer") + " AND EXISTS (SELECT FROM search_term w WHERE w.key = " + m.alias + ".key AND w.system = " + m.alias + ".system AND " + s.tokenParam(f, "w") + " OFFSET 0)"
		if len(codes) > 0 {
			m.where = "(" + m.where + " OR " + s.coded(m.alias, f, codes) + ")"
		}
	}
}

// tokenSources are the parameters under which the tokens of the filter's
// stand. The identifiers of references are not shared.
func tokenSources(f search.Filter) []*search.Param {
	if f.Modifier == "identifier" {
		return f.Params
	}
	return sources(f)
}

// tokenParam restricts terms to those of the filter's parameter.
func (s *statement) tokenParam(f search.Filter, alias string) string {
	keys := column(tokenSources(f), func(p *search.Param) int64 { return p.Key })
	return s.oneOf(alias+".param", keys, "bigint")
}

// tokenSystem is what the system of a row must be.
type tokenSystem struct {
	any  bool
	hash int32
}

// maxTokenSystems is how many systems are written out, each with its keys.
// The codes of one system or of one value set have few, however many they are.
const maxTokenSystems = 4

// coded is the condition that a row is that of one of the codes.
func (s *statement) coded(alias string, f search.Filter, operands []search.Operand) string {
	var systems []tokenSystem
	keys := map[tokenSystem][]int64{}
	for _, o := range operands {
		system := tokenSystem{any: o.AnySystem}
		if !o.AnySystem {
			system.hash = shortKey(cmp.Or(o.Token.Type, o.Token.System))
		}
		if keys[system] == nil {
			systems = append(systems, system)
		}
		keys[system] = append(keys[system], tokenKeys(f, o)...)
	}
	switch {
	case len(systems) == 0:
		return "false"
	case len(systems) > 1:
		return s.codedBySystem(alias, systems, keys)
	}
	where := s.oneOf(alias+".key", keys[systems[0]], "bigint")
	if !systems[0].any {
		where += " AND " + alias + ".system = " + s.add(systems[0].hash)
	}
	return where
}

// tokenKeys are the keys under which the token of an operand stands, one for
// each source.
func tokenKeys(f search.Filter, o search.Operand) (keys []int64) {
	for _, p := range tokenSources(f) {
		t := o.Token
		t.Param = p.Code
		if f.Modifier != "identifier" {
			t.Code = p.Fold(t.Code)
		}
		keys = append(keys, tokenKey(p.On, t))
	}
	return keys
}

// codedBySystem is that condition for several systems. All keys together are
// for the index.
func (s *statement) codedBySystem(alias string, systems []tokenSystem, keys map[tokenSystem][]int64) string {
	var all []int64
	var of []*int32
	for _, system := range systems {
		all = append(all, keys[system]...)
		hash := &system.hash
		if system.any {
			hash = nil
		}
		of = append(of, slices.Repeat([]*int32{hash}, len(keys[system]))...)
	}
	where := alias + ".key = ANY (" + s.add(all) + "::bigint[]) AND "
	if len(systems) > maxTokenSystems {
		return where + "EXISTS (SELECT FROM unnest(" + s.add(all) + "::bigint[], " + s.add(of) + "::integer[]) o (key, system)" +
			" WHERE o.key = " + alias + ".key AND (o.system IS NULL OR o.system = " + alias + ".system))"
	}
	var either []string
	for _, system := range systems {
		one := alias + ".key = ANY (" + s.add(keys[system]) + "::bigint[])"
		if !system.any {
			one = "(" + one + " AND " + alias + ".system = " + s.add(system.hash) + ")"
		}
		either = append(either, one)
	}
	return where + "(" + strings.Join(either, " OR ") + ")"
}

// anyCode says whether a token filter has a value "system|", and whether it
// has any other.
func anyCode(f search.Filter) (some, others bool) {
	for _, o := range f.Values {
		some, others = some || o.AnyCode, others || !o.AnyCode
	}
	return some, others
}
