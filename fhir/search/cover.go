package search

import "slices"

// Many parameters of R4 say again what others of the same type say: patient is
// subject where that is a patient, combo-code is code and component-code. The
// index has the values of the others only; whoever asks for such a parameter
// is answered from their rows. That is decided by the compiled expressions,
// not by names.

// Sources are the parameters under which the values of this one are indexed:
// itself, or those that say the same together.
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

// covered says that the values are indexed under other parameters.
func (p *Param) covered() bool { return p.sources != nil }

// said is one thing that a parameter reads: the place and the kind of value.
type said struct {
	at   *step
	code string
	only string
}

// cover finds the parameters whose values others have.
func (g *program) cover() {
	says := map[*Param][]said{}
	g.root.collect(says)
	for _, p := range g.params {
		if slices.Contains(g.truths, p) || len(says[p]) == 0 {
			continue
		}
		p.sources, p.only = g.sourcesOf(p, says)
	}
}

func (s *step) collect(says map[*Param][]said) {
	for _, e := range s.emits {
		says[e.param] = append(says[e.param], said{s, e.code, e.only})
	}
	for _, e := range s.edges {
		for _, next := range []*step{e.to, e.first} {
			if next != nil {
				next.collect(says)
			}
		}
	}
	for _, g := range s.guards {
		g.to.collect(says)
	}
}

// sourcesOf returns parameters that say nothing else than p does, and all of
// it together; nil when there are none.
func (g *program) sourcesOf(p *Param, says map[*Param][]said) (sources []*Param, only string) {
	left := slices.Clone(says[p])
	for _, q := range g.params {
		if q == p || q.Type != p.Type || q.covered() || slices.Contains(g.truths, q) || len(says[q]) == 0 {
			continue
		}
		within, narrower := true, ""
		for _, b := range says[q] {
			i := slices.IndexFunc(says[p], func(a said) bool { return a.at == b.at && a.code == b.code && (a.only == b.only || b.only == "") })
			if within = i >= 0; !within {
				break
			}
			if a := says[p][i]; a.only != b.only {
				narrower = a.only
			}
		}
		// Two that say exactly the same: the first one by code is indexed.
		if !within || narrower == "" && len(says[q]) == len(says[p]) && q.Code > p.Code || narrower != only && len(sources) > 0 {
			continue
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(a said) bool {
			return slices.ContainsFunc(says[q], func(b said) bool { return a.at == b.at && a.code == b.code })
		})
		if len(left) < before {
			sources, only = append(sources, q), narrower
		}
	}
	if len(left) > 0 {
		return nil, ""
	}
	return sources, only
}
