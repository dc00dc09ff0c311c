package accounts_test

import (
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// TestLook: what pages show of an account, and to whom.
func TestLook(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("doc@example.org", doctor("1"))
	boss := authz.Principal{Account: c.account("boss@example.org", chief), Roles: []authz.Role{authz.Administrator}}
	stranger := authz.Principal{Account: id, Roles: []authz.Role{authz.Practitioner}}

	e := c.login("doc@example.org", home) // a second factor is lacking
	me, err := c.Me(ctx, e.Cookie)
	c.must(err)
	if me.ID != id || me.Email != "doc@example.org" || me.Password != "" {
		t.Errorf("%+v", me)
	}
	_, err = c.Me(ctx, "none")
	c.refused(err, "session.none")
	c.must(c.SetLanguage(ctx, e.Cookie, "fr"))
	a, err := c.Get(ctx, boss, id)
	c.must(err)
	if a.Language != "fr" || a.Password != "" {
		t.Errorf("%+v", a)
	}
	_, err = c.Get(ctx, stranger, id)
	c.refused(err, "admin.only")
	_, err = c.Get(ctx, boss, "none")
	c.refused(err, "account.unknown")

	_, e, _ = c.enrol(e.Cookie)
	l, err := c.SubmitLicence(ctx, c.who(e.Cookie), accounts.Licence{Number: "1", Issuer: "Board", Expires: c.now().Add(24 * time.Hour)})
	c.must(err)
	for state, want := range map[accounts.LicenceState]int{accounts.Submitted: 1, accounts.Verified: 0} {
		list, err := c.LicencesIn(ctx, boss, state)
		c.must(err)
		if len(list) != want {
			t.Errorf("%s: %d licences", state, len(list))
		}
	}
	one, err := c.LicenceByID(ctx, boss, l)
	c.must(err)
	if one.Number != "1" {
		t.Errorf("%+v", one)
	}
	_, err = c.LicenceByID(ctx, boss, "none")
	c.refused(err, "licence.unknown")
	_, err = c.LicencesIn(ctx, stranger, accounts.Submitted)
	c.refused(err, "admin.only")
	_, err = c.LicenceByID(ctx, stranger, l)
	c.refused(err, "admin.only")
	c.must(c.Delete(ctx, boss, id))
	_, err = c.Get(ctx, boss, id)
	c.refused(err, "account.unknown")
}
