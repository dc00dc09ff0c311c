package portal

import (
	"net/url"
	"strings"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// AccountsPage is the list of accounts, for administrators.
type AccountsPage struct {
	Notice Message
	Search *Form
	List   []OneAccount
	Next   string // address of the following page
}

// OneAccount is one of them.
type OneAccount struct {
	To          string
	Name, Email string
	Roles       []authz.Role
	State       string
}

func (*AccountsPage) name() string   { return "accounts" }
func (*AccountsPage) Title() Message { return say("accounts.title") }
func (*AccountsPage) wide()          {}

// InvitePage is the page on which an administrator invites somebody.
type InvitePage struct{ Form *Form }

func (*InvitePage) name() string   { return "invite" }
func (*InvitePage) Title() Message { return say("invite.title") }
func (p *InvitePage) form() *Form  { return p.Form }

// pageOf is how many accounts a page of the list has.
const pageOf = 50

func searchAccounts(r *request) *Form {
	return r.form("/admin/accounts", "accounts.search", &Field{Kind: "search", Name: "email", Label: "accounts.email", Value: strings.TrimSpace(r.query.Get("email")), Complete: "off", Plain: true})
}

func (s *server) accounts(r *request) (reply, error) {
	p := &AccountsPage{Notice: notice(r, "accounts", "invited"), Search: searchAccounts(r)}
	if email := p.Search.value("email"); email != "" {
		a, err := s.Accounts.Find(r.ctx, r.person.Principal, email)
		switch {
		case accounts.IsProblem(err, "account.unknown"):
		case err != nil:
			return reply{}, err
		default:
			p.List = append(p.List, oneAccount(a))
		}
		return show(p)
	}
	list, err := s.Accounts.List(r.ctx, r.person.Principal, r.query.Get("after"), pageOf+1)
	if err != nil {
		return reply{}, err
	}
	if len(list) > pageOf {
		list = list[:pageOf]
		p.Next = with("/admin/accounts", "after", list[pageOf-1].ID)
	}
	for _, a := range list {
		p.List = append(p.List, oneAccount(a))
	}
	return show(p)
}

func oneAccount(a accounts.Account) OneAccount {
	one := OneAccount{To: "/admin/accounts/" + url.PathEscape(a.ID), Name: a.Name, Email: a.Email, State: string(a.State)}
	if one.Name == "" {
		one.Name = a.Email
	}
	for _, h := range a.Held {
		one.Roles = append(one.Roles, h.Role)
	}
	return one
}

func inviteForm(r *request) *Form {
	email := emailField("field.email")
	email.Complete, email.Focus = "off", true
	return r.form("/admin/invite", "invite.submit", email,
		&Field{Kind: "text", Name: "name", Label: "field.name", Complete: "off", Required: true},
		rolesField(nil, authz.Practitioner, authz.Staff, authz.Administrator))
}

func (s *server) invite(r *request) (reply, error) { return show(&InvitePage{inviteForm(r)}) }

func (s *server) doInvite(r *request) (reply, error) {
	f := r.take(inviteForm(r))
	if f.Failed() {
		return again(&InvitePage{f})
	}
	p := accounts.Person{Email: f.value("email"), Name: f.value("name"), Language: r.language.Code}
	for _, role := range f.field("roles").Values {
		p.Held = append(p.Held, accounts.Held{Role: authz.Role(role)})
	}
	if _, _, err := s.Accounts.Invite(r.ctx, r.person.Principal, p); err != nil {
		return refused(f, &InvitePage{f}, err)
	}
	return to("/admin/accounts?done=invited")
}
