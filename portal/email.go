package portal

// Email is the page on which a person gives another address.
type Email struct {
	Now  string
	Form *Form
}

func (*Email) name() string   { return "email" }
func (*Email) Title() Message { return say("email.title") }
func (p *Email) form() *Form  { return p.Form }

func changeEmailForm(r *request) *Form {
	f := emailField("field.email.new")
	f.Complete, f.Focus = "email", true
	return r.form("/account/email", "email.submit", f)
}

func (s *server) changeEmail(r *request) (reply, error) {
	return show(&Email{r.person.Email, changeEmailForm(r)})
}

// doChangeEmail sends a letter to the new address, which stays without effect
// until the link in it is followed.
func (s *server) doChangeEmail(r *request) (reply, error) {
	p := &Email{r.person.Email, r.take(changeEmailForm(r))}
	if p.Form.Failed() {
		return again(p)
	}
	if err := s.Accounts.ChangeEmail(r.ctx, r.secret(), p.Form.value("email"), r.origin()); err != nil {
		return refused(p.Form, p, err)
	}
	return to("/told/email")
}
