package authz

import (
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/fhir"
)

// opening is what a party opens: the slices are alternatives, the guards all
// hold.
type opening struct {
	slices  []fhir.Slice
	guards  []fhir.Guard
	chooses bool
	denied  bool // a policy says no, whatever other roles say
}

// or is what either opens. The guards of both hold: which of the roles a
// version is written in nobody can tell.
func (o opening) or(other opening) opening {
	if o.denied || other.denied {
		return opening{denied: true}
	}
	return opening{
		slices: slices.Concat(o.slices, other.slices), guards: slices.Concat(o.guards, other.guards), chooses: o.chooses || other.chooses,
	}
}

// meet is what both open.
func meet(a, b opening) (o opening) {
	if a.denied || b.denied {
		return opening{denied: true}
	}
	for _, x := range a.slices {
		for _, y := range b.slices {
			if s, some := meetSlices(x, y); some {
				o.slices = append(o.slices, s)
			}
		}
	}
	o.guards, o.chooses = slices.Concat(a.guards, b.guards), a.chooses && b.chooses
	return o
}

func meetSlices(x, y fhir.Slice) (fhir.Slice, bool) {
	s := fhir.Slice{
		Policy: x.Policy, Anywhere: x.Anywhere && y.Anywhere, Public: x.Public && y.Public, Consents: x.Consents || y.Consents,
		Within: slices.Concat(x.Within, y.Within), And: slices.Concat(x.And, y.And), Withheld: slices.Concat(x.Withheld, y.Withheld),
		Hidden: slices.Concat(x.Hidden, y.Hidden), Foreign: slices.Concat(x.Foreign, y.Foreign),
		Through: x.Through, Any: x.Any, Asks: x.Asks,
	}
	if len(y.Through) > 0 && len(s.Through) > 0 {
		s.Through = slices.DeleteFunc(slices.Clone(s.Through), func(t string) bool { return !slices.Contains(y.Through, t) })
		if len(s.Through) == 0 {
			return s, false
		}
	} else if len(y.Through) > 0 {
		s.Through = y.Through
	}
	if len(x.Any) == 0 {
		s.Any = y.Any
	} else if len(y.Any) > 0 {
		s.Any = nil
		for _, a := range x.Any {
			for _, b := range y.Any {
				s.Any = append(s.Any, a+"&"+b)
			}
		}
	}
	if s.Asks == nil {
		s.Asks = y.Asks
	}
	return s, true
}

// scoped cuts an opening by the scopes of the token, if there is one, of these
// levels. Scopes of one level are alternatives: the narrowing filters of each
// suffice. Operations have no scopes: what they read and write is asked for
// by itself.
func (q *question) scoped(o opening, levels ...string) opening {
	if len(q.Scopes) == 0 || strings.HasPrefix(q.action, "$") {
		return o
	}
	var cut opening
	cut.guards, cut.chooses, cut.denied = o.guards, o.chooses, o.denied
	for _, level := range levels {
		reach := q.Scopes.Level(level).Reach(q.action, q.typ)
		if len(reach) == 0 {
			continue
		}
		var any []string
		for _, scope := range reach {
			if clause := scope.Clause(); clause != "" {
				any = append(any, clause)
			}
		}
		for _, s := range o.slices {
			narrow := fhir.Slice{Anywhere: true, Any: any}
			if level == "patient" && !s.Public {
				if !fhir.ValidID(q.Principal.Patient) {
					continue
				}
				home := fhir.Home{Key: fhir.Key{Type: q.set.words.Launch, ID: q.Principal.Patient}, By: q.set.words.Sets["subject"]}
				if len(s.Through) == 0 { // else what it belongs to lies there
					narrow.Anywhere, narrow.Within = false, []fhir.Homes{{home}}
				}
			}
			if both, some := meetSlices(s, narrow); some {
				cut.slices = append(cut.slices, both)
			}
		}
	}
	return cut
}
