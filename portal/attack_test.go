package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/portal"
)

// TestForgery: a POST that another site made a browser send does nothing,
// whatever it carries (T09, and the forgeries of issue 7).
func TestForgery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.in(t, "patient")
	good := b.filled("/account/email", "/account/email", "email", "mallory@example.org")
	for _, row := range []struct {
		name    string
		headers []string
		change  func(url.Values)
	}{
		{name: "cross-site", headers: []string{"Sec-Fetch-Site", "cross-site"}},
		{name: "another host of the domain", headers: []string{"Sec-Fetch-Site", "same-site"}},
		{name: "origin of an old browser", headers: []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}},
		{name: "null origin", headers: []string{"Sec-Fetch-Site", "", "Origin", "null"}},
		{name: "origin that begins like ours", headers: []string{"Sec-Fetch-Site", "", "Origin", base + ".evil.example"}},
		{name: "no token", change: func(v url.Values) { v.Del("token") }},
		{name: "empty token", change: func(v url.Values) { v.Set("token", "") }},
		{name: "another one's token", change: func(v url.Values) {
			v.Set("token", h.in(t, "other").filled("/account/email", "/account/email").Get("token"))
		}},
		{name: "a stranger's token", change: func(v url.Values) { v.Set("token", h.browser(t).filled("/login", "/login").Get("token")) }},
		{name: "the cookie as token", change: func(v url.Values) { v.Set("token", b.cookies["__Host-wd"]) }},
	} {
		form := url.Values{}
		for name, values := range good {
			form[name] = values
		}
		form.Set("once", row.name)
		if row.change != nil {
			row.change(form)
		}
		if a := b.do("POST", "/account/email", form, row.headers...); a.status != 403 {
			t.Errorf("%s: %d %s", row.name, a.status, a.to())
		}
	}
	if deeds := h.people.deeds(); deeds != "" {
		t.Fatalf("what was done: %s", deeds)
	}
	if a := b.do("POST", "/account/email", good); a.status != 303 {
		t.Errorf("the person's own form: %d", a.status)
	}
	// Login forgery: a stranger's form needs its token too.
	if a := h.browser(t).do("POST", "/login", url.Values{"email": {"patient@example.org"}, "password": {rightPassword}}); a.status != 403 {
		t.Errorf("a login without a token: %d", a.status)
	}
	// JSON and other kinds that a simple request can carry are no form.
	if a := b.do("POST", "/account/email", good, "Content-Type", "text/plain"); a.status != 400 {
		t.Errorf("text/plain: %d", a.status)
	}
}

// TestNothingByGET: looking never does anything.
func TestNothingByGET(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name := range pages {
		_, path, _ := strings.Cut(name, " ")
		path = strings.NewReplacer(":id", "l1", ":file", "x", ":what", "forgot").Replace(path)
		for _, who := range []string{"patient", "doctor", "admin"} {
			h.in(t, who).get(path + "?token=good-verify&key=good-reset&session=others&factor=f1&app=c1&client=c1&state=disabled&deed=verify&evidence=x")
		}
	}
	if deeds := h.people.deeds(); deeds != "" || h.apps.withdrew+h.apps.state != "" || len(h.people.tokens) != 6 {
		t.Errorf("what was done: %s", deeds)
	}
}

// TestMassAssignment: what a form does not ask for is not set (W20).
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	more := []string{"role", "administrator", "roles", "administrator", "patient_id", "Patient/1", "status", "active", "owner", "admin", "account", "admin", "state", "verified", "verified", "yes", "held", "administrator"}
	h.browser(t).submit("/register", "/register", append([]string{"given", "Ada", "family", "L", "birth", "1988-04-30", "email", "new@example.org", "password", rightPassword}, more...)...)
	h.in(t, "doctor").submit("/account/licence", "/account/licence", append([]string{"number", "N9", "issuer", "Board", "expires", "2030-01-31"}, more...)...)
	h.in(t, "patient").submit("/account/email", "/account/email", append([]string{"email", "p@example.org"}, more...)...)
	h.browser(t).submit("/first?token=good-first", "/first", append([]string{"name", "A", "email", "first@example.org", "password", rightPassword}, more...)...)
	want := "register new@example.org Ada L en; licence N9 of doctor until 2030-02-01 ; change email of patient to p@example.org; first first@example.org 0"
	if deeds := h.people.deeds(); deeds != want {
		t.Errorf("what was done:\n%s\nwant\n%s", deeds, want)
	}
	// The roles of an invitation are those that the form offers.
	a := h.in(t, "admin").submit("/admin/invite", "/admin/invite", "email", "x@example.org", "name", "X", "roles", "patient", "roles", "operator")
	if a.status != 422 {
		t.Errorf("roles that are not offered: %d", a.status)
	}
}

// TestOpenRedirects: nobody is led elsewhere by a link to us (R47).
func TestOpenRedirects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example", "data:text/html,x", "http:evil.example", "/\n/evil.example", "///evil.example"} {
		b := h.browser(t)
		a := b.submit("/login?next="+url.QueryEscape(next), "/login", "email", "patient@example.org", "password", rightPassword)
		if a.status != 303 || a.to() != "/account" {
			t.Errorf("%q leads to %q (%d)", next, a.to(), a.status)
		}
		b = h.browser(t)
		form := b.filled("/login", "/language", "language", "de")
		form.Set("next", next)
		if a := b.do("POST", "/language", form); a.to() != "/" {
			t.Errorf("%q leads to %q after a choice of the language", next, a.to())
		}
	}
	b := h.browser(t)
	if a := b.submit("/login?next="+url.QueryEscape("/account/apps?x=1"), "/login", "email", "patient@example.org", "password", rightPassword); a.to() != "/account/apps?x=1" {
		t.Errorf("a way of ours leads to %q", a.to())
	}
}

// TestScripts: what people and apps call themselves is text (R43).
func TestScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.people.list["patient"].Name = `<script>alert(1)</script>"'>`
	for _, page := range []struct{ who, path string }{{"patient", "/account"}, {"patient", "/consent?authorization=z1"}, {"doctor", "/account/factors"}, {"admin", "/admin/accounts"}, {"admin", "/admin/accounts/patient"}} {
		a := h.in(t, page.who).get(page.path)
		if a.status != 200 || strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<i>Diary") || strings.Contains(a.body, "<b>Phone") {
			t.Errorf("%s: %d\n%s", page.path, a.status, a.body)
		}
	}
	a := h.browser(t).submit("/login", "/login", "email", `"><script>alert(1)</script>`, "password", "x")
	if strings.Contains(a.body, "<script>alert") || a.status != 422 {
		t.Errorf("what was entered: %d\n%s", a.status, a.body)
	}
	if a := h.browser(t).get("/mailbox"); strings.Contains(a.body, `href="https://evil`) || !strings.Contains(a.body, `href="/verify?token=abc"`) {
		t.Errorf("the mailbox follows links to elsewhere, or not to us:\n%s", a.body)
	}
}

// TestHeaders: every answer, whatever it says, is hardened.
func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.in(t, "patient")
	asset := "/static/" + regexpFind(`/static/(portal-[0-9a-f]+\.css)`, b.get("/account").body)
	for _, path := range []string{"/", "/login", "/account", "/nowhere", "/admin/accounts", asset, "/static/no-such-file", "/verify?token=bad", "/consent?authorization=z1"} {
		a := b.get(path)
		policy := a.header.Get("Content-Security-Policy")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		} {
			if a.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
			}
		}
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %s", path, policy)
		}
		if leads := strings.Contains(policy, "form-action 'self' https://app.example.org;"); leads != strings.HasPrefix(path, "/consent") {
			t.Errorf("%s: %s", path, policy)
		}
		kept := "no-store"
		if path == asset {
			kept = "public, max-age=31536000, immutable"
		}
		if a.header.Get("Cache-Control") != kept {
			t.Errorf("%s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
	}
	// On the way to an app its origin is allowed on the pages before, too.
	if policy := h.browser(t).get("/login?next=" + url.QueryEscape("/oauth/continue?authorization=z1")).header.Get("Content-Security-Policy"); !strings.Contains(policy, "https://app.example.org") {
		t.Errorf("on the way to an app: %s", policy)
	}
	// Plain http on this machine: no promise of https, another cookie.
	plain := newHouse(t, func(c *portal.Config) { c.Base = "http://localhost:8080" })
	if a := plain.browser(t).get("/login"); a.header.Get("Strict-Transport-Security") != "" || !strings.HasPrefix(a.header.Get("Set-Cookie"), "wd-form=") || strings.Contains(a.header.Get("Set-Cookie"), "Secure") {
		t.Errorf("plain http: %v", a.header)
	}
}
