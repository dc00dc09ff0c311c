package portal

import (
	"net/http"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

// Login is the page of the first step in.
type Login struct {
	Notice   Message // why somebody is here: idle, a password that was set
	Password *Form
	Passkey  *Form // nil where browsers have none: at an address of numbers
	Register string
}

func (*Login) name() string   { return "login" }
func (*Login) Title() Message { return say("login.title") }
func (p *Login) form() *Form  { return p.Password }

// Second is the page of the second step.
type Second struct {
	Code    *Form
	Passkey *Form
	Leave   *Form
}

func (*Second) name() string   { return "second" }
func (*Second) Title() Message { return say("second.title") }
func (p *Second) form() *Form  { return p.Code }

func nextField(next string) *Field {
	return &Field{Kind: "hidden", Name: "next", Value: next, Max: 2000}
}

func emailField(label string) *Field {
	return &Field{Kind: "email", Name: "email", Label: label, Complete: "username", Required: true, Max: 254}
}

func passwordField(name, label, complete string) *Field {
	return &Field{Kind: "password", Name: name, Label: label, Complete: complete, Required: true, Max: 256}
}

func loginForm(r *request, next string) *Form {
	email := emailField("field.email")
	email.Focus = true
	return r.form("/login", "login.submit", nextField(next), email, passwordField("password", "field.password", "current-password"))
}

func codeForm(r *request, action, next string) *Form {
	return r.form(action, "second.submit", nextField(next),
		&Field{Kind: "text", Name: "code", Label: "second.code", Hint: say("second.code.hint"), Complete: "one-time-code", Required: true, Focus: true, Max: 40})
}

// root sends people where they belong.
func (s *server) root(r *request) (reply, error) {
	if r.person == nil {
		return to("/login")
	}
	return to(home(r.person.Lacks))
}

func (s *server) login(r *request) (reply, error) {
	next := local(r.query.Get("next"))
	if r.person != nil && r.person.Lacks == accounts.Whole {
		if next == "" {
			next = "/account"
		}
		return to(next)
	}
	p := s.loginPage(r, loginForm(r, next))
	if notice := r.query.Get("left"); notice == "idle" || notice == "out" || notice == "reset" || notice == "verified" || notice == "invited" || notice == "unlocked" {
		p.Notice = say("login.left." + notice)
	}
	return s.leading(r, next)(show(p))
}

func (s *server) loginPage(r *request, f *Form) *Login {
	return &Login{Password: f, Passkey: s.passkeyButton(r, "/login/passkey", f.value("next")), Register: "/register"}
}

func (s *server) doLogin(r *request) (reply, error) {
	f := r.take(loginForm(r, ""))
	p := s.loginPage(r, f)
	next := f.value("next")
	if f.Failed() {
		return s.leading(r, next)(again(p))
	}
	e, err := s.Accounts.Login(r.ctx, f.value("email"), f.value("password"), r.origin())
	if err != nil {
		return s.leading(r, next)(refused(f, p, err))
	}
	return s.enter(e, next)
}

// leading lets the forms of a page end at an app: who signs in because of one
// may be sent on to it without another page in between.
func (s *server) leading(r *request, next string) func(reply, error) (reply, error) {
	return func(answer reply, err error) (reply, error) {
		if err == nil {
			answer.targets = s.targets(r, next)
		}
		return answer, err
	}
}

func (s *server) second(r *request) (reply, error) {
	next := local(r.query.Get("next"))
	return s.leading(r, next)(show(s.secondPage(r, next)))
}

func (s *server) secondPage(r *request, next string) *Second {
	return &Second{
		Code:    codeForm(r, "/login/factor", next),
		Passkey: s.passkeyButton(r, "/login/factor/passkey", next),
		Leave:   r.button("/logout", "second.leave", "quiet", ""),
	}
}

// doCode takes a code of an app, or a recovery code.
func (s *server) doCode(r *request) (reply, error) {
	p := s.secondPage(r, local(r.sent.Get("next")))
	f := r.take(p.Code)
	if f.Failed() {
		return s.leading(r, f.value("next"))(again(p))
	}
	e, err := s.Accounts.Code(r.ctx, r.secret(), f.value("code"), r.origin())
	if err != nil {
		return s.leading(r, f.value("next"))(refused(f, p, err))
	}
	return s.enter(e, f.value("next"))
}

// logout ends the session and lets the browser forget what it saw.
func (s *server) logout(r *request) (reply, error) {
	if cookie := r.secret(); cookie != "" {
		if err := s.Accounts.Logout(r.ctx, cookie, r.origin()); err != nil {
			return reply{}, err
		}
	}
	answer, err := to("/login?left=out")
	answer.cookies, answer.clear = []*http.Cookie{s.bake(sessionCookie, "", -1)}, true
	return answer, err
}
