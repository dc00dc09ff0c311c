package accounts_test

import (
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// B11 and T11.
func TestResetEndsEverything(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("ann@example.org")
	c.account("eve@example.org")
	e := c.login("ann@example.org", home)
	issued := c.now()
	c.pass(time.Second)
	c.must(c.ForgotPassword(ctx, "ann@example.org", cafe))
	first := token(t, c.post("ann@example.org").Text, accounts.ResetPath)
	c.must(c.ForgotPassword(ctx, "ann@example.org", cafe))
	if n := c.letters("ann@example.org"); n != 1 {
		t.Errorf("%d letters within a minute", n)
	}
	c.pass(time.Minute)
	c.must(c.ForgotPassword(ctx, "ANN@example.org", cafe))
	second := token(t, c.post("ann@example.org").Text, accounts.ResetPath)
	for _, not := range []string{"", "x", second + "x", second[:len(second)-1]} {
		c.refused(c.Reset(ctx, not, better, cafe), "token.invalid")
	}
	c.refused(c.Verify(ctx, second, good, cafe), "token.invalid") // of another purpose
	c.refused(c.Accept(ctx, second, better, cafe), "token.invalid")
	c.refused(c.ConfirmEmail(ctx, second, cafe), "token.invalid")
	c.refused(c.Unlock(ctx, second, cafe), "token.invalid")
	c.refused(c.Reset(ctx, second, "kurz", cafe), "password.short") // and it still works
	_, err := c.Peek(ctx, accounts.ForReset, second)
	c.must(err)
	c.who(e.Cookie)
	if n := c.atOnce(8, func(int) error { return c.Reset(t.Context(), second, better, cafe) }, "token.invalid"); n != 1 {
		t.Errorf("one link worked %d times", n)
	}
	c.dead(e.Cookie)
	c.refused(c.Reset(ctx, first, another, cafe), "token.invalid") // the older link
	if _, err := c.Vouch(ctx, id, issued); fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("a token of before: %v", err)
	}
	_, err = c.Login(ctx, "ann@example.org", good, home)
	c.refused(err, "login.failed")
	_, err = c.Login(ctx, "ann@example.org", better, home)
	c.must(err)
	if m := c.post("ann@example.org"); m.Subject != "Clinic Example: a change of your account" {
		t.Errorf("got %q", m.Subject)
	}
	c.must(c.ForgotPassword(ctx, "eve@example.org", cafe))
	late := token(t, c.post("eve@example.org").Text, accounts.ResetPath)
	c.pass(30 * time.Minute)
	c.refused(c.Reset(ctx, late, better, cafe), "token.invalid")
}

func TestResetKeepsTheSecondFactor(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("doc@example.org", doctor("1"))
	c.enrol(c.login("doc@example.org", home).Cookie)
	c.pass(time.Second)
	c.must(c.ForgotPassword(ctx, "doc@example.org", cafe))
	c.must(c.Reset(ctx, token(t, c.post("doc@example.org").Text, accounts.ResetPath), "kürzer 8", cafe))
	e, err := c.Login(ctx, "doc@example.org", "kürzer 8", cafe)
	c.must(err)
	if e.Session.Next != accounts.Factor {
		t.Errorf("next is %q", e.Session.Next)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("ann@example.org")
	a, b := c.login("ann@example.org", home), c.login("ann@example.org", cafe)
	issued := c.now()
	c.pass(time.Second)
	_, err := c.ChangePassword(ctx, a.Cookie, "wrong password", better, home)
	c.refused(err, "password.wrong")
	_, err = c.ChangePassword(ctx, a.Cookie, good, good, home)
	c.refused(err, "password.same")
	_, err = c.ChangePassword(ctx, a.Cookie, good, "ann@example.org ann", home)
	c.refused(err, "password.personal")
	e, err := c.ChangePassword(ctx, a.Cookie, good, better, home)
	c.must(err)
	c.dead(a.Cookie)
	c.dead(b.Cookie)
	c.who(e.Cookie)
	if _, err := c.Vouch(ctx, id, issued); fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("a token of before: %v", err)
	}
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	c.account("bob@example.org")
	e := c.login("ann@example.org", home)
	c.refused(c.ChangeEmail(ctx, e.Cookie, "Ann@Example.org", home), "email.same")
	c.must(c.ChangeEmail(ctx, e.Cookie, "bob@example.org", home)) // taken, which is not said
	if m := c.post("bob@example.org"); m.Subject != "Clinic Example: you have an account" {
		t.Errorf("bob gets %q", m.Subject)
	}
	c.must(c.ForgotPassword(ctx, "ann@example.org", cafe))
	reset := token(t, c.post("ann@example.org").Text, accounts.ResetPath)
	c.must(c.ChangeEmail(ctx, e.Cookie, "new@example.org", home))
	link := token(t, c.post("new@example.org").Text, accounts.EmailPath)
	c.login("ann@example.org", home) // the old one until then
	c.must(c.ConfirmEmail(ctx, link, cafe))
	c.refused(c.ConfirmEmail(ctx, link, cafe), "token.invalid")
	c.login("new@example.org", home)
	c.refused(c.Reset(ctx, reset, better, cafe), "token.invalid") // a link to the old address
	if m := c.post("ann@example.org"); m.Subject != "Clinic Example: a change of your account" {
		t.Errorf("the old address gets %q", m.Subject)
	}
	c.pass(accounts.FreshFor)
	c.refused(c.ChangeEmail(ctx, e.Cookie, "third@example.org", home), "session.stale")
	e, err := c.Reauthenticate(ctx, e.Cookie, good, home)
	c.must(err)
	c.must(c.ChangeEmail(ctx, e.Cookie, "third@example.org", home))
	third := token(t, c.post("third@example.org").Text, accounts.EmailPath)
	c.account("third@example.org") // taken meanwhile
	c.refused(c.ConfirmEmail(ctx, third, cafe), "token.invalid")
}
