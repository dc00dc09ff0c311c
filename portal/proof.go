package portal

import "github.com/webdoctor/webdoctor/authz/accounts"

// Proof is the page that asks who is there, before something that must not be
// done by whoever finds a screen unlocked.
type Proof struct {
	Form    *Form
	Passkey *Form // nil when the password is enough
}

func (*Proof) name() string   { return "proof" }
func (*Proof) Title() Message { return say("proof.title") }
func (p *Proof) form() *Form  { return p.Form }

// proofPage asks for a second factor of those who have one, for the password
// of others.
func (s *server) proofPage(r *request, next string) (*Proof, error) {
	list, _, err := s.Accounts.Factors(r.ctx, r.secret())
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		f := passwordField("password", "field.password", "current-password")
		f.Focus = true
		return &Proof{Form: r.form("/account/proof", "proof.submit", nextField(next), f)}, nil
	}
	p := &Proof{Form: codeForm(r, "/account/proof/code", next)}
	for _, x := range list {
		if x.Kind == accounts.Passkey {
			p.Passkey = s.passkeyButton(r, "/account/proof/passkey", next)
		}
	}
	return p, nil
}

func (s *server) proof(r *request) (reply, error) {
	p, err := s.proofPage(r, local(r.query.Get("next")))
	if err != nil {
		return reply{}, err
	}
	return show(p)
}

func (s *server) doProof(r *request) (reply, error) {
	return s.prove(r, "/account/proof", func(f *Form) (accounts.Entry, error) {
		return s.Accounts.Reauthenticate(r.ctx, r.secret(), f.value("password"), r.origin())
	})
}

func (s *server) doProofCode(r *request) (reply, error) {
	return s.prove(r, "/account/proof/code", func(f *Form) (accounts.Entry, error) {
		return s.Accounts.Code(r.ctx, r.secret(), f.value("code"), r.origin())
	})
}

// prove goes on to what somebody wanted to do when they were asked.
func (s *server) prove(r *request, action string, deed func(*Form) (accounts.Entry, error)) (reply, error) {
	p, err := s.proofPage(r, local(r.sent.Get("next")))
	if err != nil {
		return reply{}, err
	}
	if p.Form.Action != action { // they have set up a second factor meanwhile, or removed it
		return to(with("/account/proof", "next", local(r.sent.Get("next"))))
	}
	f := r.take(p.Form)
	if f.Failed() {
		return again(p)
	}
	e, err := deed(f)
	if err != nil {
		return refused(f, p, err)
	}
	return s.enter(e, f.value("next"))
}
