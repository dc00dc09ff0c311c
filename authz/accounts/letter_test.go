package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/accounts"
)

func TestLettersWaitForTheMailServer(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	c.down = errors.New("550 ann@example.org is not known here")
	c.must(c.ForgotPassword(ctx, "ann@example.org", home))
	waited := time.Duration(0)
	for range 5 {
		c.must(c.Deliver(ctx))
		c.pass(10 * time.Minute)
		waited += 10 * time.Minute
	}
	c.down = nil
	c.pass(10 * time.Minute)
	if n := c.letters("ann@example.org"); n != 1 {
		t.Fatalf("%d letters after %s", n, waited)
	}
	if n := c.letters("ann@example.org"); n != 1 {
		t.Errorf("it is sent again")
	}
	if got := c.column("SELECT count(*)::text FROM account_letter"); got != "0" {
		t.Errorf("%s letters are left", got)
	}
	c.down = errors.New("away")
	c.must(c.ForgotPassword(ctx, "ann@example.org", home))
	for range 20 {
		c.must(c.Deliver(ctx))
		c.pass(5 * time.Hour)
	}
	if got := c.column("SELECT string_agg(state || coalesce(sealed::text, ''), ',') FROM account_letter"); got != "failed" {
		t.Errorf("left is %s", got)
	}
	for _, secret := range []string{"ann@", "example.org", "token="} {
		if strings.Contains(c.log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, c.log.String())
		}
	}
}

// A server dies between sending a letter and writing that down: it is sent
// again, as the same letter.
func TestLettersOfADeadServer(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.account("ann@example.org")
	c.must(c.ForgotPassword(t.Context(), "ann@example.org", home))
	dying, die := context.WithCancel(t.Context())
	s := c.node(func(config *accounts.Config) { config.Mailer = killer{mailer{c}, die} })
	if err := s.Deliver(dying); err == nil {
		t.Fatal("it lives")
	}
	if n := c.letters("ann@example.org"); n != 1 {
		t.Fatalf("%d letters at once", n)
	}
	c.pass(3 * time.Minute)
	if n := c.letters("ann@example.org"); n != 2 {
		t.Fatalf("%d letters later", n)
	}
	if c.mails[0] != c.mails[1] {
		t.Errorf("got %+v and %+v", c.mails[0], c.mails[1])
	}
}

type killer struct {
	mailer
	die func()
}

func (k killer) Send(ctx context.Context, m accounts.Mail) error {
	err := k.mailer.Send(ctx, m)
	k.die()
	return err
}

func TestOutboxOfADemo(t *testing.T) {
	t.Parallel()
	c := open(t, func(config *accounts.Config) { config.Mailer = nil })
	ctx := t.Context()
	c.must(c.Register(ctx, newcomer("ann@example.org"), home))
	c.must(c.Deliver(ctx))
	list, err := c.Outbox(ctx, 10)
	c.must(err)
	if len(list) != 1 || list[0].To != "ann@example.org" {
		t.Fatalf("got %+v", list)
	}
	c.must(c.Verify(ctx, token(t, list[0].Text, accounts.VerifyPath), good, home))
	if got := c.column("SELECT count(*)::text FROM account_letter WHERE position('example.org'::bytea in sealed) > 0"); got != "0" {
		t.Error("letters lie open in the table")
	}
}

// Events reach the journal whole and in order, at least once.
func TestJournal(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("ann@example.org")
	e := c.login("ann@example.org", home)
	_, err := c.Login(ctx, "ann@example.org", "a wrong guess", cafe)
	c.refused(err, "login.failed")
	c.must(c.Logout(ctx, e.Cookie, home))
	c.deaf = errors.New("the audit is away")
	if err := c.Tell(ctx); err == nil {
		t.Error("nobody notices that the journal is deaf")
	}
	c.deaf = nil
	c.must(c.Tell(ctx))
	c.must(c.node().Tell(ctx))
	var got []string
	for _, e := range c.events {
		if e.Account != id || len(e.ID) != 36 || e.At != c.now() {
			t.Errorf("got %+v", e)
		}
		got = append(got, string(e.What)+" "+e.By+" "+e.Address)
		if strings.Contains(e.Detail, "@") {
			t.Errorf("the detail %q", e.Detail)
		}
	}
	want := []string{"account-created operator ", "login " + id + " 203.0.113.7", "login  198.51.100.9", "logout " + id + " 203.0.113.7"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || !c.events[2].Failed {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The loop does by itself what other tests do by hand.
func TestRunCarriesEverythingOut(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	c.account("ann@example.org")
	c.must(c.ForgotPassword(t.Context(), "ann@example.org", home))
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		done := len(c.mails) == 1 && len(c.events) == 1
		c.mu.Unlock()
		if done {
			break
		}
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the loop does nothing")
		}
	}
	stop()
	<-ended
}
