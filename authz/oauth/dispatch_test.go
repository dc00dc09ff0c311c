package oauth_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
)

// ask is where the dispatcher sends a browser with a cookie.
func (f *flow) ask(to *url.URL) *url.URL {
	f.t.Helper()
	a := f.get(to.String(), "Cookie", "wd="+f.cookie)
	if a.status != http.StatusSeeOther {
		return &url.URL{Path: "/" + http.StatusText(a.status)}
	}
	if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
		f.t.Error("the answer may be kept: ", a.header)
	}
	next, _ := url.Parse(a.header.Get("Location"))
	return next
}

// TestDispatcher walks the whole way of a doctor: nobody is signed in, the
// patient is chosen, consent is given, and nothing can be skipped, repeated
// or done by somebody else.
func TestDispatcher(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "dora", "launch/patient patient/Observation.rs")
	_, to := f.begin()
	id := to.Query().Get("authorization")
	dora, ben := c.people.sessions["cookie-dora"], c.people.sessions["cookie-ben"]
	f.cookie = ""
	if at := f.ask(to); at.Path != "/sign-in" {
		t.Fatal(at)
	}
	f.cookie = "cookie-dora"
	if at := f.ask(to); at.Path != "/patient" {
		t.Fatal(at)
	}
	if q, err := c.server.Next(t.Context(), id, dora); err != nil || q.Step != oauth.StepPatient || len(q.Own) != 0 || q.Principal.Account != "dora" || q.Client.ID != f.client.ID {
		t.Fatal(q, err)
	}
	if err := c.server.Decide(t.Context(), id, dora, oauth.Decision{Approve: true, Scopes: []string{"patient/Observation.rs"}}); fhir.CodeOf(err) != fhir.Conflict {
		t.Error("consent before the patient: ", err)
	}
	for _, who := range []string{"ben", "pia"} {
		f.cookie = "cookie-" + who
		if at := f.ask(to); at.Path != "/Forbidden" {
			t.Errorf("%s is sent to %s", who, at)
		}
	}
	if _, err := c.server.Next(t.Context(), id, ben); fhir.CodeOf(err) != fhir.Forbidden {
		t.Error(err)
	}
	if err := c.server.ChoosePatient(t.Context(), id, ben, "B"); fhir.CodeOf(err) != fhir.Forbidden {
		t.Error(err)
	}
	var refusals []string
	for _, patient := range []string{"B", "nobody", "", "../A", strings.Repeat("a", 100)} {
		err := c.server.ChoosePatient(t.Context(), id, dora, patient)
		if fhir.CodeOf(err) != fhir.NotFound {
			t.Errorf("patient %q: %v", patient, err)
			continue
		}
		refusals = append(refusals, err.Error())
	}
	if len(slices.Compact(refusals)) != 1 {
		t.Error("it tells who there is: ", refusals)
	}
	if err := c.server.ChoosePatient(t.Context(), id, dora, "A"); err != nil {
		t.Fatal(err)
	}
	f.cookie = "cookie-dora"
	if at := f.ask(to); at.Path != "/consent" {
		t.Fatal(at)
	}
	if err := c.server.ChoosePatient(t.Context(), id, dora, "A"); fhir.CodeOf(err) != fhir.Conflict {
		t.Error("the patient twice: ", err)
	}
	for _, scopes := range [][]string{{"patient/Observation.rs", "patient/Patient.r"}, {"patient/*.rs"}, {"patient/Observation.cruds"}, {"user/Observation.rs"}, {"offline_access"}, {"x"}} {
		if err := c.server.Decide(t.Context(), id, dora, oauth.Decision{Approve: true, Scopes: scopes}); fhir.CodeOf(err) != fhir.Value {
			t.Errorf("agreed to %q: %v", scopes, err)
		}
	}
	if err := c.server.Decide(t.Context(), id, dora, oauth.Decision{Approve: true, Scopes: []string{"launch/patient", "patient/Observation.rs"}}); err != nil {
		t.Fatal(err)
	}
	f.cookie = ""
	if at := f.ask(to); at.Path != "/sign-in" {
		t.Error("a browser that nobody is signed in to gets ", at)
	}
	f.cookie = "cookie-dora"
	won := together(8, func() bool { return f.ask(to).Query().Get("code") != "" })
	if won != 1 {
		t.Errorf("%d codes for one consent", won)
	}
	if at := f.ask(to); at.Path != "/Not Found" {
		t.Error("again: ", at)
	}
	if _, err := c.server.Next(t.Context(), "nobody", dora); fhir.CodeOf(err) != fhir.NotFound {
		t.Error(err)
	}
	_, to = f.begin()
	c.sql(`UPDATE oauth_authorization SET expires = now() - interval '1 second'`)
	if at := f.ask(to); at.Path != "/Not Found" {
		t.Error("too late: ", at)
	}
}

// TestWhosePatient: whose record an app sees, by who lets it in.
func TestWhosePatient(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	for _, row := range []struct{ who, choose, want, failed string }{
		{"ada", "", "A", ""}, {"ben", "", "B", ""}, {"pia", "A", "A", ""}, {"pia", "B", "B", ""}, {"dora", "A", "A", ""},
		{"pia", "C", "", "choose"}, {"dora", "B", "", "choose"}, {"olaf", "", "", "error"},
	} {
		f := c.flow(client, row.who, "patient/Observation.rs") // without launch/patient it is asked all the same
		f.patient = row.choose
		_, to := f.begin()
		back := f.browse(to)
		if row.failed != "" {
			if back.Get(row.failed) == "" || back.Has("code") {
				t.Errorf("%+v: %v", row, back)
			}
			continue
		}
		if a := f.redeem(back.Get("code"), f.verifier); a.text("patient") != row.want {
			t.Errorf("%+v: %s", row, a.body)
		}
	}
	a := c.flow(client, "dora", "user/Observation.rs").tokens()
	if a.text("patient") != "" || a.json["need_patient_banner"] != nil {
		t.Error("nobody asked for a patient: ", string(a.body))
	}
}

// TestConsent: what is agreed to is what is granted.
func TestConsent(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	const vitals = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
	f := c.flow(client, "ada", "launch/patient openid offline_access patient/Observation.rs patient/Condition.rs")
	f.scopes = []string{"launch/patient", vitals}
	a := f.tokens()
	if a.text("scope") != "launch/patient "+vitals || a.text("refresh_token") != "" || a.text("id_token") != "" {
		t.Error(string(a.body))
	}
	_, p := c.api(a.text("access_token"))
	if reach := p.Scopes.Reach("search", "Observation"); len(reach) != 1 || reach[0].Filter == nil || p.Scopes.Covers("read", "Condition") {
		t.Error(p.Scopes)
	}
	f.scopes, f.deny = nil, true
	_, to := f.begin()
	if back := f.browse(to); back.Get("error") != "access_denied" || back.Get("iss") != c.base || back.Get("state") != f.params.Get("state") {
		t.Error(back)
	}
	f.scopes, f.deny = []string{}, false
	_, to = f.begin()
	if back := f.browse(to); back.Get("error") != "access_denied" {
		t.Error(back)
	}
}

// TestScopesAsked is cases S12 and S15 at the door: odd forms are left out,
// filters that are not allowed are refused, and a client gets no more than it
// is registered for.
func TestScopesAsked(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public("launch/patient openid patient/Observation.rs patient/Condition.r patient/Patient.rs")
	for asked, want := range map[string]string{
		"launch/patient patient/Observation.rs":           "launch/patient patient/Observation.rs",
		"patient/Observation.read patient/Condition.read": "patient/Observation.read patient/Condition.r",
		"patient/*.rs": "patient/Observation.rs patient/Condition.r patient/Patient.rs",
		"patient/Observation.cruds user/Observation.rs":                          "patient/Observation.rs",
		"patient/Observation.rs patient/Observation.dus patient/observation.rs":  "patient/Observation.rs",
		"patient/Observation.rs patient/Observation.read?x system/Observation.s": "patient/Observation.rs",
		"patient/Observation.r unknown offline_access":                           "patient/Observation.r",
		"patient/Observation.r?category=a":                                       "patient/Observation.r?category=a",
		"patient/Patient.s?category=a":                                           "error invalid_scope",
		"patient/Observation.r?_filter=a":                                        "error invalid_scope",
		"patient/Observation.r?category=a&subject.name=b":                        "error invalid_scope",
		"patient/Observation.r?category=a%26b=c":                                 "error invalid_scope",
		"patient/Medication.rs user/*.cruds system/*.cruds unknown":              "error invalid_scope",
		"":                        "error invalid_scope",
		strings.Repeat("a ", 600): "error invalid_scope",
	} {
		f := c.flow(client, "ada", asked)
		_, to := f.begin()
		back := f.browse(to)
		got := "error " + back.Get("error")
		if back.Get("code") != "" {
			got = f.redeem(back.Get("code"), f.verifier).text("scope")
		}
		if got != want {
			t.Errorf("%.60q: %q, not %q", asked, got, want)
		}
	}
}

// TestPrompt: what an app may demand of the pages (OpenID Connect Core,
// 3.1.2.1).
func TestPrompt(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	end := func(who, prompt, maxAge string) string {
		f := c.flow(client, who, "openid launch/patient patient/Patient.r")
		f.params.Set("prompt", prompt)
		if maxAge != "" {
			f.params.Set("max_age", maxAge)
		}
		_, to := f.begin()
		back := f.browse(to)
		switch {
		case back.Has("error"):
			return back.Get("error")
		case back.Has("page"):
			return back.Get("page")
		}
		if a := f.redeem(back.Get("code"), f.verifier); a.text("id_token") == "" {
			return string(a.body)
		}
		return "code"
	}
	c.people.change(func(p *people) {
		p.sessions["cookie-ada"] = oauth.Signed{Account: "ada", Session: "s-ada", At: time.Now().Add(-time.Hour)}
	})
	for _, row := range []struct{ who, prompt, maxAge, want string }{
		{"nobody", "none", "", "login_required"}, {"nobody", "login", "", "/sign-in"}, {"nobody", "", "", "/sign-in"},
		{"ada", "none", "", "consent_required"}, {"ada", "consent", "", "code"}, {"ada", "login", "", "/sign-in"}, {"ada", "", "600", "/sign-in"}, {"ada", "", "7200", "code"}, {"ada", "select_account", "", "code"},
		{"ada", "none", "600", "login_required"}, {"pia", "none", "", "interaction_required"},
	} {
		if got := end(row.who, row.prompt, row.maxAge); got != row.want {
			t.Errorf("%+v: %s", row, got)
		}
	}
	// Having signed in again, the person goes on.
	f := c.flow(client, "ada", "openid launch/patient patient/Patient.r")
	f.params.Set("prompt", "login")
	_, to := f.begin()
	if at := f.ask(to); at.Path != "/sign-in" {
		t.Fatal(at)
	}
	c.people.change(func(p *people) {
		p.sessions["cookie-ada"] = oauth.Signed{Account: "ada", Session: "s-ada-2", At: time.Now()}
	})
	back := f.browse(to)
	if a := f.redeem(back.Get("code"), f.verifier); a.text("id_token") == "" {
		t.Error(back, string(a.body))
	}
}

// TestDisabledPeople: an account that cannot be used lets nobody in.
func TestDisabledPeople(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient patient/Patient.r")
	code := f.code()
	_, to := f.begin()
	c.people.change(func(p *people) { delete(p.all, "ada") })
	if at := f.ask(to); at.Path != "/Not Found" {
		t.Error(at)
	}
	if a := f.redeem(code, f.verifier); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error(a.status, string(a.body))
	}
}
