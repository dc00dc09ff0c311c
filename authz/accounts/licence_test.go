package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
)

// T12 and T13: what a licence allows is asked with every request.
func TestLicence(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("doc@example.org", doctor("1"))
	boss := c.account("boss@example.org", chief, doctor("2"))
	by := authz.Principal{Account: boss, Roles: []authz.Role{authz.Administrator, authz.Practitioner}}
	_, e, _ := c.enrol(c.login("doc@example.org", home).Cookie)
	other := c.node()
	state := func(want authz.Licence) {
		t.Helper()
		p, err := c.Principal(ctx, id)
		c.must(err)
		_, q, err := other.Session(ctx, e.Cookie, home)
		c.must(err)
		if p.Licence != want || q.Licence != want {
			t.Fatalf("the licence is %q and %q, want %q", p.Licence, q.Licence, want)
		}
	}
	state("")
	doc := c.who(e.Cookie)
	good := accounts.Licence{Number: "123", Issuer: "Board", Region: "BE", Expires: c.now().AddDate(0, 0, 40)}
	for key, l := range map[string]accounts.Licence{
		"licence.number":  {Issuer: "Board", Expires: good.Expires},
		"licence.issuer":  {Number: "1", Expires: good.Expires},
		"licence.expires": {Number: "1", Issuer: "Board", Expires: c.now()},
	} {
		_, err := c.SubmitLicence(ctx, doc, l)
		c.refused(err, key)
	}
	_, err := c.SubmitLicence(ctx, authz.Principal{Account: id, Roles: []authz.Role{authz.Patient}}, good)
	c.refused(err, "account.state")
	l, err := c.SubmitLicence(ctx, doc, good)
	c.must(err)
	state(authz.Submitted)
	c.refused(c.VerifyLicence(ctx, doc, l, "trust me"), "admin.only")
	c.refused(c.VerifyLicence(ctx, by, l, " "), "licence.evidence")
	c.refused(c.SuspendLicence(ctx, by, l, ""), "licence.state")
	own, err := c.SubmitLicence(ctx, by, good)
	c.must(err)
	c.refused(c.VerifyLicence(ctx, by, own, "mirror"), "licence.self")
	if list, err := c.LicencesWaiting(ctx, by); err != nil || len(list) != 2 {
		t.Errorf("%d wait, %v", len(list), err)
	}
	c.must(c.VerifyLicence(ctx, by, l, "register of the board, entry 123"))
	state(authz.Verified)
	list, err := c.Licences(ctx, doc, id)
	c.must(err)
	if len(list) != 1 || list[0].Reviewer != boss || list[0].Reviewed != c.now() || list[0].Evidence == "" {
		t.Errorf("got %+v", list)
	}
	_, err = c.Licences(ctx, doc, boss)
	c.refused(err, "admin.only")
	c.must(c.SuspendLicence(ctx, by, l, "complaint"))
	state(authz.Suspended)
	second, err := c.SubmitLicence(ctx, doc, good)
	c.must(err)
	c.must(c.VerifyLicence(ctx, by, second, "seen"))
	state(authz.Suspended) // whatever else there is
	c.must(c.VerifyLicence(ctx, by, l, "complaint withdrawn"))
	state(authz.Verified)
	third, err := c.SubmitLicence(ctx, doc, good)
	c.must(err)
	c.must(c.RefuseLicence(ctx, by, third, "not legible"))
	state(authz.Verified)
	if n := len(c.happened(accounts.LicenceVerified)); n != 3 {
		t.Errorf("%d verifications on record", n)
	}
}

func TestLicenceExpires(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("doc@example.org", doctor("1"))
	doc, err := c.Principal(ctx, id)
	c.must(err)
	l, err := c.SubmitLicence(ctx, doc, accounts.Licence{Number: "1", Issuer: "Board", Expires: c.now().AddDate(0, 0, 40)})
	c.must(err)
	c.must(c.VerifyLicence(ctx, operator, l, "seen"))
	var told []string
	for day := range 42 {
		before := c.letters("doc@example.org")
		c.must(c.CheckLicences(ctx))
		c.must(c.node().CheckLicences(ctx)) // another server does it too
		for range c.letters("doc@example.org") - before {
			_, text, _ := strings.Cut(c.post("doc@example.org").Text, "your licence ")
			told = append(told, time.Duration(day*24).String()+" "+text[:strings.Index(text, ".")])
		}
		want := authz.Verified
		if day >= 40 {
			want = authz.Expired
		}
		if p, err := c.Principal(ctx, id); err != nil || p.Licence != want {
			t.Fatalf("on day %d: %q, %v", day, p.Licence, err)
		}
		c.pass(24 * time.Hour)
	}
	if len(told) != 4 || !strings.Contains(told[0], "thirty") || !strings.Contains(told[1], "seven") || !strings.Contains(told[2], "a day") || !strings.Contains(told[3], "expired") {
		t.Errorf("told %q", told)
	}
}

func TestLicenceEndsBeforeTheJobRuns(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	id := c.account("doc@example.org", doctor("1"))
	doc, err := c.Principal(ctx, id)
	c.must(err)
	l, err := c.SubmitLicence(ctx, doc, accounts.Licence{Number: "1", Issuer: "Board", Expires: c.now().Add(time.Hour)})
	c.must(err)
	c.must(c.VerifyLicence(ctx, operator, l, "seen"))
	c.pass(time.Hour)
	if p, err := c.Principal(ctx, id); err != nil || p.Licence != authz.Expired {
		t.Errorf("got %q, %v", p.Licence, err)
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	mother := c.account("mother@example.org")
	c.account("ann@example.org")
	ann := c.who(c.login("ann@example.org", home).Cookie)
	e := c.login("mother@example.org", home)
	p := authz.Proxy{Patient: ann.Self[0], Related: fhir.Key{Type: "RelatedPerson", ID: "x"}, Rights: []string{"read", "book", "read"}, Until: c.now().Add(24 * time.Hour)}
	change := func(f func(*authz.Proxy)) authz.Proxy { q := p; f(&q); return q }
	for name, tc := range map[string]struct {
		by  authz.Principal
		to  string
		p   authz.Proxy
		key string
	}{
		"of somebody else": {c.who(e.Cookie), mother, p, "admin.only"},
		"by an app":        {authz.Principal{Account: ann.Account, Client: "app", Roles: ann.Roles, Self: ann.Self}, mother, p, "admin.only"},
		"to oneself":       {ann, ann.Account, p, "proxy.person"},
		"to nobody":        {ann, "nobody", p, "proxy.person"},
		"an unknown right": {ann, mother, change(func(q *authz.Proxy) { q.Rights = []string{"everything"} }), "proxy.rights"},
		"no right":         {ann, mother, change(func(q *authz.Proxy) { q.Rights = nil }), "proxy.rights"},
		"that is over":     {ann, mother, change(func(q *authz.Proxy) { q.Until = c.now() }), "proxy.until"},
	} {
		if _, err := c.GrantProxy(ctx, tc.by, tc.to, tc.p); !accounts.IsProblem(err, tc.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	id, err := c.GrantProxy(ctx, ann, mother, p)
	c.must(err)
	got := c.who(e.Cookie)
	if len(got.Proxies) != 1 || got.Proxies[0].Patient != p.Patient || got.Proxies[0].Related != p.Related || len(got.Proxies[0].Rights) != 2 || !got.Proxies[0].Until.Equal(p.Until) || got.Self[len(got.Self)-1] != p.Related {
		t.Fatalf("got %+v", got)
	}
	// A proxy hands nothing on.
	_, err = c.GrantProxy(ctx, got, c.account("eve@example.org"), p)
	c.refused(err, "admin.only")
	c.refused(c.RevokeProxy(ctx, c.who(c.login("eve@example.org", home).Cookie), id), "proxy.unknown")
	c.must(c.RevokeProxy(ctx, ann, id))
	if got := c.who(e.Cookie); got.Proxies != nil || len(got.Self) != 1 {
		t.Errorf("after the end: %+v", got)
	}
	id, err = c.GrantProxy(ctx, ann, mother, p)
	c.must(err)
	if list, err := c.ProxiesFor(ctx, ann, p.Patient); err != nil || len(list) != 2 {
		t.Errorf("%d proxies, %v", len(list), err)
	}
	c.pass(24 * time.Hour)
	e = c.login("mother@example.org", home)
	if got := c.who(e.Cookie); got.Proxies != nil {
		t.Errorf("after the last day: %+v", got)
	}
	c.must(c.RevokeProxy(ctx, c.who(e.Cookie), id))
	if n := len(c.happened(accounts.ProxyRevoked)); n != 2 {
		t.Errorf("%d ends on record", n)
	}
}
