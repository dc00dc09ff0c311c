package portal

import (
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// NewPasskey is the page on which a person names a passkey that they are about
// to make.
type NewPasskey struct{ Form *Form }

func (*NewPasskey) name() string   { return "passkey" }
func (*NewPasskey) Title() Message { return say("passkey.title") }
func (p *NewPasskey) form() *Form  { return p.Form }

// Ceremony is the page on which the browser asks for a passkey. The script
// begins at once; the button is for browsers that want to be told to, and for
// another try.
type Ceremony struct {
	Form *Form
	Back string
}

func (*Ceremony) name() string   { return "ceremony" }
func (*Ceremony) Title() Message { return say("ceremony.title") }
func (p *Ceremony) form() *Form  { return p.Form }

func newPasskeyForm(r *request) *Form {
	return r.form("/account/factors/passkey", "passkey.submit",
		&Field{Kind: "text", Name: "label", Label: "passkey.name", Hint: say("passkey.name.hint"), Complete: "off", Required: true, Focus: true, Max: 60})
}

// passkeyButton begins a ceremony, nil when there cannot be one.
func (s *server) passkeyButton(r *request, action, next string) *Form {
	if !s.Accounts.HasPasskeys() {
		return nil
	}
	f := r.button(action, "login.passkey", "quiet", "")
	f.Fields = []*Field{nextField(next)}
	return f
}

// ceremonyForm is the form that our script sends when the authenticator has
// answered. The token in it, and where it was sent from, make sure that it is
// this browser that began the ceremony.
func ceremonyForm(r *request, action, deed string, c accounts.Challenge, more ...*Field) *Form {
	f := r.form(action, "ceremony.submit", append(more,
		&Field{Kind: "hidden", Name: "ceremony", Value: c.ID, Required: true},
		&Field{Kind: "hidden", Name: "credential", Required: true, Max: 32 << 10})...)
	f.Passkey, f.Ceremony = string(c.Options), deed
	return f
}

// ceremony begins one and shows its page.
func (s *server) ceremony(r *request, action, deed, back string, begin func() (accounts.Challenge, error), more ...*Field) (reply, error) {
	c, err := begin()
	if err != nil {
		return s.unable(r, back, err)
	}
	return show(&Ceremony{ceremonyForm(r, action, deed, c, more...), back})
}

// unable is the answer when no passkey can be asked for, or the one that was
// given is not accepted: the way back and what is wrong.
func (s *server) unable(r *request, back string, err error) (reply, error) {
	p := &Ceremony{Form: &Form{}, Back: back}
	return refused(p.Form, p, err)
}

// answered takes the answer of the authenticator out of the form.
func answered(r *request, more ...*Field) *Form {
	return r.take(ceremonyForm(r, "", "", accounts.Challenge{}, more...))
}

func (s *server) loginPasskey(r *request) (reply, error) {
	next := local(r.sent.Get("next"))
	return s.leading(r, next)(s.ceremony(r, "/login/passkey/answer", "get", with("/login", "next", next), func() (accounts.Challenge, error) {
		return s.Accounts.BeginPasskeyLogin(r.ctx, r.origin())
	}, nextField(next)))
}

func (s *server) doLoginPasskey(r *request) (reply, error) {
	f := answered(r, nextField(""))
	e, err := s.Accounts.PasskeyLogin(r.ctx, f.value("ceremony"), []byte(f.value("credential")), r.origin())
	if err != nil {
		return s.unable(r, with("/login", "next", local(f.value("next"))), err)
	}
	return s.enter(e, f.value("next"))
}

func (s *server) secondPasskey(r *request) (reply, error) {
	return s.provePasskey(r, "/login/factor")
}

func (s *server) doSecondPasskey(r *request) (reply, error) {
	return s.provenPasskey(r, "/login/factor")
}

func (s *server) proofPasskey(r *request) (reply, error) { return s.provePasskey(r, "/account/proof") }

func (s *server) doProofPasskey(r *request) (reply, error) {
	return s.provenPasskey(r, "/account/proof")
}

// provePasskey asks for a passkey of somebody who is known already.
func (s *server) provePasskey(r *request, page string) (reply, error) {
	next := local(r.sent.Get("next"))
	return s.leading(r, next)(s.ceremony(r, page+"/passkey/answer", "get", with(page, "next", next), func() (accounts.Challenge, error) {
		return s.Accounts.BeginPasskeyFactor(r.ctx, r.secret())
	}, nextField(next)))
}

func (s *server) provenPasskey(r *request, page string) (reply, error) {
	f := answered(r, nextField(""))
	e, err := s.Accounts.PasskeyFactor(r.ctx, r.secret(), f.value("ceremony"), []byte(f.value("credential")), r.origin())
	if err != nil {
		return s.unable(r, with(page, "next", local(f.value("next"))), err)
	}
	return s.enter(e, f.value("next"))
}

func (s *server) newPasskey(r *request) (reply, error) { return show(&NewPasskey{newPasskeyForm(r)}) }

func labelField(label string) *Field {
	return &Field{Kind: "hidden", Name: "label", Value: label, Required: true, Max: 60}
}

func (s *server) makePasskey(r *request) (reply, error) {
	f := r.take(newPasskeyForm(r))
	if f.Failed() {
		return again(&NewPasskey{f})
	}
	r.back = "/account/factors/passkey"
	return s.ceremony(r, "/account/factors/passkey/answer", "create", "/account/factors", func() (accounts.Challenge, error) {
		return s.Accounts.BeginPasskey(r.ctx, r.secret())
	}, labelField(f.value("label")))
}

func (s *server) doNewPasskey(r *request) (reply, error) {
	f := answered(r, labelField(""))
	r.back = "/account/factors/passkey"
	e, codes, err := s.Accounts.FinishPasskey(r.ctx, r.secret(), f.value("ceremony"), f.value("label"), []byte(f.value("credential")), r.origin())
	if err != nil {
		return s.unable(r, "/account/factors/passkey", err)
	}
	return s.enrolled(e, codes)
}
