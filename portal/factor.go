package portal

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// Factors is the page of what a person proves themselves with.
type Factors struct {
	Notice  Message
	Must    bool // one has to be set up before anything else
	List    []OneFactor
	TOTP    *Form // sets up an app
	Passkey string
	Codes   int // recovery codes that are left
	Renew   *Confirm
	Leave   *Form // for those who are on the way in
}

// OneFactor is one of them.
type OneFactor struct {
	Kind   string // totp, passkey
	Name   string
	Since  time.Time
	Used   time.Time
	Remove *Confirm
}

// Confirm is a deed that is asked about once more, without a script: a
// disclosure with the question and the button.
type Confirm struct {
	Label    string // key
	Question Message
	Form     *Form
}

func (*Factors) name() string   { return "factors" }
func (*Factors) Title() Message { return say("factors.title") }

// NewTOTP is the page on which an app for codes is set up.
type NewTOTP struct {
	QR     QR
	Secret string       // in groups of four, for typing
	URI    template.URL // for apps on the same device
	Form   *Form
}

func (*NewTOTP) name() string   { return "totp" }
func (*NewTOTP) Title() Message { return say("totp.title") }
func (p *NewTOTP) form() *Form  { return p.Form }

// Codes is the page of new recovery codes. It is shown once.
type Codes struct {
	List []string
	Next string
}

func (*Codes) name() string   { return "codes" }
func (*Codes) Title() Message { return say("codes.title") }

func totpForm(r *request, factor, secret, uri string) *Form {
	return r.form("/account/factors/totp/confirm", "totp.submit",
		&Field{Kind: "hidden", Name: "factor", Value: factor, Required: true},
		&Field{Kind: "hidden", Name: "secret", Value: secret, Required: true},
		&Field{Kind: "hidden", Name: "uri", Value: uri, Required: true, Max: 1000},
		&Field{Kind: "code", Name: "code", Label: "totp.code", Hint: say("totp.code.hint"), Required: true, Max: 10})
}

func (s *server) factors(r *request) (reply, error) {
	p := &Factors{Notice: notice(r, "factors", "added", "removed"), TOTP: r.button("/account/factors/totp", "factors.totp.add", "quiet", "")}
	if s.Accounts.HasPasskeys() {
		p.Passkey = "/account/factors/passkey"
	}
	if r.person.Lacks == accounts.Enrol {
		p.Must, p.Leave = true, r.button("/logout", "second.leave", "quiet", "")
		return show(p)
	}
	list, codes, err := s.Accounts.Factors(r.ctx, r.secret())
	if err != nil {
		return reply{}, err
	}
	for _, x := range list {
		p.List = append(p.List, OneFactor{Kind: string(x.Kind), Name: x.Name, Since: x.Created, Used: x.Used, Remove: &Confirm{
			"factors.remove", say("factors.remove.ask"), r.button("/account/factors/remove", "factors.remove", "danger", x.Name, "factor", x.ID)}})
	}
	if len(list) > 0 {
		p.Codes = codes
		p.Renew = &Confirm{"factors.renew", say("factors.renew.ask"), r.button("/account/factors/codes", "factors.renew", "", "")}
	}
	return show(p)
}

func (s *server) newTOTP(r *request) (reply, error) {
	r.back = "/account/factors"
	e, err := s.Accounts.BeginTOTP(r.ctx, r.secret())
	if err != nil {
		return reply{}, err
	}
	p, err := totpPage(totpForm(r, e.ID, e.Secret, e.URL))
	if err != nil {
		return reply{}, err
	}
	return show(p)
}

// totpPage is the page of a form that carries what the QR code says: when a
// code was mistyped the same code is shown again.
func totpPage(f *Form) (*NewTOTP, error) {
	uri, err := url.Parse(f.value("uri"))
	if err != nil || uri.Scheme != "otpauth" {
		return nil, fhir.Errorf(fhir.Value, "this is not the address of an authenticator")
	}
	code, err := newQR(f.value("uri"))
	if err != nil {
		return nil, err
	}
	return &NewTOTP{code, groups(f.value("secret")), template.URL(f.value("uri")), f}, nil //nolint:gosec // the scheme was looked at
}

// groups writes a secret in groups of four, as people type it.
func groups(secret string) string {
	var out strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(c)
	}
	return out.String()
}

func (s *server) doTOTP(r *request) (reply, error) {
	r.back = "/account/factors"
	f := r.take(totpForm(r, "", "", ""))
	p, err := totpPage(f)
	if err != nil {
		return reply{}, err
	}
	if f.Failed() {
		return again(p)
	}
	e, codes, err := s.Accounts.ConfirmTOTP(r.ctx, r.secret(), f.value("factor"), f.value("code"), "", r.origin())
	if err != nil {
		return refused(f, p, err)
	}
	return s.enrolled(e, codes)
}

// enrolled is the answer to a second factor that was set up: with the first
// come the recovery codes.
func (s *server) enrolled(e accounts.Entry, codes []string) (reply, error) {
	answer, err := to("/account/factors?done=added")
	if len(codes) > 0 {
		answer, err = show(&Codes{codes, "/account/factors?done=added"})
	}
	answer.cookies = []*http.Cookie{s.bake(sessionCookie, e.Cookie, 0)}
	return answer, err
}

func (s *server) removeFactor(r *request) (reply, error) {
	r.back = "/account/factors"
	f := r.take(r.button("", "", "", "", "factor", ""))
	if f.Failed() {
		return to("/account/factors")
	}
	err := s.Accounts.RemoveFactor(r.ctx, r.secret(), f.value("factor"), r.origin())
	if accounts.IsProblem(err, "factor.unknown") { // it is gone already
		err = nil
	}
	if err != nil {
		return reply{}, err
	}
	return to("/account/factors?done=removed")
}

func (s *server) renewCodes(r *request) (reply, error) {
	r.back = "/account/factors"
	codes, err := s.Accounts.RenewRecoveryCodes(r.ctx, r.secret(), r.origin())
	if err != nil {
		return reply{}, err
	}
	return show(&Codes{codes, "/account/factors"})
}
