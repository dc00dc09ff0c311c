package authz

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ory/ladon"

	"github.com/webdoctor/webdoctor/fhir"
)

// The conditions of our policies. Within, Guards and Ids never refuse: they
// carry what the grant will say. Factor refuses, which only an allowing policy
// can have.

// Within says how far a policy opens.
type Within struct {
	Anywhere bool     `json:"anywhere,omitempty"`
	Public   bool     `json:"public,omitempty"`  // about no patient
	Homes    []string `json:"homes,omitempty"`   // see placeholders
	By       []string `json:"by,omitempty"`      // parameters that make a member
	Where    []string `json:"where,omitempty"`   // searches; {self} as in homes
	Through  []string `json:"through,omitempty"` // types

	Withheld []string  `json:"withheld,omitempty"`
	Consents bool      `json:"consents,omitempty"`
	Hide     []string  `json:"hide,omitempty"`
	Foreign  []foreign `json:"foreign,omitempty"`
	Asks     *asks     `json:"asks,omitempty"`
}

type foreign struct {
	Element   string   `json:"element"`
	Reference string   `json:"reference"`
	Type      string   `json:"type"`
	With      []string `json:"with,omitempty"`
}

type asks struct {
	Least int      `json:"least"`
	Of    []string `json:"of"`
}

// Guards are rules about what is written.
type Guards struct {
	Keep   []string `json:"keep,omitempty"`
	Own    []string `json:"own,omitempty"`
	Become []become `json:"become,omitempty"`
}

type become struct {
	Element string   `json:"element"`
	From    []string `json:"from,omitempty"`
	To      []string `json:"to"`
}

// Ids lets the caller choose the ids of new resources.
type Ids struct{}

// Factor refuses who has not shown a second factor for so long.
type Factor struct {
	Within string `json:"within"`
	within time.Duration
}

// The names by which policies know the conditions.
func (*Within) GetName() string { return "Within" }
func (*Guards) GetName() string { return "Guards" }
func (*Ids) GetName() string    { return "Ids" }
func (*Factor) GetName() string { return "Factor" }

// Fulfills is true: the condition only carries.
func (*Within) Fulfills(context.Context, any, *ladon.Request) bool { return true }

// Fulfills is true: the condition only carries.
func (*Guards) Fulfills(context.Context, any, *ladon.Request) bool { return true }

// Fulfills is true: the condition only carries.
func (*Ids) Fulfills(context.Context, any, *ladon.Request) bool { return true }

// Fulfills is false when the factor is too old, or nothing is known of it.
func (f *Factor) Fulfills(_ context.Context, _ any, r *ladon.Request) bool {
	q, ok := r.Context[asking].(*question)
	return ok && q.shown(f.within)
}

// condition makes a condition of what a policy says.
func (p *Policies) condition(c condition) (ladon.Condition, error) {
	switch c.Type {
	case "Within":
		w := &Within{}
		if err := options(c.Options, w); err != nil {
			return nil, err
		}
		return w, p.complete(w)
	case "Guards":
		g := &Guards{}
		err := options(c.Options, g)
		for _, b := range g.Become {
			if len(b.To) == 0 {
				err = fmt.Errorf("%s becomes nothing", b.Element)
			}
		}
		return g, err
	case "Ids":
		return &Ids{}, options(c.Options, &Ids{})
	case "Factor":
		f := &Factor{}
		err := options(c.Options, f)
		if err == nil {
			f.within, err = time.ParseDuration(f.Within)
		}
		return f, err
	}
	return nil, fmt.Errorf("there is no condition of the type %q", c.Type)
}

// complete expands the sets of a Within and checks that it says something.
func (p *Policies) complete(w *Within) error {
	if !w.Anywhere && len(w.Homes) == 0 && len(w.Through) == 0 {
		return fmt.Errorf("it opens nothing: say anywhere, homes or through")
	}
	if w.Anywhere && len(w.Homes) > 0 {
		return fmt.Errorf("anywhere and homes exclude each other")
	}
	for _, h := range w.Homes {
		if !placeholder.MatchString(h) {
			return fmt.Errorf("%q is no place", h)
		}
	}
	if len(w.Homes) > 0 && len(w.By) == 0 {
		return fmt.Errorf("say by which parameters a resource is a member")
	}
	if w.Asks != nil && (w.Asks.Least < 1 || w.Asks.Least > len(w.Asks.Of)) {
		return fmt.Errorf("it asks for %d of %d parameters", w.Asks.Least, len(w.Asks.Of))
	}
	var err error
	for _, list := range []*[]string{&w.By, &w.Withheld, &w.Hide, &w.Through} {
		if *list, err = p.expand(*list, ""); err != nil {
			return err
		}
	}
	return nil
}

// placeholder is a place in a policy:
//
//	Patient/{self}             the caller's own resources of the type
//	Patient/{proxied:read}     whom the caller may act for, with that right
//	Practitioner/{related}     the patients to whom the caller's own are related
//	{cohort}                   the patients of a backend client
var placeholder = regexp.MustCompile(`^(?:[A-Z][A-Za-z]+/\{(?:self|related|proxied:[a-z]+)\}|\{cohort\})$`)

// homes are the compartments of a place for who asks. everywhere says that it
// is all there is.
func (q *question) homes(place string, by []string) (homes fhir.Homes, everywhere bool) {
	add := func(related bool, keys ...fhir.Key) {
		for _, k := range keys {
			homes = append(homes, fhir.Home{Key: k.Current(), Related: related, By: by})
		}
	}
	if place == "{cohort}" {
		add(true, q.Cohort...)
		return homes, q.Whole
	}
	typ, rest, _ := strings.Cut(place, "/")
	what := strings.Trim(rest, "{}")
	right, proxied := strings.CutPrefix(what, "proxied:")
	if !proxied {
		add(what == "related", q.own(typ)...)
		return homes, false
	}
	for _, p := range q.proxies(right) {
		if p.Patient.Type == typ {
			add(false, p.Patient)
		}
	}
	return homes, false
}

// own are the caller's own resources of a type.
func (q *question) own(typ string) (keys []fhir.Key) {
	for _, k := range q.Self {
		if k.Type == typ && fhir.ValidID(k.ID) {
			keys = append(keys, k.Current())
		}
	}
	return keys
}

// slice is what a policy opens to who asks; false for nothing.
func (q *question) slice(policy string, w *Within) (fhir.Slice, bool) {
	s := fhir.Slice{Policy: policy, Anywhere: w.Anywhere, Public: w.Public, Through: w.Through, Withheld: w.Withheld, Consents: w.Consents, Hidden: w.Hide}
	if len(w.Homes) > 0 {
		var all fhir.Homes
		for _, place := range w.Homes {
			homes, everywhere := q.homes(place, w.By)
			s.Anywhere = s.Anywhere || everywhere
			all = append(all, homes...)
		}
		if !s.Anywhere {
			if len(all) == 0 {
				return s, false
			}
			s.Within = []fhir.Homes{all}
		}
		for _, f := range w.Foreign {
			own := make([]string, 0, len(all))
			for _, h := range all {
				own = append(own, h.Key.String())
			}
			s.Foreign = append(s.Foreign, fhir.Foreign{Element: f.Element, Reference: f.Reference, Type: f.Type, Own: own, With: f.With})
		}
	}
	for _, where := range w.Where {
		if typ, self := selfIn(where); self != "" {
			keys := q.own(typ)
			if len(keys) == 0 {
				return s, false
			}
			names := make([]string, len(keys))
			for i, k := range keys {
				names[i] = k.String()
			}
			where = strings.Replace(where, self, strings.Join(names, ","), 1)
		}
		s.And = append(s.And, where)
	}
	if w.Asks != nil {
		s.Asks = &fhir.Asks{Least: w.Asks.Least, Of: w.Asks.Of}
	}
	return s, true
}

var selfPlace = regexp.MustCompile(`([A-Z][A-Za-z]+)/\{self\}`)

// selfIn finds the place of the caller in a search.
func selfIn(where string) (typ, place string) {
	if m := selfPlace.FindStringSubmatch(where); m != nil {
		return m[1], m[0]
	}
	return "", ""
}
