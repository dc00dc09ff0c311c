package terminology

import (
	"errors"
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
)

// found is a member of a value set that was enumerated.
type found struct {
	Coding
	designations       []designation // of the value set
	system             *System       // nil when it is not known
	at                 int32         // in system; -1 when it does not have it
	inactive, abstract bool
}

// enumeration lists the members of value sets.
type enumeration struct {
	*view
	partial bool     // what is known of a code system in part is taken for what there is
	parts   []string // the code systems of which that is so
	used    []string // canonical URLs of the code systems that were asked
}

// unexpandable is the error of a value set whose members cannot be listed.
func unexpandable(m Membership) error {
	return fhir.Errorf(fhir.Unprocessable, "the codes of the value set cannot be listed: %s", m.Reason)
}

// errEnough ends an enumeration that has yielded enough.
var errEnough = errors.New("enough")

// set yields the members of a value set, each once, in the order of its
// definition.
func (e *enumeration) set(vs *ValueSet, yield func(found) error) error {
	if slices.Contains(e.inside, vs) || len(e.inside) >= maxNesting {
		return unexpandable(unknown("value sets include each other in a circle, or too deeply"))
	}
	e.inside = append(e.inside, vs)
	defer func() { e.inside = e.inside[:len(e.inside)-1] }()
	clauses := vs.include
	if !vs.defined {
		if clauses = vs.expansion; len(clauses) == 0 {
			return unexpandable(unknown("the value set " + clip(vs.URL) + " has no definition"))
		}
	}
	seen := map[Coding]bool{}
	for i := range clauses {
		err := e.clause(&clauses[i], func(f found) error {
			if err := e.spend(); err != nil {
				return err
			}
			key := Coding{System: f.System, Code: f.Code}
			if seen[key] || f.inactive && !vs.inactive {
				return nil
			}
			seen[key] = true
			if len(vs.exclude) > 0 {
				out, err := e.any(vs.exclude, key)
				if err != nil {
					return err
				}
				switch out.Answer {
				case Yes:
					return nil
				case Unknown:
					return unexpandable(out)
				}
			}
			return yield(f)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clause yields what a clause includes.
func (e *enumeration) clause(c *clause, yield func(found) error) error {
	others := c.valueSets
	each := func(f found) error {
		for _, canonical := range others {
			vs, err := e.known(canonical)
			if err != nil {
				return err
			}
			in, err := e.member(vs, f.Coding)
			switch {
			case err != nil:
				return err
			case in.Answer == Unknown:
				return unexpandable(in)
			case in.Answer == No:
				return nil
			}
		}
		return yield(f)
	}
	if c.system != "" {
		return e.offer(c, each)
	}
	if len(others) == 0 {
		return nil
	}
	vs, err := e.known(others[0])
	if err != nil {
		return err
	}
	others = others[1:]
	return e.set(vs, each)
}

// known is a value set that another includes.
func (e *enumeration) known(canonical string) (*ValueSet, error) {
	vs, err := e.valueSet(canonical)
	if err == nil && vs == nil {
		err = unexpandable(unknown("the value set " + clip(canonical) + ", which it includes, is not known here"))
	}
	return vs, err
}

// offer yields what a clause takes of its system.
func (e *enumeration) offer(c *clause, yield func(found) error) error {
	s, err := e.system(c.system, c.version)
	if err != nil {
		return err
	}
	if s != nil && s.Version != "" && !slices.Contains(e.used, s.canonical()) {
		e.used = append(e.used, s.canonical())
	}
	if c.concepts != nil {
		return e.list(c, s, yield)
	}
	switch {
	case s == nil:
		return unexpandable(unknown("the code system " + clip(c.system) + versionOf(c.version) + " is not known here"))
	case s.Content == "complete":
	case e.partial && (s.Content == "fragment" || s.Content == "example"):
		if !slices.Contains(e.parts, s.canonical()) {
			e.parts = append(e.parts, s.canonical())
		}
	default:
		return unexpandable(unknown("not all codes of the code system " + clip(c.system) + " are known here"))
	}
	tests := make([]func(int32) Membership, len(c.filters))
	for i, f := range c.filters {
		if tests[i], err = e.tester(s, f); err != nil {
			return err
		}
	}
	for at := range s.concepts {
		x := &s.concepts[at]
		m := Membership{Answer: Yes}
		for _, test := range tests {
			if err := e.spend(); err != nil {
				return err
			}
			m = m.and(test(int32(at)))
		}
		if m.Answer == Unknown {
			return unexpandable(m)
		}
		if x.Code == "" || m.Answer == No {
			if err := e.spend(); err != nil {
				return err
			}
			continue
		}
		f := found{Coding: Coding{System: c.system, Version: c.version, Code: x.Code, Display: x.Display}, system: s, at: int32(at), inactive: x.inactive, abstract: x.abstract}
		if err := yield(f); err != nil {
			return err
		}
	}
	return nil
}

// list yields the codes that a clause lists.
func (e *enumeration) list(c *clause, s *System, yield func(found) error) error {
	if len(c.filters) > 0 {
		return unexpandable(unknown("it lists codes and filters them, which is not allowed"))
	}
	for _, l := range c.concepts {
		f := found{Coding: Coding{System: c.system, Version: c.version, Code: l.Code, Display: l.Display}, designations: l.Designations, at: -1}
		if s != nil {
			if at, ok := s.find(l.Code); ok {
				x := &s.concepts[at]
				f.system, f.at, f.inactive, f.abstract = s, at, x.inactive, x.abstract
				if f.Display == "" {
					f.Display = x.Display
				}
			}
		}
		if err := yield(f); err != nil {
			return err
		}
	}
	return nil
}
