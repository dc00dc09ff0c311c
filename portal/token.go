package portal

import (
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// Token is the page that a link in a letter leads to. Looking at it does
// nothing, because programs that read mail look at links too: the button does.
type Token struct {
	Key  string // of the texts: token.<Key>.title, .text
	Form *Form
}

func (*Token) name() string     { return "token" }
func (p *Token) Title() Message { return say("token." + p.Key + ".title") }
func (p *Token) form() *Form    { return p.Form }

// Text says what the button does.
func (p *Token) Text() Message { return say("token." + p.Key + ".text") }

// Spent is the page of a link that is good no longer.
type Spent struct{ Again string }

func (*Spent) name() string   { return "spent" }
func (*Spent) Title() Message { return say("spent.title") }

// tokenForm is a form that carries the token of a letter.
func tokenForm(r *request, key, path, token string, fields ...*Field) *Form {
	return r.form(path, "token."+key+".submit", append([]*Field{
		{Kind: "hidden", Name: "key", Value: token, Required: true, Max: 200}}, fields...)...)
}

// peeked shows the form of a link that is still good.
func (s *server) peeked(r *request, purpose accounts.Purpose, p page) (reply, error) {
	if _, err := s.Accounts.Peek(r.ctx, purpose, r.query.Get("token")); err != nil {
		return reply{}, err
	}
	return show(p)
}

// spend does what a link is for, and goes on.
func (s *server) spend(r *request, p *Token, next string, deed func(token string, f *Form) error) (reply, error) {
	f := r.take(p.Form)
	if f.Failed() {
		return again(p)
	}
	if err := deed(f.value("key"), f); err != nil {
		return refused(f, p, err)
	}
	return to(next)
}

func verifyPage(r *request, token string) *Token {
	return &Token{"verify", tokenForm(r, "verify", accounts.VerifyPath, token, passwordField("password", "field.password", "current-password"))}
}

func (s *server) verify(r *request) (reply, error) {
	return s.peeked(r, accounts.ForVerify, verifyPage(r, r.query.Get("token")))
}

func (s *server) doVerify(r *request) (reply, error) {
	return s.spend(r, verifyPage(r, ""), "/login?left=verified", func(token string, f *Form) error {
		return s.Accounts.Verify(r.ctx, token, f.value("password"), r.origin())
	})
}

func emailPage(r *request, token string) *Token {
	return &Token{"email", tokenForm(r, "email", accounts.EmailPath, token)}
}

func (s *server) email(r *request) (reply, error) {
	return s.peeked(r, accounts.ForEmail, emailPage(r, r.query.Get("token")))
}

func (s *server) doEmail(r *request) (reply, error) {
	return s.spend(r, emailPage(r, ""), "/account?done=email", func(token string, _ *Form) error {
		return s.Accounts.ConfirmEmail(r.ctx, token, r.origin())
	})
}

func resetPage(r *request, token string) *Token {
	return &Token{"reset", tokenForm(r, "reset", accounts.ResetPath, token, newPassword())}
}

func (s *server) reset(r *request) (reply, error) {
	return s.peeked(r, accounts.ForReset, resetPage(r, r.query.Get("token")))
}

func (s *server) doReset(r *request) (reply, error) {
	return s.spend(r, resetPage(r, ""), "/login?left=reset", func(token string, f *Form) error {
		return s.Accounts.Reset(r.ctx, token, f.value("password"), r.origin())
	})
}

func unlockPage(r *request, token string) *Token {
	return &Token{"unlock", tokenForm(r, "unlock", accounts.UnlockPath, token)}
}

func (s *server) unlock(r *request) (reply, error) {
	return s.peeked(r, accounts.ForUnlock, unlockPage(r, r.query.Get("token")))
}

func (s *server) doUnlock(r *request) (reply, error) {
	return s.spend(r, unlockPage(r, ""), "/login?left=unlocked", func(token string, _ *Form) error {
		return s.Accounts.Unlock(r.ctx, token, r.origin())
	})
}

func firstPage(r *request, token string) *Token {
	return &Token{"first", tokenForm(r, "first", accounts.FirstPath, token,
		&Field{Kind: "text", Name: "name", Label: "field.name", Complete: "name", Required: true, Focus: true},
		emailField("field.email"), newPassword())}
}

// first is the page of the link by which the first administrator comes in.
func (s *server) first(r *request) (reply, error) {
	return s.peeked(r, accounts.ForFirst, firstPage(r, r.query.Get("token")))
}

func (s *server) doFirst(r *request) (reply, error) {
	return s.spend(r, firstPage(r, ""), "/login?left=invited", func(token string, f *Form) error {
		return s.Accounts.First(r.ctx, token, accounts.Person{Email: f.value("email"), Name: f.value("name"), Language: r.language.Code}, f.value("password"), r.origin())
	})
}
