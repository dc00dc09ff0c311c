package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// terminology is the text of codes.gz. One line per code system that the
// package holds complete, each followed by a line for every code that has
// children; then one line per value set whose members the package enumerates,
// each followed by its parts:
//
//	Y system code*
//	C code child*
//	V url version
//	W number of the code system, taken whole
//	L system code*
//
// The expansions are made here, so that the server needs neither filters nor
// hierarchies to answer whether a code is a member.
func terminology(src source, e *errata) ([]byte, error) {
	x := &expander{systems: map[string]*codeSystem{}, valueSets: map[string]resource{}, done: map[string]expansion{}}
	for _, file := range []string{"valuesets.json", "v3-codesystems.json", "v2-tables.json"} {
		var b bundle
		if err := src.read(file, &b); err != nil {
			return nil, err
		}
		for _, r := range append(b.of("CodeSystem"), b.of("ValueSet")...) {
			if e.drops(e.Codes.Drop, r.URL) {
				continue
			}
			if r.ResourceType == "ValueSet" {
				x.valueSets[r.URL] = r
			} else if err := x.addSystem(r, e); err != nil {
				return nil, err
			}
		}
	}
	return x.write()
}

// addSystem keeps a code system that the package holds complete. Of two with
// one URL the later version stays.
func (x *expander) addSystem(r resource, e *errata) error {
	if r.Content != "complete" {
		return nil
	}
	if old := x.systems[r.URL]; old != nil && old.version > r.Version {
		return nil
	}
	s := &codeSystem{version: r.Version, children: map[string][]string{}}
	var walk func(parent string, concepts []concept)
	walk = func(parent string, concepts []concept) {
		for _, c := range concepts {
			if e.dropsConcept(r.URL, c.Code) {
				continue
			}
			s.codes = append(s.codes, c.Code)
			if parent != "" {
				s.children[parent] = append(s.children[parent], c.Code)
			}
			for _, p := range c.Property {
				if p.Code == "child" {
					s.children[c.Code] = append(s.children[c.Code], p.ValueCode)
				}
			}
			walk(c.Code, c.Concept)
		}
	}
	walk("", r.Concept)
	slices.Sort(s.codes)
	if n := len(s.codes); n != len(slices.Compact(s.codes)) {
		return fmt.Errorf("%s has a code twice", r.URL)
	}
	x.systems[r.URL] = s
	return nil
}

func (e *errata) dropsConcept(system, code string) bool {
	for _, d := range e.Codes.DropConcepts {
		if d.System == system && d.Code == code {
			e.used["drop "+system+"#"+code] = true
			return true
		}
	}
	return false
}

func (x *expander) write() ([]byte, error) {
	var t table
	number := map[string]string{} // by system
	lines := func(url string) []part {
		parts, _ := x.expand(url)
		var out []part
		for _, system := range slices.Sorted(maps.Keys(parts)) {
			p := part{system: system, codes: slices.Sorted(maps.Keys(parts[system]))}
			if s := x.systems[system]; s != nil && slices.Equal(p.codes, s.codes) {
				p.whole = true
			}
			out = append(out, p)
		}
		return out
	}
	for _, system := range slices.Sorted(maps.Keys(x.systems)) {
		s := x.systems[system]
		if len(s.codes) == 0 {
			continue
		}
		number[system] = strconv.Itoa(len(number))
		t.line(slices.Concat([]string{"Y", system}, s.codes)...)
		for _, code := range slices.Sorted(maps.Keys(s.children)) {
			children := slices.Clone(s.children[code])
			slices.Sort(children)
			t.line(slices.Concat([]string{"C", code}, slices.Compact(children))...)
		}
	}
	for _, url := range slices.Sorted(maps.Keys(x.valueSets)) {
		if _, ok := x.expand(url); !ok {
			continue
		}
		t.line("V", url, x.valueSets[url].Version)
		for _, p := range lines(url) {
			if p.whole {
				t.line("W", number[p.system])
			} else {
				t.line(slices.Concat([]string{"L", p.system}, p.codes)...)
			}
		}
	}
	return t.bytes()
}

// part is the members of a value set that come from one code system.
type part struct {
	system string
	codes  []string
	whole  bool
}

type codeSystem struct {
	version  string
	codes    []string // sorted
	children map[string][]string
}

// descendants are code's own and its children's codes, down to the leaves.
func (s *codeSystem) descendants(code string, into map[string]bool) {
	if into[code] {
		return
	}
	into[code] = true
	for _, c := range s.children[code] {
		s.descendants(c, into)
	}
}

// filter selects the codes that one filter of a value set lets through. It is
// not ok when the answer is not in the data.
func (s *codeSystem) filter(property, op, value string) (codes map[string]bool, ok bool) {
	if _, found := slices.BinarySearchFunc(s.codes, value, cmp.Compare); !found || !slices.Contains([]string{"concept", "code"}, property) {
		return nil, false
	}
	below := map[string]bool{}
	s.descendants(value, below)
	switch strings.TrimSpace(op) {
	case "is-a":
		return below, true
	case "descendent-of":
		delete(below, value)
		return below, true
	case "is-not-a":
		rest := map[string]bool{}
		for _, c := range s.codes {
			if !below[c] {
				rest[c] = true
			}
		}
		return rest, true
	}
	return nil, false
}
