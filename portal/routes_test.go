package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/portal"
)

// pages is every route and who may come there. A route that is mounted and
// not written here fails the test, and so does one that is written here and
// not mounted.
var pages = map[string]string{
	"GET /": "anyone", "GET /static/:file": "anyone", "POST /language": "anyone",
	"GET /login": "anyone", "POST /login": "anyone", "POST /login/passkey": "anyone", "POST /login/passkey/answer": "anyone", "POST /logout": "anyone",
	"GET /login/factor": "second", "POST /login/factor": "second", "POST /login/factor/passkey": "second", "POST /login/factor/passkey/answer": "second",
	"GET /register": "anyone", "POST /register": "anyone", "GET /forgot": "anyone", "POST /forgot": "anyone", "GET /told/:what": "anyone",
	"GET /verify": "anyone", "POST /verify": "anyone", "GET /email": "anyone", "POST /email": "anyone", "GET /reset": "anyone", "POST /reset": "anyone",
	"GET /invite": "anyone", "POST /invite": "anyone", "GET /unlock": "anyone", "POST /unlock": "anyone", "GET /first": "anyone", "POST /first": "anyone",
	"GET /account":         "member",
	"GET /account/factors": "enrolling", "POST /account/factors/totp": "enrolling", "POST /account/factors/totp/confirm": "enrolling",
	"GET /account/factors/passkey": "enrolling", "POST /account/factors/passkey": "enrolling", "POST /account/factors/passkey/answer": "enrolling",
	"POST /account/factors/remove": "member", "POST /account/factors/codes": "member",
	"GET /account/proof": "member", "POST /account/proof": "member", "POST /account/proof/code": "member", "POST /account/proof/passkey": "member", "POST /account/proof/passkey/answer": "member",
	"GET /account/password": "member", "POST /account/password": "member", "GET /account/email": "member", "POST /account/email": "member",
	"GET /account/sessions": "member", "POST /account/sessions/end": "member", "GET /account/apps": "member", "POST /account/apps/revoke": "member",
	"GET /account/licence": "practitioner", "POST /account/licence": "practitioner",
	"GET /consent": "member", "POST /consent": "member", "GET /consent/patient": "member", "POST /consent/patient": "member", "POST /consent/refuse": "member",
	"GET /admin/accounts": "administrator", "GET /admin/accounts/:id": "administrator", "POST /admin/accounts/:id/roles": "administrator",
	"POST /admin/accounts/:id/disable": "administrator", "POST /admin/accounts/:id/enable": "administrator", "POST /admin/accounts/:id/factors": "administrator",
	"GET /admin/invite": "administrator", "POST /admin/invite": "administrator",
	"GET /admin/licences": "administrator", "GET /admin/licences/:id": "administrator", "POST /admin/licences/:id": "administrator",
	"GET /admin/clients": "administrator", "POST /admin/clients/state": "administrator",
	"GET /mailbox": "administrator",
}

// TestRoutes walks all routes as everybody, without clicking on anything: no
// page is seen, and no deed is done, by those it is not for.
func TestRoutes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *portal.Config) { c.Dev, c.Demo = false, false })
	mounted := map[string]bool{}
	for _, rt := range h.app.GetRoutes(true) {
		name := rt.Method + " " + rt.Path
		if rt.Method == http.MethodHead || rt.Path == "/*" {
			continue
		}
		mounted[name] = true
		if pages[name] == "" {
			t.Errorf("%s is in no list: say who may come there", name)
		}
	}
	visitors := map[string][]string{ // who passes which need
		"":               {},
		"doctor/factor":  {"second"},
		"admin/enrol":    {"enrolling"},
		"patient":        {"member", "enrolling"},
		"staff":          {"member", "enrolling"},
		"doctor":         {"member", "enrolling", "practitioner"},
		"admin":          {"member", "enrolling", "administrator"},
		"forged cookie":  {},
		"somebody's old": {},
	}
	for name, need := range pages {
		if !mounted[name] {
			t.Errorf("%s is not mounted", name)
		}
		method, path, _ := strings.Cut(name, " ")
		path = strings.NewReplacer(":id", "l1", ":file", "x", ":what", "forgot").Replace(path)
		for who, passes := range visitors {
			if need == "anyone" || slices.Contains(passes, need) {
				continue
			}
			b := h.browser(t)
			switch {
			case strings.Contains(who, " "):
				b.cookies["__Host-wd"] = strings.Repeat("x", 43)
			case who != "":
				b.cookies["__Host-wd"] = h.people.session(who)
			}
			var a answer
			if method == "GET" {
				a = b.get(path)
			} else {
				a = b.do("POST", path, fill("", "once", "1"))
			}
			turned := a.status == 303 && (strings.HasPrefix(a.to(), "/login") || strings.HasPrefix(a.to(), "/account")) && a.to() != path
			if !turned && (a.status != 403 || passes == nil || len(passes) == 0) {
				t.Errorf("%s as %q (%s): %d %s", name, who, need, a.status, a.to())
			}
		}
	}
	if deeds := h.people.deeds(); deeds != "" {
		t.Errorf("what was done: %s", deeds)
	}
}

// TestPagesOpen: who may come to a page sees it.
func TestPagesOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, need := range pages {
		method, path, _ := strings.Cut(name, " ")
		who := map[string]string{"member": "patient", "enrolling": "admin/enrol", "second": "doctor/factor", "practitioner": "doctor", "administrator": "admin"}[need]
		if method != "GET" || who == "" || strings.Contains(path, "/consent") {
			continue
		}
		path = strings.ReplaceAll(path, "licences/:id", "licences/l1")
		path = strings.ReplaceAll(path, ":id", "patient")
		if a := h.in(t, who).get(path); a.status != 200 {
			t.Errorf("%s as %s: %d %s", path, who, a.status, a.to())
		}
	}
}
