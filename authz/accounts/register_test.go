package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

func newcomer(email string) accounts.Newcomer {
	return accounts.Newcomer{Email: email, Password: good, Language: "en", Profile: accounts.Profile{Given: "Ann", Family: "Weber", Birth: "1980-02-29"}}
}

func TestNewcomerBecomesPatient(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.must(c.Register(ctx, newcomer("ann@example.org"), home))
	if _, err := c.Login(ctx, "ann@example.org", good, home); !accounts.IsProblem(err, "login.failed") {
		t.Fatalf("before the loop ran: %v", err)
	}
	link := token(t, c.post("ann@example.org").Text, accounts.VerifyPath)
	_, err := c.Login(ctx, "Ann@Example.org", good, home)
	c.refused(err, "login.unverified")
	k, err := c.Peek(ctx, accounts.ForVerify, link)
	c.must(err)
	if k.Email != "ann@example.org" {
		t.Errorf("the page would show %q", k.Email)
	}
	c.refused(c.Verify(ctx, link, "not the password", home), "password.wrong")
	c.must(c.Verify(ctx, link, good, home))
	c.refused(c.Verify(ctx, link, good, home), "token.invalid")
	p := c.who(c.login("ann@example.org", home).Cookie)
	if len(p.Roles) != 1 || p.Roles[0] != authz.Patient || len(p.Self) != 1 || p.Self[0].ID != "of-"+p.Account || p.Address != home.Address || p.Session == "" {
		t.Errorf("got %+v", p)
	}
	if c.records != 1 {
		t.Errorf("%d records were made", c.records)
	}
}

// Somebody registers with the address of another person, who gets a letter.
// Opening the link must not open an account that a stranger has the password
// of.
func TestRegistrationForSomebodyElse(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	evil := newcomer("ann@example.org")
	evil.Password = another
	c.must(c.Register(ctx, evil, cafe))
	first := token(t, c.post("ann@example.org").Text, accounts.VerifyPath)
	c.refused(c.Verify(ctx, first, good, home), "password.wrong")
	c.must(c.Register(ctx, newcomer("ann@example.org"), home)) // the person herself
	second := token(t, c.post("ann@example.org").Text, accounts.VerifyPath)
	c.refused(c.Verify(ctx, first, another, cafe), "token.invalid")
	c.must(c.Verify(ctx, second, good, home))
	_, err := c.Login(ctx, "ann@example.org", another, cafe)
	c.refused(err, "login.failed")
}

func TestRegisteringWithAKnownAddress(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.account("ann@example.org")
	n := newcomer("ANN@example.org")
	n.Password = another
	c.must(c.Register(ctx, n, cafe))
	m := c.post("ann@example.org")
	if !strings.Contains(m.Subject, "you have an account") || strings.Contains(m.Text, "token=") {
		t.Errorf("got %q\n%s", m.Subject, m.Text)
	}
	c.login("ann@example.org", home)
	// One who was invited is not taken over either.
	_, _, err := c.Invite(ctx, operator, accounts.Person{Email: "doc@example.org", Held: []accounts.Held{doctor("1")}})
	c.must(err)
	n.Email = "doc@example.org"
	c.must(c.Register(ctx, n, cafe))
	c.post("doc@example.org")
	a, err := c.Find(ctx, operator, "doc@example.org")
	c.must(err)
	if !a.Has(authz.Practitioner) || a.State != accounts.Pending {
		t.Errorf("the invited account became %+v", a)
	}
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, tc := range []struct {
		name, key string
		change    func(*accounts.Newcomer)
	}{
		{"no address", "email.invalid", func(n *accounts.Newcomer) { n.Email = "ann" }},
		{"two addresses", "email.invalid", func(n *accounts.Newcomer) { n.Email = "a@example.org, b@example.org" }},
		{"a header", "email.invalid", func(n *accounts.Newcomer) { n.Email = "a@example.org\r\nBcc: b@example.org" }},
		{"no name", "name.required", func(n *accounts.Newcomer) { n.Profile.Family = " " }},
		{"long name", "name.long", func(n *accounts.Newcomer) { n.Profile.Given = strings.Repeat("ä", 101) }},
		{"no date", "profile.birth", func(n *accounts.Newcomer) { n.Profile.Birth = "1981-02-29" }},
		{"not born yet", "profile.birth", func(n *accounts.Newcomer) { n.Profile.Birth = "2030-01-01" }},
		{"short password", "password.short", func(n *accounts.Newcomer) { n.Password = "kurzundknapp" }},
		{"own name", "password.personal", func(n *accounts.Newcomer) { n.Password = "ann.weber.1980-02-29" }},
	} {
		n := newcomer("ann@example.org")
		tc.change(&n)
		if err := c.Register(t.Context(), n, home); !accounts.IsProblem(err, tc.key) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.key)
		}
	}
	for range 20 {
		c.must(c.Register(t.Context(), newcomer("ann@example.org"), home))
	}
	err := c.Register(t.Context(), newcomer("ann@example.org"), home)
	c.refused(err, "login.slow")
	if fhir.CodeOf(err) != fhir.Unauthorized {
		t.Errorf("got the code %s", fhir.CodeOf(err))
	}
	c.pass(time.Hour + time.Second)
	c.must(c.Register(t.Context(), newcomer("ann@example.org"), home))
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	boss := c.account("boss@example.org", chief)
	by := authz.Principal{Account: boss, Roles: []authz.Role{authz.Administrator}}
	who := accounts.Person{Email: "doc@example.org", Name: "Dr. Doc", Held: []accounts.Held{doctor("1")}}
	_, _, err := c.Invite(ctx, authz.Principal{Account: boss, Roles: []authz.Role{authz.Patient}}, who)
	c.refused(err, "admin.only")
	_, _, err = c.Invite(ctx, authz.Principal{Account: boss, Client: "app", Roles: by.Roles}, who)
	c.refused(err, "admin.only")
	id, link, err := c.Invite(ctx, by, who)
	c.must(err)
	if link != "" {
		t.Error("an administrator gets to know the link")
	}
	old := token(t, c.post("doc@example.org").Text, accounts.InvitePath)
	_, link, err = c.Invite(ctx, operator, who)
	c.must(err)
	newer := token(t, link, accounts.InvitePath)
	c.refused(c.Accept(ctx, old, good, home), "token.invalid")
	c.refused(c.Accept(ctx, newer, "kurz", home), "password.short")
	c.pass(7*24*time.Hour + time.Second)
	c.refused(c.Accept(ctx, newer, good, home), "token.invalid")
	_, _, err = c.Invite(ctx, by, who)
	c.must(err)
	newest := token(t, c.post("doc@example.org").Text, accounts.InvitePath)
	if n := c.atOnce(8, func(int) error { return c.Accept(t.Context(), newest, good, home) }, "token.invalid"); n != 1 {
		t.Errorf("an invitation was taken %d times", n)
	}
	e := c.login("doc@example.org", home)
	if e.Session.Next != accounts.Enrol || e.Session.Account != id {
		t.Errorf("a doctor without a second factor comes in with %+v", e.Session)
	}
	if p := c.who(e.Cookie); p.Account != "" || p.Roles != nil {
		t.Errorf("and is %+v", p)
	}
	_, _, err = c.Invite(ctx, by, who)
	c.refused(err, "email.taken")
	who.Email = "doc2@example.org"
	_, _, err = c.Invite(ctx, by, who)
	c.refused(err, "role.taken") // the same person
	who.Held = []accounts.Held{{Role: authz.Practitioner, Self: fhir.Key{Type: "Patient", ID: "1"}}}
	_, _, err = c.Invite(ctx, by, who)
	c.refused(err, "role.self")
}

func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	link, err := c.FirstLink(ctx)
	c.must(err)
	other, err := c.FirstLink(ctx)
	c.must(err)
	p := accounts.Person{Email: "boss@example.org", Name: "Boss"}
	c.refused(c.First(ctx, "guess", p, good, home), "token.invalid")
	tokens := []string{token(t, link, accounts.FirstPath), token(t, other, accounts.FirstPath)}
	n := c.atOnce(8, func(i int) error {
		p := accounts.Person{Email: "boss" + string(rune('a'+i)) + "@example.org", Name: "Boss"}
		return c.First(t.Context(), tokens[i%2], p, good, home)
	}, "token.invalid")
	if n != 1 {
		t.Errorf("%d first administrators", n)
	}
	if link, err = c.FirstLink(ctx); err != nil || link != "" {
		t.Errorf("another first administrator may come by %q, %v", link, err)
	}
}
