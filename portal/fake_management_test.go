package portal_test

import (
	"context"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// managing looks whether it is an administrator who asks.
func managing(by authz.Principal) error {
	if len(by.Roles) != 1 || by.Roles[0] != authz.Administrator {
		return refuse("", "admin.only")
	}
	return nil
}

func (p *people) List(_ context.Context, by authz.Principal, _ string, _ int) ([]accounts.Account, error) {
	return []accounts.Account{*p.list["patient"]}, managing(by)
}

func (p *people) Find(_ context.Context, by authz.Principal, email string) (accounts.Account, error) {
	who, _, _ := strings.Cut(email, "@")
	if p.list[who] == nil {
		return accounts.Account{}, refuse("", "account.unknown")
	}
	return *p.list[who], managing(by)
}

func (p *people) Get(_ context.Context, by authz.Principal, id string) (accounts.Account, error) {
	if p.list[id] == nil {
		return accounts.Account{}, refuse("", "account.unknown")
	}
	return *p.list[id], managing(by)
}

func (p *people) Invite(_ context.Context, by authz.Principal, who accounts.Person) (string, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who.Email == "patient@example.org" {
		return "", "", refuse("email", "email.taken")
	}
	roles := ""
	for _, h := range who.Held {
		roles += " " + string(h.Role)
	}
	p.did("invite " + who.Email + roles)
	return "x", "", managing(by)
}

func (p *people) SetRoles(_ context.Context, by authz.Principal, id string, held []accounts.Held) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	what := "roles of " + id
	for _, h := range held {
		what += " " + string(h.Role) + "=" + h.Self.Type + "/" + h.Self.ID
	}
	p.did(what)
	return managing(by)
}

func (p *people) Disable(_ context.Context, by authz.Principal, id, reason string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("disable " + id + " " + reason)
	return managing(by)
}

func (p *people) ForgetFactors(_ context.Context, by authz.Principal, id string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("forget " + id)
	return false, managing(by)
}

func (p *people) SubmitLicence(_ context.Context, by authz.Principal, l accounts.Licence) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("licence " + l.Number + " of " + by.Account + " until " + l.Expires.Format(time.DateOnly) + " " + string(l.State))
	return "l2", nil
}

func (p *people) Licences(context.Context, authz.Principal, string) ([]accounts.Licence, error) {
	return nil, nil
}

func (p *people) LicencesIn(_ context.Context, by authz.Principal, state accounts.LicenceState) (list []accounts.Licence, _ error) {
	for _, l := range p.licences {
		if l.State == state {
			list = append(list, l)
		}
	}
	return list, managing(by)
}

func (p *people) LicenceByID(_ context.Context, by authz.Principal, id string) (accounts.Licence, error) {
	l, ok := p.licences[id]
	if !ok {
		return l, refuse("", "licence.unknown")
	}
	return l, managing(by)
}

func (p *people) VerifyLicence(_ context.Context, by authz.Principal, id, evidence string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("verify " + id + " " + evidence)
	return managing(by)
}
