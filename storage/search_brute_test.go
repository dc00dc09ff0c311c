package storage_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
)

// random draws a search of a type: some conditions, all of which must hold,
// or an expression.
func (d draws) random() (typ, query string, holds func(*model, *thing) bool) {
	typ = d.one("Observation", "Observation", "Patient", "Practitioner")
	var list []condition
	if d.chance(3) {
		list = append(list, d.tree(typ, 2))
	}
	for len(list) == 0 || d.chance(3) {
		list = append(list, d.condition(typ, 2))
	}
	var params []string
	for _, c := range list {
		if c.name == "" {
			c.name, c.value = "_filter", c.filter
		}
		params = append(params, c.name+"="+url.QueryEscape(c.value))
	}
	return typ, strings.Join(params, "&"), func(m *model, t *thing) bool {
		return !slices.ContainsFunc(list, func(c condition) bool { return !c.holds(m, t) })
	}
}

// bruteFences are fences over the model, and what they hide.
func bruteFences(t *testing.T, s *shelf) map[string]struct {
	engine.Fence
	hidden func(*model) func(*thing) bool
} {
	clause := func(typ, text string) engine.Area {
		q, err := s.registry.Parse(search.Request{Type: typ, Query: text, Criteria: true})
		if err != nil {
			t.Fatal(err)
		}
		return where(q)
	}
	type fence = struct {
		engine.Fence
		hidden func(*model) func(*thing) bool
	}
	var some []fhir.Key
	for n := range patients / 2 {
		some = append(some, fhir.Key{Type: "Patient", ID: fmt.Sprintf("p%02d", n)})
	}
	area := engine.Area{inside(some...)}
	ours := func(ref string) bool {
		return slices.ContainsFunc(some, func(k fhir.Key) bool { return ref == k.String() })
	}
	female := func(t *thing) bool { return slices.Contains(t.tokens["gender"], "|female") }
	return map[string]fence{
		"everything": {everything, func(*model) func(*thing) bool { return nil }},
		"compartments": {engine.Fence{Types: map[string]engine.Area{"Patient": area, "Observation": area, "Practitioner": entire}}, func(*model) func(*thing) bool {
			return func(t *thing) bool {
				return t.typ == "Patient" && !ours(t.key()) || t.typ == "Observation" && !slices.ContainsFunc(append(slices.Clone(t.refs["subject"]), t.refs["performer"]...), ours)
			}
		}},
		"clauses": {engine.Fence{Types: map[string]engine.Area{"Patient": clause("Patient", "gender=female"), "Observation": clause("Observation", "status:not=amended"), "Practitioner": entire}}, func(*model) func(*thing) bool {
			return func(t *thing) bool {
				return t.typ == "Patient" && !female(t) || t.typ == "Observation" && slices.Contains(t.tokens["status"], "|amended")
			}
		}},
		"chained clauses": {engine.Fence{Types: map[string]engine.Area{"Patient": clause("Patient", "_has:Observation:subject:status=final"), "Observation": clause("Observation", "subject:Patient.gender=female")}}, func(m *model) func(*thing) bool {
			return func(t *thing) bool {
				switch t.typ {
				case "Patient":
					return !slices.ContainsFunc(m.all, func(o *thing) bool {
						return slices.Contains(o.refs["subject"], t.key()) && slices.Contains(o.tokens["status"], "|final")
					})
				case "Observation":
					return !slices.ContainsFunc(t.refs["subject"], func(ref string) bool { p := m.known[ref]; return p != nil && female(p) })
				}
				return true // what has no area is hidden
			}
		}},
	}
}

// TestSearchesAgainstBruteForce: random searches, with chains, _has and
// expressions nested in each other, find what trying every resource finds,
// behind each kind of fence; and count, total and pages say the same.
func TestSearchesAgainstBruteForce(t *testing.T) {
	t.Parallel()
	const seed = 20261124
	s, m := newShelf(t), newModel(seed)
	s.put(m.texts()...)
	for name, f := range bruteFences(t, s) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{all: m.all, known: m.known}
			m.hidden = f.hidden(m)
			d, some := draws{rand.New(rand.NewPCG(seed, uint64(len(name))))}, 0
			for range 300 {
				typ, query, holds := d.random()
				want := m.found(typ, func(t *thing) bool { return holds(m, t) })
				if len(want) > 0 {
					some++
				}
				a, err := s.ask(f.Fence, typ+"?"+query+"&_count=1000")
				if err != nil {
					t.Errorf("%s?%s: %v", typ, query, err)
					continue
				}
				if slices.Sort(a.match); !slices.Equal(a.match, want) {
					t.Errorf("%s?%s\nfinds %v\nwant  %v", typ, query, a.match, want)
					continue
				}
				paged, err := s.ask(f.Fence, fmt.Sprintf("%s?%s&_count=%d&_total=accurate", typ, query, 3+d.IntN(20)))
				if slices.Sort(paged.match); err != nil || !slices.Equal(paged.match, want) || paged.total == nil || *paged.total != len(want) {
					t.Errorf("%s?%s: %d in pages, total %v, want %d; %v", typ, query, len(paged.match), paged.total, len(want), err)
				}
				count, err := s.ask(f.Fence, typ+"?"+query+"&_summary=count")
				if err != nil || len(count.match) > 0 || count.total == nil || *count.total != len(want) {
					t.Errorf("%s?%s: counted %v, want %d; %v", typ, query, count.total, len(want), err)
				}
			}
			if some < 100 {
				t.Errorf("only %d searches found anything", some)
			}
		})
	}
}
