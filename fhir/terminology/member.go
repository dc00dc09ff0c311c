package terminology

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir"
)

// maxNesting is how deep value sets may include each other.
const maxNesting = 32

// within evaluates a value set, unless that is under way already.
func (v *view) within(vs *ValueSet, do func() (Membership, error)) (Membership, error) {
	if slices.Contains(v.inside, vs) {
		return unknown("the value set " + clip(vs.URL) + " includes itself"), nil
	}
	if len(v.inside) >= maxNesting {
		return unknown("value sets include each other too deeply"), nil
	}
	v.inside = append(v.inside, vs)
	defer func() { v.inside = v.inside[:len(v.inside)-1] }()
	return do()
}

// member says whether a code is in a value set.
func (v *view) member(vs *ValueSet, c Coding) (Membership, error) {
	return v.within(vs, func() (Membership, error) {
		if !vs.defined {
			if len(vs.expansion) == 0 {
				return unknown("the value set " + clip(vs.URL) + " has no definition"), nil
			}
			return v.any(vs.expansion, c)
		}
		m, err := v.any(vs.include, c)
		if err != nil || m.Answer == No {
			return m, err
		}
		if len(vs.exclude) > 0 {
			out, err := v.any(vs.exclude, c)
			if err != nil {
				return out, err
			}
			m = m.and(out.not())
		}
		if m.Answer == Yes && m.Inactive && !vs.inactive {
			m = no("the code is inactive, and the value set has none that are")
		}
		return m, nil
	})
}

// any says whether a code is in one of the clauses.
func (v *view) any(clauses []clause, c Coding) (Membership, error) {
	m := no("the code is not in the value set")
	for i := range clauses {
		one, err := v.clause(&clauses[i], c)
		if err != nil {
			return one, err
		}
		if m = m.or(one); m.Answer == Yes {
			break
		}
	}
	return m, nil
}

// clause says whether a code is in a clause: in what its system offers and in
// all its value sets.
func (v *view) clause(c *clause, of Coding) (Membership, error) {
	if err := v.spend(); err != nil {
		return Membership{}, err
	}
	m := Membership{Answer: Yes}
	if c.system != "" {
		var err error
		if m, err = v.offered(c, of); err != nil || m.Answer == No {
			return m, err
		}
	} else if len(c.valueSets) == 0 {
		return no("the value set has a part that is empty"), nil
	}
	for _, canonical := range c.valueSets {
		vs, err := v.valueSet(canonical)
		if err != nil {
			return Membership{}, err
		}
		in := unknown("the value set " + clip(canonical) + " is not known here")
		if vs != nil {
			if in, err = v.member(vs, of); err != nil {
				return in, err
			}
		}
		if m = m.and(in); m.Answer == No {
			break
		}
	}
	return m, nil
}

// offered says whether a code is in what a clause takes of its system.
func (v *view) offered(c *clause, of Coding) (Membership, error) {
	switch {
	case of.System != c.system:
		return no("the code is not in the value set"), nil
	case of.Version != "" && c.version != "" && of.Version != c.version:
		return no("the value set is of another version of the code system"), nil
	}
	version := c.version
	if version == "" {
		version = of.Version
	}
	s, err := v.system(c.system, version)
	if err != nil {
		return Membership{}, err
	}
	at, found := int32(0), false
	if s != nil {
		at, found = s.find(of.Code)
	}
	if c.concepts != nil {
		if s != nil && s.folded {
			v.work += len(c.concepts)
		}
		return c.lists(s, at, found, of.Code), nil
	}
	if s == nil {
		return unknown("the code system " + clip(c.system) + versionOf(version) + " is not known here"), nil
	}
	m := s.has(of.Code)
	if m.Answer != Yes {
		return m, nil
	}
	for _, f := range c.filters {
		if err := v.spend(); err != nil {
			return Membership{}, err
		}
		if s.grammar != nil {
			m = m.and(s.testGrammar(f, of.Code))
		} else {
			m = m.and(v.test(s, f, at))
		}
	}
	return m, nil
}

// lists says whether a clause lists a code, which is in its system at a
// position, if that is known.
func (c *clause) lists(s *System, at int32, found bool, code string) Membership {
	i, ok := c.index[code]
	if !ok && s != nil && s.folded {
		for spelt, n := range c.index {
			if s.fold(spelt) == s.fold(code) {
				i, ok = n, true
			}
		}
	}
	if !ok {
		return no("the code is not in the value set")
	}
	m := Membership{Answer: Yes, Display: c.concepts[i].Display}
	if found {
		x := &s.concepts[at]
		m.Inactive, m.Abstract = x.inactive, x.abstract
		if m.Display == "" {
			m.Display = x.Display
		}
	}
	if len(c.filters) > 0 {
		return unknown("a value set lists codes and filters them, which is not allowed")
	}
	return m
}

// memberCode says whether a code of whatever system is in a value set.
func (v *view) memberCode(vs *ValueSet, code string) (Membership, error) {
	systems, all, err := v.systems(vs, nil)
	if err != nil {
		return Membership{}, err
	}
	m := no("the code is not in the value set")
	if !all {
		m = unknown("not all value sets that " + clip(vs.URL) + " includes are known here")
	}
	for _, system := range systems {
		one, err := v.member(vs, Coding{System: system, Code: code})
		if err != nil {
			return one, err
		}
		if one.System = system; one.Answer == Yes {
			return one, nil
		}
		m = m.or(one)
	}
	return m, nil
}

// systems are those that a value set takes codes of. all is false when it
// includes one that is not known.
func (v *view) systems(vs *ValueSet, seen []*ValueSet) (list []string, all bool, err error) {
	if slices.Contains(seen, vs) || len(seen) >= maxNesting {
		return nil, false, nil
	}
	seen = append(seen, vs)
	all = vs.defined || len(vs.expansion) > 0
	for _, c := range slices.Concat(vs.include, vs.expansion) {
		if err := v.spend(); err != nil {
			return nil, false, err
		}
		if c.system != "" {
			if !slices.Contains(list, c.system) {
				list = append(list, c.system)
			}
			continue
		}
		for i, canonical := range c.valueSets {
			other, err := v.valueSet(canonical)
			if err != nil {
				return nil, false, err
			}
			if other == nil {
				all = all && i > 0 // what all have in common is in the first
				continue
			}
			more, whole, err := v.systems(other, seen)
			if err != nil {
				return nil, false, err
			}
			all = all && whole
			for _, system := range more {
				if !slices.Contains(list, system) {
					list = append(list, system)
				}
			}
		}
	}
	return list, all, nil
}

func versionOf(version string) string {
	if version == "" {
		return ""
	}
	return " of version " + clip(version)
}

// missing is the error of a canonical URL that nothing here has.
func missing(what, canonical, parameter string) error {
	return fhir.Errorf(fhir.NotFound, "the %s %s is not known here: it is none of R4's, and none that is stored", what, clip(canonical)).At(parameter)
}
