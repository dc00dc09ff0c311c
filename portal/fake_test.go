package portal_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/portal"
)

// people stands for the accounts of a clinic: few, in memory, and as strict
// as the pages need it. What no test asks for panics.
type people struct {
	portal.Accounts

	mu       sync.Mutex
	list     map[string]*accounts.Account
	sessions map[string]accounts.Session
	licences map[string]accounts.Licence
	tokens   map[string]accounts.Token
	codes    int
	calls    []string // deeds that were done
	next     int
	broken   bool
	slow     chan struct{} // deeds wait for it, nil for not
}

const rightPassword, rightCode = "correct horse battery staple", "246810"

func newPeople() *people {
	p := &people{list: map[string]*accounts.Account{}, sessions: map[string]accounts.Session{}, licences: map[string]accounts.Licence{}, tokens: map[string]accounts.Token{}}
	for id, roles := range map[string][]authz.Role{
		"patient": {authz.Patient}, "doctor": {authz.Practitioner}, "staff": {authz.Staff}, "admin": {authz.Administrator}, "other": {authz.Patient},
	} {
		a := &accounts.Account{ID: id, Email: id + "@example.org", Name: strings.ToUpper(id[:1]) + id[1:], State: accounts.Active, Created: now}
		for _, r := range roles {
			a.Held = append(a.Held, accounts.Held{Role: r})
		}
		p.list[id] = a
	}
	p.licences["l1"] = accounts.Licence{ID: "l1", Account: "doctor", Number: "N1", Issuer: "Board", State: accounts.Submitted, Sent: now, Expires: now.AddDate(1, 0, 0)}
	for purpose := range map[accounts.Purpose]bool{accounts.ForVerify: true, accounts.ForEmail: true, accounts.ForReset: true, accounts.ForInvite: true, accounts.ForUnlock: true, accounts.ForFirst: true} {
		p.tokens["good-"+string(purpose)] = accounts.Token{Purpose: purpose, Email: "new@example.org"}
	}
	return p
}

func refuse(field, key string) error { return &accounts.Problem{Field: field, Key: key} }

// did writes down a deed. The mutex is held.
func (p *people) did(what string) { p.calls = append(p.calls, what) }

// deeds are the deeds so far.
func (p *people) deeds() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.calls, "; ")
}

// session opens a session of somebody; the name can have a step after a slash.
func (p *people) session(who string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, step, _ := strings.Cut(who, "/")
	return p.enter(who, accounts.Step(step)).Cookie
}

func (p *people) enter(who string, step accounts.Step) accounts.Entry {
	p.next++
	e := accounts.Entry{Cookie: "cookie-of-" + who + "-" + strconv.Itoa(p.next), Session: accounts.Session{ID: "s" + strconv.Itoa(p.next), Account: who, Next: step, Began: now, Seen: now, Fresh: now, Idle: 15 * time.Minute,
		Origin: accounts.Origin{Address: "192.0.2.1", Agent: "Firefox/140.0 Linux"}}}
	p.sessions[e.Cookie] = e.Session
	return e
}

// again gives a session another cookie.
func (p *people) again(cookie string) accounts.Entry {
	e := p.enter(p.sessions[cookie].Account, accounts.Whole)
	delete(p.sessions, cookie)
	return e
}

func (p *people) HasPasskeys() bool { return true }

func (p *people) Session(_ context.Context, cookie string, o accounts.Origin) (accounts.Session, authz.Principal, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken {
		return accounts.Session{}, authz.Principal{}, errors.New("connection refused: password=secret")
	}
	s, ok := p.sessions[cookie]
	if !ok {
		return s, authz.Principal{}, refuse("", "session.none")
	}
	if s.Next != accounts.Whole {
		return s, authz.Principal{Address: o.Address}, nil
	}
	who := authz.Principal{Account: s.Account, Session: s.ID, Address: o.Address}
	for _, h := range p.list[s.Account].Held {
		who.Roles = append(who.Roles, h.Role)
	}
	return s, who, nil
}

func (p *people) Me(_ context.Context, cookie string) (accounts.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.list[p.sessions[cookie].Account], nil
}

func (p *people) SetLanguage(_ context.Context, cookie, language string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list[p.sessions[cookie].Account].Language = language
	return nil
}

func (p *people) Login(_ context.Context, email, password string, _ accounts.Origin) (accounts.Entry, error) {
	if p.slow != nil {
		<-p.slow
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("login " + email)
	who, _, _ := strings.Cut(email, "@")
	switch {
	case who == "slow":
		return accounts.Entry{}, &accounts.Problem{Key: "login.slow", RetryAfter: 90 * time.Second}
	case p.list[who] == nil || password != rightPassword:
		return accounts.Entry{}, refuse("", "login.failed")
	case who == "doctor":
		return p.enter(who, accounts.Factor), nil
	case who == "admin":
		return p.enter(who, accounts.Enrol), nil
	}
	return p.enter(who, accounts.Whole), nil
}

func (p *people) Code(_ context.Context, cookie, code string, _ accounts.Origin) (accounts.Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code != rightCode {
		return accounts.Entry{}, refuse("code", "code.wrong")
	}
	return p.again(cookie), nil
}

func (p *people) Reauthenticate(_ context.Context, cookie, password string, _ accounts.Origin) (accounts.Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if password != rightPassword {
		return accounts.Entry{}, refuse("password", "password.wrong")
	}
	return p.again(cookie), nil
}

func (p *people) Logout(_ context.Context, cookie string, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, cookie)
	p.did("logout")
	return nil
}

func (p *people) BeginPasskeyLogin(context.Context, accounts.Origin) (accounts.Challenge, error) {
	return accounts.Challenge{ID: "ceremony", Options: []byte(`{"publicKey":{"challenge":"AAAA"}}`)}, nil
}

func (p *people) PasskeyLogin(_ context.Context, id string, answer []byte, _ accounts.Origin) (accounts.Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id != "ceremony" || string(answer) != `{"id":"good"}` {
		return accounts.Entry{}, refuse("", "passkey.refused")
	}
	return p.enter("doctor", accounts.Whole), nil
}

func (p *people) Register(_ context.Context, n accounts.Newcomer, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(n.Password) < 15 {
		return refuse("password", "password.short")
	}
	p.did("register " + n.Email + " " + n.Profile.Given + " " + n.Profile.Family + " " + n.Language)
	return nil
}

func (p *people) ForgotPassword(_ context.Context, email string, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("forgot " + email)
	return nil
}

func (p *people) Peek(_ context.Context, purpose accounts.Purpose, token string) (accounts.Token, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.tokens[token]
	if !ok || k.Purpose != purpose {
		return accounts.Token{}, refuse("", "token.invalid")
	}
	return k, nil
}

// spend uses a token up.
func (p *people) spend(purpose accounts.Purpose, token, what string) error {
	if _, err := p.Peek(context.Background(), purpose, token); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tokens, token)
	p.did(what)
	return nil
}

func (p *people) Verify(_ context.Context, token, password string, _ accounts.Origin) error {
	if password != rightPassword {
		return refuse("password", "password.wrong")
	}
	return p.spend(accounts.ForVerify, token, "verify")
}

func (p *people) Reset(_ context.Context, token, password string, _ accounts.Origin) error {
	if len(password) < 15 {
		return refuse("password", "password.short")
	}
	return p.spend(accounts.ForReset, token, "reset")
}

func (p *people) Accept(_ context.Context, token, _ string, _ accounts.Origin) error {
	return p.spend(accounts.ForInvite, token, "accept")
}

func (p *people) Unlock(_ context.Context, token string, _ accounts.Origin) error {
	return p.spend(accounts.ForUnlock, token, "unlock")
}

func (p *people) ConfirmEmail(_ context.Context, token string, _ accounts.Origin) error {
	return p.spend(accounts.ForEmail, token, "email")
}

func (p *people) First(_ context.Context, token string, who accounts.Person, _ string, _ accounts.Origin) error {
	return p.spend(accounts.ForFirst, token, "first "+who.Email+" "+strconv.Itoa(len(who.Held)))
}

func (p *people) Outbox(context.Context, int) ([]accounts.Mail, error) {
	return []accounts.Mail{{To: "new@example.org", Subject: "Hello", Text: "Follow " + base + "/verify?token=abc and not https://evil.example/verify", At: now}}, nil
}

func (p *people) Factors(_ context.Context, cookie string) ([]accounts.SecondFactor, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[cookie].Account != "doctor" {
		return nil, 0, nil
	}
	return []accounts.SecondFactor{{ID: "f1", Kind: accounts.TOTP, Created: now}, {ID: "f2", Kind: accounts.Passkey, Name: "<b>Phone</b>", Created: now}}, 7, nil
}

func (p *people) BeginTOTP(context.Context, string) (accounts.Enrolment, error) {
	return accounts.Enrolment{ID: "f9", Secret: "JBSWY3DPEHPK3PXP", URL: "otpauth://totp/WebDoctor:x?secret=JBSWY3DPEHPK3PXP"}, nil
}

func (p *people) ConfirmTOTP(_ context.Context, cookie, id, code, _ string, _ accounts.Origin) (accounts.Entry, []string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id != "f9" || code != rightCode {
		return accounts.Entry{}, nil, refuse("code", "code.wrong")
	}
	p.codes++
	p.did("totp")
	return p.again(cookie), []string{"aaaa-bbbb-" + strconv.Itoa(p.codes)}, nil
}

func (p *people) BeginPasskey(context.Context, string) (accounts.Challenge, error) {
	return accounts.Challenge{}, refuse("", "session.stale")
}

func (p *people) RemoveFactor(_ context.Context, _, id string, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("remove " + id)
	return nil
}

func (p *people) RenewRecoveryCodes(context.Context, string, accounts.Origin) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes++
	return []string{"cccc-dddd-" + strconv.Itoa(p.codes)}, nil
}

func (p *people) ChangePassword(_ context.Context, cookie, old, password string, _ accounts.Origin) (accounts.Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old != rightPassword {
		return accounts.Entry{}, refuse("old", "password.wrong")
	}
	p.did("password")
	return p.again(cookie), nil
}

func (p *people) ChangeEmail(_ context.Context, cookie, email string, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("change email of " + p.sessions[cookie].Account + " to " + email)
	return nil
}

func (p *people) Sessions(_ context.Context, cookie string) (list []accounts.Session, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if s.Account == p.sessions[cookie].Account {
			list = append(list, s)
		}
	}
	return list, nil
}

func (p *people) RevokeSession(_ context.Context, cookie, id string, _ accounts.Origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did("end session " + id + " by " + p.sessions[cookie].Account)
	return nil
}
