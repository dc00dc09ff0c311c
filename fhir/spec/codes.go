package spec

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Codes returns the members of a value set, given by its canonical URL with
// or without |version. It is not ok when the members cannot be enumerated
// from R4's own definitions (a whole external code system, a filter over its
// properties), when the value set is unknown, or when the version is another.
func (d *Definitions) Codes(valueSetURL string) (Set, bool) {
	url, version, pinned := strings.Cut(valueSetURL, "|")
	vs, ok := d.terminology().sets[url]
	if !ok || pinned && version != vs.version {
		return Set{}, false
	}
	return vs.members, true
}

// Set is the expansion of a value set. Codes are compared exactly, as R4's
// code systems are case-sensitive.
type Set struct{ parts []part }

// part is the members from one code system, sorted.
type part struct {
	system string
	codes  []string
}

// Has says whether code of that system is a member.
func (s Set) Has(system, code string) bool {
	for _, p := range s.parts {
		if p.system == system {
			_, ok := slices.BinarySearch(p.codes, code)
			return ok
		}
	}
	return false
}

// HasCode says whether code of any system is a member, which is the question
// for the type code: there the value set implies the system.
func (s Set) HasCode(code string) bool {
	for _, p := range s.parts {
		if _, ok := slices.BinarySearch(p.codes, code); ok {
			return true
		}
	}
	return false
}

// All are the members, by system and code.
func (s Set) All() iter.Seq2[string, string] {
	return func(yield func(system, code string) bool) {
		for _, p := range s.parts {
			for _, code := range p.codes {
				if !yield(p.system, code) {
					return
				}
			}
		}
	}
}

type valueSet struct {
	version string
	members Set
}

// terminology is what codes.gz says.
type terminology struct {
	sets    map[string]valueSet
	systems map[string]*codeSystem
}

// parseCodes reads codes.gz; internal/generate describes its lines.
func parseCodes(text string) (*terminology, error) {
	sets := map[string]valueSet{}
	t := &terminology{sets: sets, systems: map[string]*codeSystem{}}
	var systems []part
	var system *codeSystem
	var url string
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		kind, rest, _ := strings.Cut(line, "\t")
		switch kind {
		case "Y":
			p := readPart(rest)
			system = &codeSystem{codes: p.codes}
			systems, t.systems[p.system] = append(systems, p), system
		case "C":
			if system == nil {
				return nil, fmt.Errorf("codes line %d: children without a code system", n)
			}
			p := readPart(rest)
			if system.children == nil {
				system.children = map[string][]string{}
			}
			system.children[p.system] = p.codes
		case "V":
			var vs valueSet
			url, vs.version, _ = strings.Cut(rest, "\t")
			sets[url] = vs
		case "W", "L":
			vs := sets[url]
			if kind == "L" {
				vs.members.parts = append(vs.members.parts, readPart(rest))
			} else if i, err := atoi(rest); err == nil && i >= 0 && i < len(systems) {
				vs.members.parts = append(vs.members.parts, systems[i])
			} else {
				return nil, fmt.Errorf("codes line %d: no code system %q", n, rest)
			}
			sets[url] = vs
		default:
			return nil, fmt.Errorf("codes line %d: unknown kind %q", n, kind)
		}
	}
	return t, nil
}

func readPart(line string) part {
	fields := strings.Split(line, "\t")
	return part{fields[0], fields[1:]}
}
