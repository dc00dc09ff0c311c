package portal

import "github.com/webdoctor/webdoctor/authz/accounts"

// Invited is the page on which somebody who was invited chooses a password.
type Invited struct {
	Email string
	Form  *Form
}

func (*Invited) name() string   { return "invited" }
func (*Invited) Title() Message { return say("invited.title") }
func (p *Invited) form() *Form  { return p.Form }

func invitedForm(r *request, token string) *Form {
	return tokenForm(r, "invited", accounts.InvitePath, token, newPassword())
}

func (s *server) invited(r *request) (reply, error) {
	k, err := s.Accounts.Peek(r.ctx, accounts.ForInvite, r.query.Get("token"))
	if err != nil {
		return reply{}, err
	}
	return show(&Invited{k.Email, invitedForm(r, r.query.Get("token"))})
}

func (s *server) doInvited(r *request) (reply, error) {
	f := r.take(invitedForm(r, ""))
	k, err := s.Accounts.Peek(r.ctx, accounts.ForInvite, f.value("key"))
	if err != nil {
		return reply{}, err
	}
	p := &Invited{k.Email, f}
	if f.Failed() {
		return again(p)
	}
	if err := s.Accounts.Accept(r.ctx, f.value("key"), f.value("password"), r.origin()); err != nil {
		return refused(f, p, err)
	}
	return to("/login?left=invited")
}
