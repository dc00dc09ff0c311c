package portal

import "github.com/webdoctor/webdoctor/authz/accounts"

func (s *server) entranceExhibits() []exhibit {
	login := func(r *request) (*Form, *Login) { p := s.loginPage(r, loginForm(r, "")); return p.Password, p }
	code := func(r *request) (*Form, *Second) { p := s.secondPage(r, ""); return p.Code, p }
	register := func(r *request) (*Form, *Register) { f := registerForm(r); return f, &Register{f} }
	forgot := func(r *request) (*Form, *Forgot) { f := forgotForm(r); return f, &Forgot{f} }
	asked := &Person{Name: "Dr. Noor Haddad", Lacks: accounts.Factor}
	return []exhibit{
		formed("login", "empty", nil, login, nil),
		formed("login", "missing", nil, login, sent()),
		formed("login", "refused", nil, login, func(f *Form) {
			sent("email", "ada@example.org", "password", "wrong horse battery")(f)
			alerted("login.failed")(f)
		}),
		formed("login", "slow", nil, login, alerted("login.slow", "count", 3)),
		{"login", "idle", nil, func(r *request) (page, error) {
			p := s.loginPage(r, loginForm(r, ""))
			p.Notice = say("login.left.idle")
			return p, nil
		}},
		formed("second", "empty", asked, code, nil),
		formed("second", "wrong", asked, code, func(f *Form) {
			sent("code", "123456")(f)
			f.fail("code", "problem.code.wrong")
		}),
		{"ceremony", "asking", asked, func(r *request) (page, error) {
			return &Ceremony{ceremonyForm(r, "/login/passkey/answer", "get", accounts.Challenge{ID: "1", Options: []byte(`{}`)}), "/login"}, nil
		}},
		{"ceremony", "refused", asked, func(*request) (page, error) {
			return &Ceremony{&Form{Alert: say("problem.passkey.refused")}, "/login"}, nil
		}},
		formed("register", "empty", nil, register, nil),
		formed("register", "wrong", nil, register, func(f *Form) {
			sent("given", "Ada", "birth", "1988-04-31", "email", "ada@example", "password", "short")(f)
			f.fail("password", "problem.password.short")
			f.fail("birth", "problem.profile.birth")
		}),
		formed("forgot", "empty", nil, forgot, nil),
		formed("forgot", "wrong", nil, forgot, sent("email", "ada")),
	}
}

func letterExhibits() []exhibit {
	token := func(make func(*request, string) *Token) func(*request) (*Form, *Token) {
		return func(r *request) (*Form, *Token) { p := make(r, "token-of-the-letter"); return p.Form, p }
	}
	invited := func(r *request) (*Form, *Invited) {
		f := invitedForm(r, "token-of-the-letter")
		return f, &Invited{"noor.haddad@example.org", f}
	}
	return []exhibit{
		{"told", "registered", nil, func(*request) (page, error) {
			return &Told{Key: "registered", Next: "/login", Mailbox: true}, nil
		}},
		{"told", "forgot", nil, func(*request) (page, error) { return &Told{Key: "forgot", Next: "/login"}, nil }},
		{"told", "email", ada, func(*request) (page, error) { return &Told{Key: "email", Next: "/account"}, nil }},
		formed("token", "verify", nil, token(verifyPage), nil),
		formed("token", "email", nil, token(emailPage), nil),
		formed("token", "reset", nil, token(resetPage), nil),
		formed("token", "reset-common", nil, token(resetPage), func(f *Form) {
			sent("password", "password1234567")(f)
			f.fail("password", "problem.password.common")
		}),
		formed("token", "unlock", nil, token(unlockPage), nil),
		formed("token", "first", nil, token(firstPage), nil),
		formed("invited", "empty", nil, invited, nil),
		{"spent", "reset", nil, func(*request) (page, error) { return &Spent{"/forgot"}, nil }},
		{"spent", "other", nil, func(*request) (page, error) { return &Spent{}, nil }},
		{"mailbox", "empty", nil, func(*request) (page, error) { return &MailboxPage{}, nil }},
		{"mailbox", "letters", nil, func(*request) (page, error) {
			return &MailboxPage{[]OneLetter{{To: "ada@example.org", Subject: "Confirm your address", At: someday, Links: []string{"/verify?token=abc"},
				Text: "Hello Ada,\n\nplease confirm your address:\n\nhttps://clinic.example.org/verify?token=abc\n\nThe link works for 24 hours."}}}, nil
		}},
	}
}
