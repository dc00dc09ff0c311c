package profile

import (
	"slices"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// A profile that came without a snapshot says only what it adds to its base
// (profiling.html#snapshot). Here it is laid over that, element by element and
// slice by slice: what a snapshot would say of it is made when it is asked for
// and never stored, so that it is never out of date.

// whole is a profile with what its bases say, down to a type of R4 or to one
// that has a snapshot. missing is the base that could not be found, looped that
// it is one of those that are based on it.
func (w *walk) whole(p *Profile) (whole *Profile, missing string, looped bool) {
	if p.Base == "" || w.ofR4(p.Base) {
		return p, "", false
	}
	if done := w.wholes[p]; done != nil {
		return done, "", false
	}
	chain := []*Profile{p}
	for p := p; p.Base != "" && !w.ofR4(p.Base); {
		base, err := w.c.Find(p.Base)
		if err != nil || base == nil {
			missing = p.Base
			break
		}
		if slices.Contains(chain, base) || len(chain) > maxDepth {
			looped = true
			break
		}
		chain, p = append(chain, base), base
	}
	whole = chain[len(chain)-1]
	for _, over := range slices.Backward(chain[:len(chain)-1]) {
		whole = &Profile{URL: over.URL, Version: over.Version, Type: over.Type, Root: laid(over.Root, whole.Root)}
	}
	if len(chain) > 1 {
		whole.byID = map[string]*Element{}
		whole.Root.index(whole.byID)
		if missing == "" && !looped {
			w.wholes[p] = whole
		}
	}
	return whole, missing, looped
}

func (e *Element) index(byID map[string]*Element) {
	if e.id != "" {
		byID[e.id] = e
	}
	for _, c := range slices.Concat(e.Children, e.Slices) {
		c.index(byID)
	}
}

// laid is an element of a profile over the same element of its base. A profile
// may only narrow: where both say something the narrower counts, and fixed
// values, patterns and invariants of both hold.
func laid(over, base *Element) *Element {
	e := *base
	e.Slice, e.Min = over.Slice, max(over.Min, base.Min)
	if over.Max >= 0 && (base.Max < 0 || over.Max < base.Max) {
		e.Max = over.Max
	}
	if over.id != "" {
		e.id = over.id
	}
	if over.Content != "" {
		e.Content = over.Content
	}
	e.Types = narrowed(over.Types, base.Types)
	e.Binding = stronger(over.Binding, base.Binding)
	for _, v := range []struct{ to, over *Value }{{&e.Fixed, &over.Fixed}, {&e.Pattern, &over.Pattern}} {
		if !v.over.there() {
			continue
		}
		if v.to.there() {
			e.before = append(slices.Clone(e.before), *v.to)
		}
		*v.to = *v.over
	}
	e.before = append(slices.Clip(e.before), over.before...)
	e.Rules = slices.Clone(over.Rules)
	for _, r := range base.Rules {
		if !slices.ContainsFunc(over.Rules, func(o Rule) bool { return o.Key == r.Key }) {
			e.Rules = append(e.Rules, r)
		}
	}
	if s := over.Slicing; s != nil {
		kept := *s
		if base.Slicing != nil && len(kept.By) == 0 {
			kept.By, kept.byType = base.Slicing.By, base.Slicing.byType
		}
		if base.Slicing != nil && base.Slicing.Rules == "closed" {
			kept.Rules = "closed"
		}
		e.Slicing = &kept
	}
	e.Children = together(over.Children, base.Children, func(a, b *Element) bool { return a.Name == b.Name })
	e.Slices = together(over.Slices, base.Slices, func(a, b *Element) bool { return a.Slice == b.Slice })
	return &e
}

// together are the elements of both lists, those of the base first.
func together(over, base []*Element, same func(a, b *Element) bool) []*Element {
	all := slices.Clone(base)
	for _, o := range over {
		if i := slices.IndexFunc(base, func(b *Element) bool { return same(o, b) }); i >= 0 {
			all[i] = laid(o, base[i])
		} else {
			all = append(all, o)
		}
	}
	return all
}

// narrowed are the types that a profile allows, with the profiles and targets
// that its base asks of them where it says nothing itself.
func narrowed(over, base []Type) []Type {
	if len(over) == 0 {
		return base
	}
	all := slices.Clone(over)
	for i := range all {
		at := slices.IndexFunc(base, func(b Type) bool { return b.Code == all[i].Code })
		if at < 0 {
			continue
		}
		if len(all[i].Profiles) == 0 {
			all[i].Profiles = base[at].Profiles
		}
		if len(all[i].Targets) == 0 {
			all[i].Targets = base[at].Targets
		}
	}
	return all
}

// stronger is the binding that asks for more. One may only strengthen that of
// the base and not say its value set again.
func stronger(over, base *spec.Binding) *spec.Binding {
	switch {
	case over == nil || base != nil && base.Strength == "required" && over.Strength != "required":
		return base
	case base != nil && over.ValueSet == "":
		return &spec.Binding{Strength: over.Strength, ValueSet: base.ValueSet}
	}
	return over
}
