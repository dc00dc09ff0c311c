package portal

import (
	"net/url"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// AccountPage is one account, for administrators.
type AccountPage struct {
	Notice      Message
	Name, Email string
	State       string
	Created     time.Time
	Own         bool // it is the reader's
	Roles       *Form
	Forget      *Confirm // of second factors that were lost
	Disable     *Form    // nil when it is disabled
	Enable      *Form
}

func (*AccountPage) name() string     { return "account" }
func (p *AccountPage) Title() Message { return say("account.title", "name", p.Name) }
func (p *AccountPage) form() *Form {
	if p.Disable != nil && p.Disable.Failed() {
		return p.Disable
	}
	return p.Roles
}

// accountPage makes the page of an account, unless it is not there.
func (s *server) accountPage(r *request) (*AccountPage, accounts.Account, error) {
	a, err := s.Accounts.Get(r.ctx, r.person.Principal, r.params["id"])
	if err != nil {
		return nil, a, err
	}
	return managed(r, a), a, nil
}

// managed is the page of an account. Nobody manages their own.
func managed(r *request, a accounts.Account) *AccountPage {
	one := oneAccount(a)
	p := &AccountPage{Name: one.Name, Email: a.Email, State: one.State, Created: a.Created, Own: a.ID == r.person.Principal.Account}
	if p.Own {
		return p
	}
	path := one.To
	p.Roles = r.form(path+"/roles", "account.roles.submit", rolesField(one.Roles, allRoles...),
		selfField(a, authz.Patient), selfField(a, authz.Practitioner))
	p.Forget = &Confirm{"account.forget", say("account.forget.ask"), r.button(path+"/factors", "account.forget", "danger", "")}
	if a.State == accounts.Disabled {
		p.Enable = r.button(path+"/enable", "account.enable", "quiet", "")
	} else {
		p.Disable = r.form(path+"/disable", "account.disable", &Field{Kind: "text", Name: "reason", Label: "account.reason", Complete: "off", Required: true})
		p.Disable.Style = "danger"
	}
	return p
}

// selfField names the resource that is the person in a role.
func selfField(a accounts.Account, role authz.Role) *Field {
	f := &Field{Kind: "text", Name: string(role), Label: "account.self." + string(role), Hint: say("account.self.hint"), Complete: "off", Max: 80}
	for _, h := range a.Held {
		if h.Role == role && h.Self.ID != "" {
			f.Value = h.Self.ID
		}
	}
	return f
}

func (s *server) account(r *request) (reply, error) {
	p, _, err := s.accountPage(r)
	if err != nil {
		return reply{}, err
	}
	p.Notice = notice(r, "account", "roles", "disabled", "enabled", "proposed", "forgotten")
	return show(p)
}

// doRoles gives an account the roles that are ticked, and keeps or changes
// the resources that are the person in them.
func (s *server) doRoles(r *request) (reply, error) {
	p, a, err := s.accountPage(r)
	if err != nil || p.Own {
		return s.own(err)
	}
	f := r.take(p.Roles)
	if f.Failed() {
		return again(p)
	}
	types := map[authz.Role]string{authz.Patient: "Patient", authz.Practitioner: "Practitioner"}
	var held []accounts.Held
	for _, name := range f.field("roles").Values {
		h := accounts.Held{Role: authz.Role(name)}
		if typ := types[h.Role]; typ != "" {
			id := strings.TrimPrefix(f.value(name), typ+"/")
			if id != "" && !fhir.ValidID(id) {
				f.fail(name, "account.self.wrong")
				continue
			}
			if id != "" {
				h.Self = fhir.Key{Type: typ, ID: id}
			}
		}
		held = append(held, h)
	}
	if f.Failed() {
		return again(p)
	}
	if err := s.Accounts.SetRoles(r.ctx, r.person.Principal, a.ID, held); err != nil {
		return refused(f, p, err)
	}
	return to("/admin/accounts/" + url.PathEscape(a.ID) + "?done=roles")
}

// own refuses what nobody does to their own account.
func (s *server) own(err error) (reply, error) {
	if err == nil {
		err = fhir.Errorf(fhir.Forbidden, "nobody can do this to their own account")
	}
	return reply{}, err
}

func (s *server) doDisable(r *request) (reply, error) {
	p, a, err := s.accountPage(r)
	if err != nil || p.Own {
		return s.own(err)
	}
	done := "/admin/accounts/" + url.PathEscape(a.ID) + "?done=disabled"
	if p.Disable == nil { // it is disabled already
		return to(done)
	}
	f := r.take(p.Disable)
	if f.Failed() {
		return again(p)
	}
	if err := s.Accounts.Disable(r.ctx, r.person.Principal, a.ID, f.value("reason")); err != nil {
		return refused(f, p, err)
	}
	return to(done)
}

func (s *server) doEnable(r *request) (reply, error) {
	p, a, err := s.accountPage(r)
	if err != nil || p.Own {
		return s.own(err)
	}
	if p.Enable != nil {
		if err := s.Accounts.Enable(r.ctx, r.person.Principal, a.ID); err != nil {
			return refused(p.Enable, p, err)
		}
	}
	return to("/admin/accounts/" + url.PathEscape(a.ID) + "?done=enabled")
}

// doForget takes the second factors of somebody who has lost them, when
// another administrator has asked for the same.
func (s *server) doForget(r *request) (reply, error) {
	p, a, err := s.accountPage(r)
	if err != nil || p.Own {
		return s.own(err)
	}
	done, err := s.Accounts.ForgetFactors(r.ctx, r.person.Principal, a.ID)
	if err != nil {
		return refused(p.Roles, p, err)
	}
	what := "proposed"
	if done {
		what = "forgotten"
	}
	return to("/admin/accounts/" + url.PathEscape(a.ID) + "?done=" + what)
}
