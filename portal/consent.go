package portal

import (
	"net/url"
	"slices"
)

// Consent is the page on which a person lets an app in, or does not.
type Consent struct {
	App     string
	Site    string // where the app is at home
	Target  string // origin that the browser goes on to
	Patient string // whose record it is about
	Offline bool
	Form    *Form
	Refuse  *Form
}

func (*Consent) name() string   { return "consent" }
func (*Consent) Title() Message { return say("consent.title") }
func (p *Consent) form() *Form  { return p.Form }

// signed is the session that answers an app.
func (r *request) signed() Signed {
	return Signed{r.person.Principal.Account, r.person.Principal.Session, r.person.Proved}
}

// targets are the origins outside that a way leads to when it goes back to a
// request of an app.
func (s *server) targets(r *request, next string) []string {
	u, err := url.Parse(next)
	if err != nil {
		return nil
	}
	return s.target(r, u.Query().Get("authorization"))
}

func (s *server) target(r *request, id string) []string {
	if id == "" || len(id) > 200 || s.Apps == nil {
		return nil
	}
	if origin := s.Apps.Target(r.ctx, id); origin != "" {
		return []string{origin}
	}
	return nil
}

func authorizationField(id string) *Field {
	return &Field{Kind: "hidden", Name: "authorization", Value: id, Required: true}
}

func refuseForm(r *request, id string) *Form {
	f := r.form("/consent/refuse", "consent.refuse", authorizationField(id))
	f.Style = "quiet"
	return f
}

func (s *server) consent(r *request) (reply, error) {
	id := r.query.Get("authorization")
	q, err := s.Apps.Pending(r.ctx, id, r.signed())
	if err != nil {
		return reply{}, err
	}
	if q.Step != StepConsent {
		return to(s.Apps.Continue(id))
	}
	p, err := s.consentPage(r, id, q)
	if err != nil {
		return reply{}, err
	}
	answer, err := show(p)
	answer.targets = s.target(r, id)
	return answer, err
}

func (s *server) consentPage(r *request, id string, q Pending) (*Consent, error) {
	p := &Consent{
		App: q.App, Site: q.Site, Target: s.Apps.Target(r.ctx, id), Offline: slices.Contains(q.Asked, "offline_access"),
		Form: r.form("/consent", "consent.submit", authorizationField(id), scopeField(q.Asked)), Refuse: refuseForm(r, id),
	}
	if q.Patient != "" {
		named, err := s.named(r, q.Patient)
		if err != nil {
			return nil, err
		}
		p.Patient = named.Name
	}
	return p, nil
}

func (s *server) doConsent(r *request) (reply, error) {
	id := r.sent.Get("authorization")
	q, err := s.Apps.Pending(r.ctx, id, r.signed())
	if err != nil {
		return reply{}, err
	}
	if q.Step != StepConsent { // answered in another tab
		return to(s.Apps.Continue(id))
	}
	p, err := s.consentPage(r, id, q)
	if err != nil {
		return reply{}, err
	}
	f := r.take(p.Form)
	if f.Failed() {
		answer, err := again(p)
		answer.targets = s.target(r, id)
		return answer, err
	}
	if err := s.Apps.Decide(r.ctx, id, r.signed(), agreed(q.Asked, f.field("scopes"))); err != nil {
		return reply{}, err
	}
	return to(s.Apps.Continue(id))
}

// doRefuse tells the app no.
func (s *server) doRefuse(r *request) (reply, error) {
	f := r.take(refuseForm(r, ""))
	if f.Failed() {
		return s.lost(r)
	}
	id := f.value("authorization")
	q, err := s.Apps.Pending(r.ctx, id, r.signed())
	if err != nil {
		return reply{}, err
	}
	if q.Step == StepConsent {
		if err := s.Apps.Decide(r.ctx, id, r.signed(), nil); err != nil {
			return reply{}, err
		}
	}
	return to(s.Apps.Continue(id))
}
