package authz

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ory/ladon"

	"github.com/webdoctor/webdoctor/fhir"
)

// Gate answers whether the principal of a request may do something, and how
// far. It knows the principal and the policies and never looks at data, so
// that its no says nothing about them.
//
// Several roles of an account are a union. What acts for a person, an
// application or a plugin, gets the intersection of what the person may, of
// what the policies allow to such, and of the scopes of the token.
type Gate struct {
	// Factor is how long a second factor counts for the roles that need one;
	// 0 when the operator has turned second factors off.
	Factor time.Duration
	Now    fhir.Clock // nil: the system's clock

	force atomic.Pointer[force]
}

// force is a set of policies that is in force.
type force struct {
	set    *Policies
	warden *ladon.Ladon
}

// NewGate returns a gate with the policies; nil denies everything.
func NewGate(set *Policies) *Gate {
	g := &Gate{}
	g.Enforce(set)
	return g
}

// Enforce puts policies in force, for the requests that follow.
func (g *Gate) Enforce(set *Policies) {
	if set == nil {
		set = &Policies{}
	}
	g.force.Store(&force{set, newWarden(set)})
}

// question is one question to the gate.
type question struct {
	*Gate
	*force
	Principal
	ctx      context.Context
	now      time.Time
	action   string
	typ      string
	deciders ladon.Policies // of the subject that was asked about last
	lacks    *fhir.Error    // why a role that the principal has does not count
}

// Permit answers a question of the engine.
func (g *Gate) Permit(ctx context.Context, a fhir.Access) (fhir.Grant, error) {
	p := From(ctx)
	if p.Account == "" && p.Client == "" && p.Plugin == "" && !p.Operator {
		return fhir.Grant{}, fhir.Errorf(fhir.Unauthorized, "say who you are")
	}
	q := &question{Gate: g, force: g.force.Load(), Principal: p, ctx: ctx, now: time.Now(), action: a.Action, typ: a.Type}
	if g.Now != nil {
		q.now = g.Now()
	}
	if a.Action == "operate" {
		q.action = "$" + a.Name
	}
	got := q.decide()
	if len(got.slices) == 0 {
		if q.lacks != nil {
			return fhir.Grant{}, q.lacks
		}
		return fhir.Grant{}, fhir.Errorf(fhir.Forbidden, "you may not do this")
	}
	if s := got.slices[0]; len(got.slices) == 1 && s.Anywhere && !limited(s) && got.chooses && len(got.guards) == 0 {
		return fhir.Grant{Actor: q.actor(), Anywhere: true}, nil
	}
	return fhir.Grant{Actor: q.actor(), Slices: got.slices, Rights: fhir.Rights{Self: q.selves(), Guards: got.guards, Chooses: got.chooses}}, nil
}

// limited says whether a slice that is anywhere has another limit.
func limited(s fhir.Slice) bool {
	return len(s.Within)+len(s.And)+len(s.Any)+len(s.Withheld)+len(s.Through)+len(s.Hidden)+len(s.Foreign) > 0 || s.Consents || s.Asks != nil
}

// decide is the union over the roles, and the intersection with what acts for
// the person.
func (q *question) decide() opening {
	switch {
	case q.Operator:
		return q.scoped(q.ask("operator"), "patient", "user", "system")
	case q.Account != "" && q.Plugin != "":
		return q.scoped(meet(q.person(), q.ask(q.plugin())), "user", "system")
	case q.Plugin != "":
		return q.delegated(q.scoped(q.ask(q.plugin()), "system"))
	case q.Account != "" && q.Client != "":
		return q.delegated(q.scoped(meet(q.person(), q.ask("client:user")), "patient", "user"))
	case q.Client != "":
		return q.delegated(q.scoped(q.ask("client:system"), "system"))
	}
	return q.person()
}

// delegated gives nothing without scopes: who acts by a token has what it
// says.
func (q *question) delegated(o opening) opening {
	if len(q.Scopes) == 0 {
		return opening{}
	}
	return o
}

// person is what the roles of the account open together. A role counts only
// while what it needs is there.
func (q *question) person() (all opening) {
	for _, role := range q.Roles {
		switch role {
		case Practitioner:
			if q.Licence != Verified {
				q.lacks = fhir.Errorf(fhir.Forbidden, "your licence to practise is not verified, or has ended")
				continue
			}
			if !q.shown(q.Gate.Factor) {
				q.lacks = stepUp()
				continue
			}
		case Administrator:
			if !q.shown(q.Gate.Factor) {
				q.lacks = stepUp()
				continue
			}
		}
		all = all.or(q.ask("role:" + string(role)))
	}
	if len(q.proxies("")) > 0 {
		all = all.or(q.ask("role:proxy"))
	}
	return all
}

func stepUp() *fhir.Error {
	return fhir.Errorf(fhir.Forbidden, "step_up_required: show your second factor")
}

// shown says whether a second factor was shown within a while; 0 needs none.
func (q *question) shown(within time.Duration) bool {
	return within == 0 || !q.Principal.Factor.IsZero() && q.now.Sub(q.Principal.Factor) < within
}

// plugin is the subject of the plugin: its own if policies know it.
func (q *question) plugin() string {
	if name := "plugin:" + q.Plugin; q.set.bySubject[name] != nil {
		return name
	}
	return "plugin"
}

// proxies are those for whom the caller may act now, with a right; "" for any.
func (q *question) proxies(right string) (list []Proxy) {
	for _, p := range q.Proxies {
		if (p.Until.IsZero() || q.now.Before(p.Until)) && fhir.ValidID(p.Patient.ID) && (right == "" || slices.Contains(p.Rights, right)) {
			list = append(list, p)
		}
	}
	return list
}

// selves are the resources that are the caller.
func (q *question) selves() []fhir.Key {
	list := slices.Clone(q.Self)
	for _, p := range q.proxies("") {
		if p.Related.ID != "" && !slices.Contains(list, p.Related) {
			list = append(list, p.Related)
		}
	}
	return list
}

func (q *question) actor() fhir.Actor {
	a := fhir.Actor{Client: q.Client}
	if len(q.Self) > 0 {
		a.Reference = q.Self[0].String()
	}
	return a
}

// ask is what the policies of a subject open.
func (q *question) ask(subject string) (o opening) {
	q.deciders = nil
	r := ladon.Request{Subject: subject, Action: q.action, Resource: "fhir:" + q.typ, Context: ladon.Context{asking: q}}
	if err := q.warden.IsAllowed(q.ctx, &r); err != nil {
		if errors.Is(err, ladon.ErrRequestForcefullyDenied) {
			o.denied = true
		}
		return o
	}
	for _, d := range q.deciders {
		opens := false
		for _, c := range d.GetConditions() {
			if w, ok := c.(*Within); ok {
				if s, some := q.slice(d.GetID(), w); some {
					o.slices, opens = append(o.slices, s), true
				}
			}
		}
		if !opens {
			continue
		}
		for _, c := range d.GetConditions() {
			switch c := c.(type) {
			case *Guards:
				o.guards = append(o.guards, c.guards()...)
			case *Ids:
				o.chooses = true
			}
		}
	}
	return o
}

func (g *Guards) guards() (list []fhir.Guard) {
	for _, e := range g.Keep {
		list = append(list, fhir.Guard{Element: e, Keep: true})
	}
	for _, e := range g.Own {
		list = append(list, fhir.Guard{Element: e, Own: true})
	}
	for _, b := range g.Become {
		list = append(list, fhir.Guard{Element: b.Element, From: b.From, To: b.To})
	}
	return list
}
