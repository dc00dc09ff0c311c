package search

import "slices"

// Many parameters of R4 say again what others of the same type say: patient is
// subject where that is a patient, combo-code is code and component-code, name
// is family and given and a little more. What others say is indexed under
// them only; whoever asks for such a parameter is answered from their rows,
// and from rows of its own for the rest. That is decided by the compiled
// expressions, not by names.

// Sources are the parameters under which the values of this one are indexed:
// itself, others that say parts of it, or both.
func (p *Param) Sources() []*Param {
	if p.sources == nil {
		return []*Param{p}
	}
	return p.sources
}

// Restricted is the resource type at which the references of this parameter
// point when its sources may point elsewhere too, "" when there is no
// difference.
func (p *Param) Restricted() string { return p.only }

// said is one thing that a parameter reads: the place and the kind of value.
type said struct {
	at   *step
	code string
	only string
}

// same says whether two read the same values, only apart.
func (a said) same(b said) bool { return a.at == b.at && a.code == b.code }

// cover finds the parameters of which others say something.
func (g *program) cover() {
	says := map[*Param][]said{}
	g.root.each(func(s *step, e *emit) {
		if e.param.special == usual && e.param.Type != "composite" {
			says[e.param] = append(says[e.param], said{s, e.code, e.only})
		}
	})
	taken := map[*Param]bool{} // sources have rows of their own
	covered := map[*Param][]said{}
	for _, p := range g.every {
		if slices.Contains(g.truths, p) || len(says[p]) == 0 || taken[p] {
			continue
		}
		sources, only, left := g.sourcesOf(p, says)
		if len(sources) == 0 || len(left) > 0 && p.Type != "string" {
			continue
		}
		for _, q := range sources {
			taken[q] = true
		}
		covered[p] = slices.DeleteFunc(says[p], func(a said) bool { return slices.Contains(left, a) })
		if len(left) > 0 {
			sources = append(sources, p)
		}
		p.sources, p.only = sources, only
	}
	g.lead(says)
	g.root.each(func(s *step, e *emit) {
		e.covered = slices.ContainsFunc(covered[e.param], func(a said) bool { return a.same(said{at: s, code: e.code}) })
	})
}

// after says whether q comes after p: first come the parameters that have a
// name, then those that composites have besides, and then everything else.
func (g *program) after(q, p *Param) bool {
	i := slices.Index(g.every, p)
	return i >= 0 && slices.Index(g.every, q) > i
}

// lead finds rows from which searches by composites can start.
func (g *program) lead(says map[*Param][]said) {
	c := compiler{program: g}
	for _, l := range g.parts.leads {
		for _, at := range l.places {
			says[l.param] = append(says[l.param], said{c.step(at), at.code, at.only})
		}
		if sources, _, left := g.sourcesOf(l.param, says); len(left) == 0 {
			l.param.sources, l.of.lead = sources, l.param
		}
	}
}

// each calls f with every emit of the trie.
func (s *step) each(f func(s *step, e *emit)) {
	for i := range s.emits {
		f(s, &s.emits[i])
	}
	for _, e := range s.edges {
		for _, next := range []*step{e.to, e.first} {
			if next != nil {
				next.each(f)
			}
		}
	}
	for _, g := range s.guards {
		g.to.each(f)
	}
}

// sourcesOf returns parameters that say nothing else than p does, and what of
// p they leave.
func (g *program) sourcesOf(p *Param, says map[*Param][]said) (sources []*Param, only string, left []said) {
	left = slices.Clone(says[p])
	for _, q := range g.every {
		if q == p || q.Type != p.Type || q.sources != nil || slices.Contains(g.truths, q) || len(says[q]) == 0 {
			continue
		}
		within, narrower := true, ""
		for _, b := range says[q] {
			i := slices.IndexFunc(says[p], func(a said) bool { return a.same(b) && (a.only == b.only || b.only == "") })
			if within = i >= 0; !within {
				break
			}
			if a := says[p][i]; a.only != b.only {
				narrower = a.only
			}
		}
		// Two that say exactly the same: the first one is indexed.
		if !within || narrower == "" && len(says[q]) == len(says[p]) && g.after(q, p) || narrower != only && len(sources) > 0 {
			continue
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(a said) bool {
			return slices.ContainsFunc(says[q], func(b said) bool { return a.same(b) })
		})
		if len(left) < before {
			sources, only = append(sources, q), narrower
		}
	}
	return sources, only, left
}
