package main

import (
	"maps"
	"strings"
)

// expansion is the members of a value set: system, then code.
type expansion map[string]map[string]bool

func (m expansion) add(system, code string) {
	if m[system] == nil {
		m[system] = map[string]bool{}
	}
	m[system][code] = true
}

// expander computes expansions (valueset.html#compositions).
type expander struct {
	systems   map[string]*codeSystem
	valueSets map[string]resource
	done      map[string]expansion // nil for those that cannot be computed
}

// expand is not ok when the package does not say everything that is needed:
// an unknown code system or value set, a filter over properties, or a version
// other than the one at hand. A value set that comes out empty is a
// placeholder for codes that others have yet to define, not one that forbids
// them all, so that it has no expansion either.
func (x *expander) expand(url string) (expansion, bool) {
	if m, known := x.done[url]; known {
		return m, m != nil
	}
	x.done[url] = nil // a value set that includes itself has no expansion
	vs, ok := x.valueSets[url]
	if !ok || vs.Compose == nil {
		return nil, false
	}
	all := expansion{}
	for _, set := range vs.Compose.Include {
		m, ok := x.conceptSet(set)
		if !ok {
			return nil, false
		}
		for system, codes := range m {
			for code := range codes {
				all.add(system, code)
			}
		}
	}
	for _, set := range vs.Compose.Exclude {
		m, ok := x.conceptSet(set)
		if !ok {
			return nil, false
		}
		for system, codes := range m {
			for code := range codes {
				delete(all[system], code)
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, codes map[string]bool) bool { return len(codes) == 0 })
	if len(all) == 0 {
		return nil, false
	}
	x.done[url] = all
	return all, true
}

// conceptSet is one include or exclude: what its system offers and all its
// value sets have in common.
func (x *expander) conceptSet(set conceptSet) (expansion, bool) {
	var all expansion
	if set.System != "" {
		codes, ok := x.systemCodes(set)
		if !ok {
			return nil, false
		}
		all = expansion{set.System: codes}
	}
	for _, url := range set.ValueSet {
		url, version, _ := strings.Cut(url, "|")
		m, ok := x.expand(url)
		if !ok || version != "" && version != x.valueSets[url].Version {
			return nil, false
		}
		if all == nil {
			all = m
		} else {
			all = intersection(all, m)
		}
	}
	return all, all != nil
}

func (x *expander) systemCodes(set conceptSet) (map[string]bool, bool) {
	codes := map[string]bool{}
	for _, c := range set.Concept {
		codes[c.Code] = true
	}
	if len(codes) > 0 {
		return codes, len(set.Filter) == 0
	}
	s := x.systems[set.System]
	if s == nil || set.Version != "" && set.Version != s.version {
		return nil, false
	}
	for _, c := range s.codes {
		codes[c] = true
	}
	for _, f := range set.Filter {
		kept, ok := s.filter(f.Property, f.Op, f.Value)
		if !ok {
			return nil, false
		}
		maps.DeleteFunc(codes, func(code string, _ bool) bool { return !kept[code] })
	}
	return codes, true
}

func intersection(a, b expansion) expansion {
	both := expansion{}
	for system, codes := range a {
		for code := range codes {
			if b[system][code] {
				both.add(system, code)
			}
		}
	}
	return both
}
