package portal

import "net/http"

// Password is the page on which a person changes their password.
type Password struct{ Form *Form }

func (*Password) name() string   { return "password" }
func (*Password) Title() Message { return say("password.title") }
func (p *Password) form() *Form  { return p.Form }

func passwordForm(r *request) *Form {
	old := passwordField("old", "field.password.old", "current-password")
	old.Focus = true
	return r.form("/account/password", "password.submit", old, newPassword())
}

func (s *server) password(r *request) (reply, error) { return show(&Password{passwordForm(r)}) }

func (s *server) doPassword(r *request) (reply, error) {
	f := r.take(passwordForm(r))
	if f.Failed() {
		return again(&Password{f})
	}
	e, err := s.Accounts.ChangePassword(r.ctx, r.secret(), f.value("old"), f.value("password"), r.origin())
	if err != nil {
		return refused(f, &Password{f}, err)
	}
	answer, err := to("/account?done=password")
	answer.cookies = []*http.Cookie{s.bake(sessionCookie, e.Cookie, 0)}
	return answer, err
}
