package portal

// Forgot is the page of those who have lost their password.
type Forgot struct{ Form *Form }

func (*Forgot) name() string   { return "forgot" }
func (*Forgot) Title() Message { return say("forgot.title") }
func (p *Forgot) form() *Form  { return p.Form }

func forgotForm(r *request) *Form {
	email := emailField("field.email")
	email.Focus = true
	return r.form("/forgot", "forgot.submit", email)
}

func (s *server) forgot(r *request) (reply, error) { return show(&Forgot{forgotForm(r)}) }

// doForgot answers alike whether or not there is such an account.
func (s *server) doForgot(r *request) (reply, error) {
	f := r.take(forgotForm(r))
	if f.Failed() {
		return again(&Forgot{f})
	}
	if err := s.Accounts.ForgotPassword(r.ctx, f.value("email"), r.origin()); err != nil {
		return refused(f, &Forgot{f}, err)
	}
	return to("/told/forgot")
}
