package portal_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/webdoctor/webdoctor/portal"
)

func regexpFind(pattern, text string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// TestLogin: the steps in, and the cookie that is new at each.
func TestLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser(t)
	a := b.submit("/login?next=/account/password", "/login", "email", "doctor@example.org", "password", rightPassword)
	if a.status != 303 || a.to() != "/login/factor?next=%2Faccount%2Fpassword" {
		t.Fatalf("%d %s", a.status, a.to())
	}
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-wd=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie lacks %s: %s", part, cookie)
		}
	}
	if strings.Contains(cookie, "Domain") || strings.Contains(cookie, "Max-Age") {
		t.Errorf("the cookie: %s", cookie)
	}
	half := b.cookies["__Host-wd"]
	if a := b.get("/account"); a.status != 303 || !strings.HasPrefix(a.to(), "/login/factor") {
		t.Errorf("half way in: %d %s", a.status, a.to())
	}
	wrong := b.submit("/login/factor", "/login/factor", "code", "000000")
	if wrong.status != 422 || !strings.Contains(wrong.body, "This code is wrong") || !strings.Contains(wrong.body, `value="000000"`) {
		t.Errorf("a wrong code: %d\n%s", wrong.status, wrong.body)
	}
	if a = b.submit(a.to(), "/login/factor", "code", rightCode); a.status != 303 || a.to() != "/account/password" {
		t.Errorf("the code: %d %s", a.status, a.to())
	}
	if b.cookies["__Host-wd"] == half {
		t.Error("the session kept its cookie")
	}
	if a := b.get("/login"); a.status != 303 || a.to() != "/account" {
		t.Errorf("signed in already: %d %s", a.status, a.to())
	}
	// An administrator without a second factor sets one up, and nothing else.
	b = h.browser(t)
	if a := b.submit("/login", "/login", "email", "admin@example.org", "password", rightPassword); a.to() != "/account/factors" {
		t.Errorf("to be set up: %s", a.to())
	}
	page := b.do("POST", "/account/factors/totp", b.filled("/account/factors", "/account/factors/totp"))
	if page.status != 200 || !strings.Contains(page.body, "JBSW Y3DP") || !strings.Contains(page.body, "<path d=\"M4 4h7") {
		t.Fatalf("setting up: %d\n%s", page.status, page.body)
	}
	_, rest, _ := strings.Cut(page.body, `action="/account/factors/totp/confirm"`)
	form := fill(rest, "code", "111111")
	if a := b.do("POST", "/account/factors/totp/confirm", form); a.status != 422 || !strings.Contains(a.body, "JBSW Y3DP") {
		t.Errorf("a wrong code: %d", a.status)
	}
	form.Set("code", rightCode)
	first := b.do("POST", "/account/factors/totp/confirm", form)
	if first.status != 200 || !strings.Contains(first.body, "aaaa-bbbb-1") {
		t.Errorf("the recovery codes: %d\n%s", first.status, first.body)
	}
	if a := b.get("/admin/accounts"); a.status != 200 {
		t.Errorf("set up: %d", a.status)
	}
}

// TestPasskeyLogin: the ceremony of a passkey as forms.
func TestPasskeyLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser(t)
	page := b.do("POST", "/login/passkey", b.filled("/login", "/login/passkey"))
	if page.status != 200 || !strings.Contains(page.body, `data-passkey="get"`) || !strings.Contains(page.body, "challenge") {
		t.Fatalf("%d\n%s", page.status, page.body)
	}
	_, rest, _ := strings.Cut(page.body, `action="/login/passkey/answer"`)
	form := fill(rest)
	form.Set("credential", `{"id":"bad"}`)
	if a := b.do("POST", "/login/passkey/answer", form); a.status != 422 || !strings.Contains(a.body, "not accepted") {
		t.Errorf("a passkey of somebody else: %d\n%s", a.status, a.body)
	}
	form.Set("credential", `{"id":"good"}`)
	if a := b.do("POST", "/login/passkey/answer", form); a.status != 303 || a.to() != "/account" {
		t.Errorf("%d %s", a.status, a.to())
	}
}

// TestUniform: an address that is known and one that is not get the same
// answer (B12).
func TestUniform(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	same := func(path string, pairs func(email string) []string) {
		t.Helper()
		var bodies []string
		for _, email := range []string{"patient@example.org", "nobody0@example.org"} {
			b := h.browser(t)
			b.cookies["__Host-wd-form"] = strings.Repeat("k", 22)
			a := b.submit(path, path, pairs(email)...)
			text := regexp.MustCompile(`name="once" value="[^"]*"`).ReplaceAllString(a.body, "")
			bodies = append(bodies, strings.Join([]string{a.header.Get("Location"), a.header.Get("Set-Cookie"), string(rune(a.status)), strings.ReplaceAll(text, email, "EMAIL")}, "\n"))
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s tells who is known:\n%s\n%s", path, bodies[0], bodies[1])
		}
	}
	same("/login", func(email string) []string { return []string{"email", email, "password", "wrong"} })
	same("/forgot", func(email string) []string { return []string{"email", email} })
	same("/register", func(email string) []string {
		return []string{"email", email, "given", "A", "family", "B", "birth", "1990-01-01", "password", rightPassword}
	})
}

// TestLetters: links of letters work once, for what they are for; looking at
// them spends nothing (B11).
func TestLetters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, row := range []struct{ path, token, next string }{
		{"/verify", "good-verify", "/login?left=verified"}, {"/reset", "good-reset", "/login?left=reset"}, {"/invite", "good-invite", "/login?left=invited"},
		{"/unlock", "good-unlock", "/login?left=unlocked"}, {"/email", "good-email", "/account?done=email"},
	} {
		b := h.browser(t)
		b.get(row.path + "?token=" + row.token)
		form := b.filled(row.path+"?token="+row.token, row.path, "password", rightPassword)
		if a := b.do("POST", row.path, form); a.status != 303 || a.to() != row.next {
			t.Errorf("%s: %d %s", row.path, a.status, a.to())
		}
		form.Set("once", "another")
		if a := b.do("POST", row.path, form); a.status != 400 || !strings.Contains(a.body, "not valid any more") {
			t.Errorf("%s a second time: %d", row.path, a.status)
		}
		for _, token := range []string{"good-first", "", "x", strings.Repeat("x", 3000)} {
			if a := b.get(row.path + "?token=" + token); a.status != 400 {
				t.Errorf("%s with a token for something else: %d", row.path, a.status)
			}
		}
	}
}

// TestForms: what is wrong stands beside the field, and what was entered
// stays, but passwords.
func TestForms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser(t)
	a := b.submit("/register", "/register", "given", "Ada", "family", strings.Repeat("x", 101), "birth", "1988-04-30", "email", "no address", "password", "short password")
	for _, part := range []string{`value="Ada"`, `value="no address"`, "At most 100 characters.", "This is not an e-mail address", `aria-describedby="e-email"`, `<title>Please check: `} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if a.status != 422 || strings.Contains(a.body, "short password") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
	if a := b.submit("/login", "/login", "email", "slow@example.org", "password", "x"); a.status != 429 || a.header.Get("Retry-After") != "91" || !strings.Contains(a.body, "Try again in 2 minutes") {
		t.Errorf("too many attempts: %d %v", a.status, a.header)
	}
	big := b.filled("/login", "/login", "email", "patient@example.org", "password", strings.Repeat("x", 300<<10))
	if a := b.do("POST", "/login", big); a.status != 400 {
		t.Errorf("a huge form: %d", a.status)
	}
	if a := h.in(t, "patient").submit("/account/password", "/account/password", "old", "wrong", "password", rightPassword); a.status != 422 || !strings.Contains(a.body, "This password is wrong") || strings.Contains(a.body, rightPassword) {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

// TestDoubleSubmit: the same form twice, after one another or at once, does
// one deed and gets one answer.
func TestDoubleSubmit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.in(t, "patient")
	form := b.filled("/account/password", "/account/password", "old", rightPassword, "password", "another battery staple")
	old := b.cookies["__Host-wd"]
	first := b.do("POST", "/account/password", form)
	b.cookies["__Host-wd"] = old // the browser had sent the second before the first was answered
	second := b.do("POST", "/account/password", form)
	if first.status != 303 || second.status != 303 || first.to() != second.to() || first.header.Get("Set-Cookie") != second.header.Get("Set-Cookie") {
		t.Errorf("%d %v\n%d %v", first.status, first.header, second.status, second.header)
	}
	if deeds := h.people.deeds(); deeds != "password" {
		t.Errorf("what was done: %s", deeds)
	}
	// Somebody else with the same number gets nothing of it.
	other := h.in(t, "other")
	if a := other.do("POST", "/account/password", form); a.status != 403 {
		t.Errorf("with another cookie: %d %v", a.status, a.header)
	}

	h.people.slow = make(chan struct{})
	x := h.browser(t)
	login := x.filled("/login", "/login", "email", "patient@example.org", "password", rightPassword)
	var wg sync.WaitGroup
	for range 4 {
		y := h.browser(t)
		for name, value := range x.cookies {
			y.cookies[name] = value
		}
		wg.Go(func() {
			if a := y.do("POST", "/login", login); a.status != 303 {
				t.Errorf("one of four: %d", a.status)
			}
		})
	}
	close(h.people.slow)
	wg.Wait()
	if n := strings.Count(h.people.deeds(), "login"); n != 1 {
		t.Errorf("%d logins", n)
	}
	// What was wrong can be mended and sent again with the same number.
	z := h.browser(t)
	form = z.filled("/login", "/login", "email", "patient@example.org", "password", "wrong")
	z.do("POST", "/login", form)
	form.Set("password", rightPassword)
	if a := z.do("POST", "/login", form); a.status != 303 {
		t.Errorf("mended: %d", a.status)
	}
}

// TestLeaving: after signing out nothing is readable, and the browser is told
// to forget (B15).
func TestLeaving(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, tab := h.in(t, "patient"), h.browser(t)
	tab.cookies["__Host-wd"] = b.cookies["__Host-wd"]
	page := b.get("/account")
	if !strings.Contains(page.body, `data-idle="900"`) || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page that may stay behind: %v", page.header)
	}
	a := b.submit("/account", "/logout")
	if a.to() != "/login?left=out" || a.header.Get("Clear-Site-Data") != `"cache", "storage"` || b.cookies["__Host-wd"] != "" {
		t.Errorf("%s %v", a.to(), a.header)
	}
	if a := tab.get("/account"); a.status != 303 || !strings.HasPrefix(a.to(), "/login") {
		t.Errorf("the second tab: %d", a.status)
	}
	script := tab.get(regexpFind(`src="([^"]+)"`, tab.get("/login").body)).body
	for _, store := range []string{"localStorage", "sessionStorage", "indexedDB", "serviceWorker", "caches."} {
		if strings.Contains(script, store) {
			t.Errorf("the script uses %s", store)
		}
	}
}

// TestFailures: pages of errors say what to do and nothing else.
func TestFailures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a := h.in(t, "admin").get("/admin/accounts/nobody"); a.status != 404 || !strings.Contains(a.body, "There is no such page") {
		t.Errorf("%d", a.status)
	}
	a, b := h.in(t, "patient").get("/admin/accounts/patient"), h.in(t, "patient").get("/admin/accounts/nobody")
	if a.status != 403 || b.status != 403 {
		t.Errorf("403 depends on what is there: %d %d", a.status, b.status)
	}
	broken := h.in(t, "patient")
	h.people.broken = true
	if a := broken.get("/account"); a.status != 500 || strings.Contains(a.body, "secret") || !strings.Contains(a.body, "our fault") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

// TestLanguageChoice: account before cookie before header.
func TestLanguageChoice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser(t)
	b.header.Set("Accept-Language", "fr-CA")
	if !strings.Contains(b.get("/login").body, `<html lang="fr"`) {
		t.Error("the header is not heard")
	}
	if a := b.submit("/login", "/language", "language", "es"); a.to() != "/login" {
		t.Errorf("%s", a.to())
	}
	if !strings.Contains(b.get("/login").body, `<html lang="es"`) {
		t.Error("the cookie is not heard")
	}
	h.people.list["patient"].Language = "de"
	b.cookies["__Host-wd"] = h.people.session("patient")
	if !strings.Contains(b.get("/account").body, `<html lang="de"`) {
		t.Error("the account is not heard")
	}
	b.submit("/account", "/language", "language", "ar")
	if h.people.list["patient"].Language != "ar" || !strings.Contains(b.get("/account").body, `dir="rtl"`) {
		t.Error("the choice is not kept in the account")
	}
	if a := b.submit("/account", "/language", "language", "tlh"); a.status != 303 || h.people.list["patient"].Language != "ar" {
		t.Error("a language that there is not")
	}
}

// TestConsent: what is ticked is granted, and nothing else.
func TestConsent(t *testing.T) {
	t.Parallel()
	const lab = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
	for _, row := range []struct {
		name   string
		ticked []string
		want   string
	}{
		{"all", []string{"openid", "offline_access", "patient/Patient.rs", "patient/Observation.rs"}, "openid fhirUser offline_access patient/Patient.rs patient/Observation.rs launch/patient"},
		{"one", []string{"patient/Patient.rs"}, "patient/Patient.rs launch/patient"},
		{"a part", []string{lab}, lab + " launch/patient"},
		{"a part and the whole", []string{"patient/Observation.rs", lab}, lab + " launch/patient"},
		{"more than asked", []string{"patient/Patient.rs", "patient/*.cruds", "system/*.rs"}, "patient/Patient.rs launch/patient"},
	} {
		h := newHouse(t)
		b := h.in(t, "patient")
		var pairs []string
		for _, s := range row.ticked {
			pairs = append(pairs, "scopes", s)
		}
		a := b.submit("/consent?authorization=z1", "/consent", pairs...)
		if got := strings.Join(h.apps.decided, " "); got != row.want || a.to() != base+"/oauth/continue?authorization=z1" {
			t.Errorf("%s: %q to %s", row.name, got, a.to())
		}
	}
	h := newHouse(t)
	b := h.in(t, "patient")
	if a := b.submit("/consent?authorization=z1", "/consent"); a.status != 422 || h.apps.decided != nil || h.apps.refused || !strings.Contains(a.header.Get("Content-Security-Policy"), "app.example.org") {
		t.Errorf("nothing ticked: %d", a.status)
	}
	if a := b.submit("/consent?authorization=z1", "/consent/refuse"); a.status != 303 || !h.apps.refused {
		t.Errorf("refused: %d", a.status)
	}
	if a := b.get("/consent?authorization=other"); a.status != 404 {
		t.Errorf("another one's request: %d", a.status)
	}
	h.apps.step = portal.StepPatient
	if a := b.get("/consent?authorization=z1"); a.to() != base+"/oauth/continue?authorization=z1" {
		t.Errorf("not its turn: %d %s", a.status, a.to())
	}
	if a := b.submit("/consent/patient?authorization=z1", "/consent/patient", "patient", "p9"); a.status != 422 || h.apps.chosen != "" {
		t.Errorf("a patient that was not offered: %d", a.status)
	}
	if a := b.submit("/consent/patient?authorization=z1", "/consent/patient", "patient", "p2"); a.status != 303 || h.apps.chosen != "p2" {
		t.Errorf("a patient: %d %q", a.status, h.apps.chosen)
	}
	if a := b.get("/consent/patient?authorization=z1&name=found"); strings.Contains(a.body, "Found One") {
		t.Error("a patient searches among patients")
	}
	if a := h.in(t, "doctor").get("/consent/patient?authorization=z1&name=found"); !strings.Contains(a.body, "Found One") {
		t.Errorf("a doctor finds nobody:\n%s", a.body)
	}
}

// TestAdministration: the deeds of administrators.
func TestAdministration(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.in(t, "admin")
	b.submit("/admin/invite", "/admin/invite", "email", "n@example.org", "name", "N", "roles", "practitioner", "roles", "staff")
	b.submit("/admin/accounts/doctor", "/admin/accounts/doctor/roles", "roles", "patient", "roles", "practitioner", "patient", "Patient/7", "practitioner", "3")
	b.submit("/admin/accounts/doctor", "/admin/accounts/doctor/disable", "reason", "left")
	b.submit("/admin/accounts/doctor", "/admin/accounts/doctor/factors")
	b.submit("/admin/licences/l1", "/admin/licences/l1", "deed", "verify", "evidence", "register")
	b.submit("/admin/clients", "/admin/clients/state")
	want := "invite n@example.org practitioner staff; roles of doctor patient=Patient/7 practitioner=Practitioner/3; disable doctor left; forget doctor; verify l1 register"
	if deeds := h.people.deeds(); deeds != want || h.apps.state != "c1 active" {
		t.Errorf("what was done:\n%s\nwant\n%s\n%s", deeds, want, h.apps.state)
	}
	if a := b.submit("/admin/invite", "/admin/invite", "email", "patient@example.org", "name", "N", "roles", "staff"); a.status != 422 || !strings.Contains(a.body, "There is an account") {
		t.Errorf("taken: %d", a.status)
	}
	if a := b.submit("/admin/accounts/doctor", "/admin/accounts/doctor/roles", "roles", "patient", "patient", "../x"); a.status != 422 {
		t.Errorf("no id: %d", a.status)
	}
	if a := b.get("/admin/accounts/admin"); strings.Contains(a.body, "/admin/accounts/admin/roles") {
		t.Error("an administrator may change their own account")
	}
	form := b.filled("/admin/invite", "/admin/invite")
	if a := b.do("POST", "/admin/accounts/admin/roles", form); a.status != 403 {
		t.Errorf("their own account: %d", a.status)
	}
	// Sensitive deeds ask again who is there.
	p := h.in(t, "patient")
	if a := p.do("POST", "/account/factors/passkey", p.filled("/account/factors/passkey", "/account/factors/passkey", "label", "x")); a.to() != "/account/proof?next=%2Faccount%2Ffactors%2Fpasskey" {
		t.Errorf("stale: %d %s", a.status, a.to())
	}
	if a := p.submit("/account/proof?next=/account/factors", "/account/proof", "password", rightPassword); a.to() != "/account/factors" {
		t.Errorf("proved: %s", a.to())
	}
}
