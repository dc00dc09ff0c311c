package portal

import (
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// AppsPage is the page of the apps that a person has let in.
type AppsPage struct {
	Notice Message
	List   []OneApp
}

// OneApp is one of them.
type OneApp struct {
	Name, Site   string
	Since, Until time.Time
	Offline      bool
	Allows       []Message
	Revoke       *Confirm
}

func (*AppsPage) name() string   { return "apps" }
func (*AppsPage) Title() Message { return say("apps.title") }
func (*AppsPage) wide()          {}

func (s *server) apps(r *request) (reply, error) {
	list, err := s.Apps.Granted(r.ctx, r.person.Principal.Account)
	if err != nil {
		return reply{}, err
	}
	p := &AppsPage{Notice: notice(r, "apps", "revoked")}
	for _, g := range list {
		one := OneApp{Name: g.Name, Since: g.Since, Until: g.Until, Offline: g.Offline, Revoke: &Confirm{
			"apps.revoke", say("apps.revoke.ask", "app", g.Name), r.button("/account/apps/revoke", "apps.revoke", "danger", g.Name, "app", g.Client)}}
		for _, word := range g.Scopes {
			if scope, clinical, err := authz.ParseScope(word); err == nil && clinical {
				one.Allows = append(one.Allows, scopeText(scope))
			}
		}
		p.List = append(p.List, one)
	}
	return show(p)
}

func (s *server) revokeApp(r *request) (reply, error) {
	f := r.take(r.button("", "", "", "", "app", ""))
	if f.Failed() {
		return to("/account/apps")
	}
	if err := s.Apps.Withdraw(r.ctx, r.person.Principal.Account, f.value("app")); err != nil {
		return reply{}, err
	}
	return to("/account/apps?done=revoked")
}
