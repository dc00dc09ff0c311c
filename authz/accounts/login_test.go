package accounts_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// B12: what a stranger is told does not depend on whether there is an
// account, nor on its state.
func TestStrangersAreToldNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("known@example.org")
	gone := c.account("disabled@example.org")
	c.must(c.Disable(ctx, operator, gone, "left"))
	_, _, err := c.Invite(ctx, operator, accounts.Person{Email: "invited@example.org", Held: []accounts.Held{doctor("1")}})
	c.must(err)
	same := func(err error) string {
		p, _ := errors.AsType[*accounts.Problem](err)
		if p == nil {
			return fmt.Sprint(err)
		}
		return fmt.Sprintf("%+v %s", *p, fhir.CodeOf(err))
	}
	var login, reset, register []string
	for i, email := range []string{"known@example.org", "unknown@example.org", "disabled@example.org", "invited@example.org"} {
		o := accounts.Origin{Address: fmt.Sprintf("192.0.2.%d", i)}
		var answers string
		for range 7 { // beyond the throttle
			_, err := c.Login(ctx, email, "wrong password", o)
			answers += same(err) + "\n"
		}
		login = append(login, answers)
		reset = append(reset, same(c.ForgotPassword(ctx, email, o)))
		register = append(register, same(c.Register(ctx, newcomer(email), o)))
	}
	for _, answers := range [][]string{login, reset, register} {
		if len(slices.Compact(answers)) != 1 {
			t.Errorf("answers differ: %q", answers)
		}
	}
	_, err = c.Login(ctx, "disabled@example.org", good, cafe)
	c.refused(err, "login.failed")
	if n := c.letters("disabled@example.org"); n != 1 { // that of the registration
		t.Errorf("a disabled account got %d letters", n)
	}
	if n := c.letters("unknown@example.org"); n != 1 {
		t.Errorf("an unknown address got %d letters", n)
	}
}

func TestHashesAreRenewedAtLogin(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.account("ann@example.org")
	other := c.node(func(config *accounts.Config) { config.Hashing = accounts.Hashing{Memory: 128, Time: 2, Threads: 1} })
	stored := func() string { return c.column("SELECT password FROM account") }
	before := stored()
	if _, err := other.Login(t.Context(), "ann@example.org", good, home); err != nil {
		t.Fatal(err)
	}
	if after := stored(); after == before || after[:len("$argon2id$v=19$m=128,t=2,p=1$")] != "$argon2id$v=19$m=128,t=2,p=1$" {
		t.Errorf("stored is %s", after)
	}
	c.login("ann@example.org", home)
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	guess := func(o accounts.Origin) error {
		_, err := c.Login(ctx, "ann@example.org", "a wrong guess", o)
		return err
	}
	for range 5 {
		c.refused(guess(cafe), "login.failed")
	}
	err := guess(cafe)
	c.refused(err, "login.slow")
	if p, _ := errors.AsType[*accounts.Problem](err); p.RetryAfter != time.Minute {
		t.Errorf("wait for %s", p.RetryAfter)
	}
	_, err = c.node().Login(ctx, "ann@example.org", good, cafe) // another server, and after a restart
	c.refused(err, "login.slow")
	c.login("ann@example.org", home) // elsewhere the person is not disturbed
	c.pass(time.Minute)
	c.refused(guess(cafe), "login.failed")
	c.pass(time.Minute)
	c.refused(guess(cafe), "login.slow") // twice as long now
	c.pass(time.Minute)
	if _, err := c.Login(ctx, "ann@example.org", good, cafe); err != nil {
		t.Fatalf("with the password, when the time is over: %v", err)
	}
	for range 5 {
		c.refused(guess(cafe), "login.failed")
	}
}

// Many at once try no more passwords than one after the other.
func TestGuessingAtOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.account("ann@example.org")
	c.atOnce(24, func(int) error {
		_, err := c.Login(t.Context(), "ann@example.org", "a wrong guess", cafe)
		return err
	}, "login.failed", "login.slow")
	if n := len(c.happened(accounts.LoggedIn)); n != 5 {
		t.Errorf("%d guesses were looked at", n)
	}
}

// Nobody is locked out by somebody else: not at home, and elsewhere a letter
// helps.
func TestGuessingFromEverywhere(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	c.login("ann@example.org", home)
	slow := 0
	for i := range 40 {
		o := accounts.Origin{Address: fmt.Sprintf("2001:db8:%x::1", i)}
		_, err := c.Login(ctx, "ann@example.org", "a wrong guess", o)
		if accounts.IsProblem(err, "login.slow") {
			slow++
		} else {
			c.refused(err, "login.failed")
		}
	}
	if slow != 20 {
		t.Errorf("%d of 40 guesses had to wait", slow)
	}
	c.login("ann@example.org", home)
	_, err := c.Login(ctx, "ann@example.org", good, cafe)
	c.refused(err, "login.slow")
	if n := c.letters("ann@example.org"); n != 1 {
		t.Fatalf("%d letters", n)
	}
	link := token(t, c.post("ann@example.org").Text, accounts.UnlockPath)
	c.must(c.Unlock(ctx, link, cafe))
	c.refused(c.Unlock(ctx, link, cafe), "token.invalid")
	c.login("ann@example.org", cafe)
	_, err = c.Login(ctx, "ann@example.org", good, accounts.Origin{Address: "192.0.2.77"})
	c.refused(err, "login.slow")
	c.pass(time.Hour + time.Second)
	c.login("ann@example.org", accounts.Origin{Address: "192.0.2.77"})
}

func TestGuessingForManyAccounts(t *testing.T) {
	t.Parallel()
	c := open(t)
	slow := 0
	for i := range 110 {
		// Neighbours in one network of IPv6 are one place.
		o := accounts.Origin{Address: fmt.Sprintf("2001:db8::%x", i)}
		_, err := c.Login(t.Context(), fmt.Sprintf("a%d@example.org", i), "a wrong guess", o)
		if accounts.IsProblem(err, "login.slow") {
			slow++
		}
	}
	if slow != 10 {
		t.Errorf("%d of 110 guesses had to wait", slow)
	}
}

// Session fixation: whoever knew the cookie before a login, a second factor or
// a change of role knows nothing after it.
func TestCookiesChange(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("ann@example.org")
	c.must(c.SetRoles(ctx, operator, id, []accounts.Held{{Role: authz.Patient, Self: fhir.Key{Type: "Patient", ID: "1"}}, {Role: authz.Staff}}))
	a, b := c.login("ann@example.org", home), c.login("ann@example.org", home)
	if a.Cookie == b.Cookie || len(a.Cookie) < 43 {
		t.Errorf("cookies %q and %q", a.Cookie, b.Cookie)
	}
	if p := c.who(a.Cookie); len(p.Roles) != 2 {
		t.Errorf("got %+v", p)
	}
	_, err := c.SwitchRole(ctx, a.Cookie, authz.Administrator, home)
	c.refused(err, "role.unknown")
	e, err := c.SwitchRole(ctx, a.Cookie, authz.Staff, home)
	c.must(err)
	c.dead(a.Cookie)
	if p := c.who(e.Cookie); len(p.Roles) != 1 || p.Roles[0] != authz.Staff || p.Self != nil {
		t.Errorf("as staff: %+v", p)
	}
	f, err := c.Reauthenticate(ctx, e.Cookie, good, home)
	c.must(err)
	c.dead(e.Cookie)
	if f.Session.ID != a.Session.ID {
		t.Error("the session has another name now")
	}
	c.who(f.Cookie)
	if got := c.column("SELECT count(*)::text FROM account_session WHERE hash = convert_to('" + f.Cookie + "', 'UTF8')"); got != "0" {
		t.Error("the value of a cookie is stored")
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	c := open(t, func(config *accounts.Config) { config.SingleFactor = true })
	ctx := t.Context()
	c.account("ann@example.org")
	c.account("doc@example.org", doctor("1"))
	for _, tc := range []struct {
		email       string
		idle, until time.Duration
	}{{"ann@example.org", 30 * time.Minute, 24 * time.Hour}, {"doc@example.org", 15 * time.Minute, 12 * time.Hour}} {
		e := c.login(tc.email, home)
		c.pass(tc.idle - time.Second)
		c.who(e.Cookie)
		c.pass(tc.idle - time.Second)
		c.who(e.Cookie)
		c.pass(tc.idle)
		c.dead(e.Cookie)
		e = c.login(tc.email, home)
		for begun := c.now(); c.now().Sub(begun) < tc.until-10*time.Minute; c.pass(10 * time.Minute) {
			c.who(e.Cookie)
		}
		c.pass(10 * time.Minute)
		c.dead(e.Cookie)
	}
	a, b := c.login("ann@example.org", home), c.login("ann@example.org", cafe)
	list, err := c.Sessions(ctx, a.Cookie)
	c.must(err)
	if len(list) != 2 || list[0].ID != a.Session.ID || list[1].Origin != cafe {
		t.Errorf("got %+v", list)
	}
	doc := c.login("doc@example.org", home)
	c.must(c.RevokeSession(ctx, a.Cookie, doc.Session.ID, home)) // of somebody else: nothing happens
	c.who(doc.Cookie)
	for id, want := range map[string]bool{b.Session.ID: true, "": false, "x": false, b.Session.Account: false} {
		if alive, err := c.Alive(ctx, id); err != nil || alive != want {
			t.Errorf("%q is alive: %v, %v", id, alive, err)
		}
	}
	c.must(c.RevokeSession(ctx, a.Cookie, b.Session.ID, home))
	c.dead(b.Cookie)
	if alive, err := c.Alive(ctx, b.Session.ID); err != nil || alive {
		t.Errorf("a revoked session is alive: %v, %v", alive, err)
	}
	d := c.login("ann@example.org", cafe)
	c.must(c.RevokeSession(ctx, d.Cookie, "", home))
	c.dead(a.Cookie)
	c.must(c.Logout(ctx, d.Cookie, home))
	c.dead(d.Cookie)
	c.must(c.Logout(ctx, d.Cookie, home))
	c.dead("")
	c.must(c.Store.Tx(ctx, func(tx accounts.Tx) error { return tx.DropEnded(ctx, c.now().Add(48*time.Hour)) }))
	if got := c.column("SELECT count(*)::text FROM account_session"); got != "0" {
		t.Errorf("%s sessions are left", got)
	}
}

// What was decided counts with the next request: at once on the same server,
// within half a second on another one.
func TestShutOut(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	other := c.node()
	id := c.account("ann@example.org")
	e := c.login("ann@example.org", home)
	issued := c.now()
	for _, s := range []*accounts.Service{c.Service, other} {
		if p, err := s.Vouch(ctx, id, issued); err != nil || p.Account != id {
			t.Fatalf("%+v %v", p, err)
		}
	}
	c.pass(time.Millisecond)
	c.must(c.Disable(ctx, operator, id, "left"))
	if _, err := c.Principal(ctx, id); fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("a disabled account: %v", err)
	}
	if _, _, err := other.Session(ctx, e.Cookie, home); !accounts.IsProblem(err, "session.none") {
		t.Errorf("a session on the other server: %v", err)
	}
	c.pass(500 * time.Millisecond)
	if _, err := other.Principal(ctx, id); fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("a disabled account on the other server: %v", err)
	}
	c.must(c.Enable(ctx, operator, id))
	c.dead(e.Cookie)
	if _, err := c.Vouch(ctx, id, issued); fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("a token of before: %v", err)
	}
	if _, err := c.Vouch(ctx, id, c.now()); err != nil {
		t.Errorf("a token of after: %v", err)
	}
	c.must(c.Delete(ctx, operator, id))
	for _, unknown := range []string{id, "", "nobody", "00000000-0000-0000-0000-000000000000"} {
		if _, err := c.Principal(ctx, unknown); fhir.CodeOf(err) != fhir.Unauthorized {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	c.account("ann@example.org") // the address is free again
	if got := c.column("SELECT count(*)::text FROM account WHERE state = 'deleted' AND name = '' AND password = '' AND mailbox IS NULL"); got != "1" {
		t.Errorf("of a deleted account there is more left than an id")
	}
}

func TestAdministratorsRemain(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	one, two := c.account("one@example.org", chief), c.account("two@example.org", chief)
	by := func(id string) authz.Principal {
		return authz.Principal{Account: id, Roles: []authz.Role{authz.Administrator}}
	}
	c.refused(c.Disable(ctx, by(one), one, ""), "account.self")
	// Each removes the other: one of them stays.
	n := c.atOnce(2, func(i int) error {
		if i == 0 {
			return c.Disable(t.Context(), by(one), two, "")
		}
		return c.SetRoles(t.Context(), by(two), one, []accounts.Held{{Role: authz.Staff}})
	}, "account.last")
	if n != 1 {
		t.Errorf("%d of 2 administrators are gone", n)
	}
	_, err := c.List(ctx, authz.Principal{Account: one, Roles: []authz.Role{authz.Staff}}, "", 10)
	c.refused(err, "admin.only")
	list, err := c.List(ctx, operator, "", 1)
	c.must(err)
	rest, err := c.List(ctx, operator, list[0].ID, 10)
	c.must(err)
	if len(list) != 1 || len(rest) != 1 || list[0].Password != "" {
		t.Errorf("got %+v and %+v", list, rest)
	}
}
