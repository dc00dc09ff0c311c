package portal

import (
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

func accountExhibits() []exhibit {
	password := func(r *request) (*Form, *Password) { f := passwordForm(r); return f, &Password{f} }
	email := func(r *request) (*Form, *Email) {
		f := changeEmailForm(r)
		return f, &Email{"ada@example.org", f}
	}
	proof := func(r *request) (*Form, *Proof) {
		f := codeForm(r, "/account/proof/code", "/account/factors")
		return f, &Proof{f, r.button("/account/proof/passkey", "login.passkey", "quiet", "", "next", "/account/factors")}
	}
	totp := func(r *request) (*Form, *NewTOTP) {
		f := totpForm(r, "f1", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "otpauth://totp/WebDoctor:ada@example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=WebDoctor")
		p, err := totpPage(f)
		if err != nil {
			panic("portal: gallery: " + err.Error())
		}
		return f, p
	}
	practise := func(r *request) (*Form, *Practise) {
		f := practiseForm(r)
		return f, &Practise{List: []OneLicence{someLicence(accounts.Refused)}, Form: f}
	}
	passkey := func(r *request) (*Form, *NewPasskey) { f := newPasskeyForm(r); return f, &NewPasskey{f} }
	remove := func(r *request, name string) *Confirm {
		return &Confirm{"factors.remove", say("factors.remove.ask"), r.button("/account/factors/remove", "factors.remove", "danger", name, "factor", "f1")}
	}
	return []exhibit{
		{"home", "patient", ada, func(*request) (page, error) { return homePage(ada), nil }},
		{"home", "doctor", noor, func(*request) (page, error) {
			p := homePage(noor)
			p.Licence = authz.Submitted
			return p, nil
		}},
		{"home", "administrator", piet, func(*request) (page, error) {
			p := homePage(piet)
			p.Notice = say("home.done.password")
			return p, nil
		}},
		{"factors", "must", entry, func(r *request) (page, error) {
			return &Factors{Must: true, TOTP: r.button("/account/factors/totp", "factors.totp.add", "quiet", ""), Passkey: "/account/factors/passkey", Leave: r.button("/logout", "second.leave", "quiet", "")}, nil
		}},
		{"factors", "some", ada, func(r *request) (page, error) {
			return &Factors{Notice: say("factors.done.added"), TOTP: r.button("/account/factors/totp", "factors.totp.add", "quiet", ""), Passkey: "/account/factors/passkey",
				List:  []OneFactor{{Kind: "passkey", Name: "My phone", Since: someday, Used: someday.AddDate(0, 1, 2), Remove: remove(r, "My phone")}, {Kind: "totp", Since: someday, Remove: remove(r, "")}},
				Codes: 9, Renew: &Confirm{"factors.renew", say("factors.renew.ask"), r.button("/account/factors/codes", "factors.renew", "", "")}}, nil
		}},
		formed("totp", "empty", entry, totp, nil),
		formed("totp", "wrong", entry, totp, func(f *Form) {
			sent("code", "000000")(f)
			f.fail("code", "problem.code.wrong")
		}),
		formed("passkey", "empty", ada, passkey, nil),
		formed("passkey", "missing", ada, passkey, sent()),
		{"codes", "new", ada, func(*request) (page, error) {
			return &Codes{[]string{"mzxw-6ytb-oi3d-4nzq", "nbsw-y3dp-fqqh-o33s", "onxw-2zlu-nbuw-4z3t", "mfrg-gzdf-mztw-q2lk", "krug-s4zb-nfzs-a5df", "pf2g-k4ro-mnwx-22lo", "ovzw-64tb-oq2d-sojq", "gezd-gnbv-gy3t-qojq", "ijqx-gzjr-gi2t-imrx", "jfxh-e5lt-nfsw-4y3f"}, "/account/factors"}, nil
		}},
		formed("password", "empty", ada, password, nil),
		formed("password", "wrong", ada, password, func(f *Form) {
			sent("old", "not this one", "password", "ada lindqvist 1988")(f)
			f.fail("old", "problem.password.wrong")
			f.fail("password", "problem.password.personal")
		}),
		formed("email", "empty", ada, email, nil),
		formed("proof", "code", ada, proof, nil),
		{"sessions", "two", ada, func(r *request) (page, error) {
			return &Sessions{Notice: say("sessions.done.ended"), List: []OneSession{
				{Browser: "Firefox", System: "Linux", Address: "192.0.2.17", Began: someday, Seen: someday.Add(time.Hour), Current: true},
				{Browser: "Safari", System: "iPhone", Address: "2001:db8::9f3e:12", Began: someday.AddDate(0, 0, -3), Seen: someday.AddDate(0, 0, -1), End: r.button("/account/sessions/end", "sessions.end", "inline", "Safari", "session", "s2")},
			}, Others: &Confirm{"sessions.others", say("sessions.others.ask"), r.button("/account/sessions/end", "sessions.others", "danger", "", "session", "others")}}, nil
		}},
		formed("practise", "refused", noor, practise, nil),
		formed("practise", "wrong", noor, practise, sent("number", "12 345")),
	}
}

func someLicence(state accounts.LicenceState) OneLicence {
	l := OneLicence{To: "/admin/licences/l1", Name: "Dr. Noor Haddad", Number: "BE-2026-118834", Issuer: "Medical Chamber", Region: "Berlin", State: string(state), Sent: someday, Expires: someday.AddDate(4, 0, 0)}
	if state == accounts.Refused {
		l.Reason = "The number is not in the register."
	}
	return l
}
