package oauth_test

import (
	"crypto/rsa"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/go-jose/go-jose/v3/jwt"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

// The tests of this file are the demands of the public test kit for SMART App
// Launch, one function per row of its list, asked over real HTTP. Its rows
// SC2 and SC3 are about what the FHIR API shows and stand with the gate.

// TestWK is rows WK1, WK2 and WK3: discovery.
func TestWK(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, path := range []string{"/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		a := c.get(path, "Accept", "text/html")
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Fatal(path, a.status, a.header)
		}
		for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint"} {
			if !strings.HasPrefix(a.text(name), c.base) {
				t.Errorf("%s: %s is %q", path, name, a.text(name))
			}
		}
		if got := texts(t, a.json["code_challenge_methods_supported"]); !slices.Equal(got, []string{"S256"}) {
			t.Errorf("%s: challenges %q", path, got)
		}
		for _, grant := range []string{"authorization_code", "client_credentials", "refresh_token"} {
			if !slices.Contains(texts(t, a.json["grant_types_supported"]), grant) {
				t.Errorf("%s: no grant %s", path, grant)
			}
		}
		if a.json["authorization_response_iss_parameter_supported"] != true {
			t.Errorf("%s: no iss", path)
		}
	}
	a := c.get("/fhir/.well-known/smart-configuration")
	got := texts(t, a.json["capabilities"])
	standalone := "launch-standalone client-public client-confidential-symmetric client-confidential-asymmetric sso-openid-connect context-standalone-patient permission-offline permission-patient authorize-post permission-v2 permission-v1"
	ehr := "launch-ehr client-confidential-symmetric client-confidential-asymmetric sso-openid-connect context-banner context-style context-ehr-patient context-ehr-encounter permission-offline permission-user authorize-post permission-v2 permission-v1"
	for _, name := range strings.Fields(standalone + " " + ehr) {
		if !slices.Contains(got, name) {
			t.Errorf("no capability %s", name)
		}
	}
	if a.text("management_endpoint") == "" || a.text("registration_endpoint") == "" {
		t.Error("endpoints are missing: ", a.json)
	}
	algs := texts(t, a.json["token_endpoint_auth_signing_alg_values_supported"])
	if !slices.Contains(algs, "RS384") || !slices.Contains(algs, "ES384") {
		t.Error(algs)
	}
	open := c.get("/.well-known/openid-configuration")
	if !slices.Contains(texts(t, open.json["id_token_signing_alg_values_supported"]), "RS256") || len(texts(t, open.json["subject_types_supported"])) == 0 {
		t.Error(string(open.body))
	}
}

func texts(t *testing.T, v any) (list []string) {
	t.Helper()
	for _, x := range v.([]any) {
		list = append(list, x.(string))
	}
	return list
}

// TestCO is row CO1: what scripts of other sites may read.
func TestCO(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.public(allScopes)
	for _, path := range []string{"/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration", "/oauth/jwks"} {
		if got := c.get(path, "Origin", "https://anybody.example.org").header.Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%s: %q", path, got)
		}
	}
	for origin, want := range map[string]string{"https://app.example.org": "https://app.example.org", "https://evil.example.org": "", "null": ""} {
		a := c.post("/oauth/token", url.Values{"grant_type": {"x"}}, "Origin", origin)
		if got := a.header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("token for %s: %q", origin, got)
		}
		a = c.send(c.request(http.MethodOptions, "/oauth/token", nil, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization"))
		if got := a.header.Get("Access-Control-Allow-Methods"); (got != "") != (want != "") || a.status != http.StatusNoContent {
			t.Errorf("preflight for %s: %d %q", origin, a.status, got)
		}
	}
}

// TestAU is rows AU1 and AU2: a code by GET and by POST, and none for another
// FHIR server.
func TestAU(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	for _, method := range []string{"GET", "POST"} {
		f := c.flow(client, "ada", "launch/patient patient/Patient.r")
		f.params.Set("aud", f.params.Get("aud")+"/") // the slash is tolerated
		var a answer
		if method == "GET" {
			a, _ = f.begin()
		} else {
			a = c.post("/oauth/authorize", f.params)
		}
		if a.status != http.StatusSeeOther || a.header.Get("Cache-Control") != "no-store" {
			t.Fatal(method, a.status, string(a.body))
		}
		to, _ := url.Parse(a.header.Get("Location"))
		back := f.browse(to)
		if back.Get("code") == "" || back.Get("state") != f.params.Get("state") || back.Get("iss") != c.base || back.Has("error") {
			t.Errorf("%s: %v", method, back)
		}
	}
	for _, aud := range []string{"https://inferno.healthit.gov/invalid_aud", "", c.base, c.base + "/fhirx", c.base + "/fhir//"} {
		f := c.flow(client, "ada", "launch/patient patient/Patient.r")
		f.params.Set("aud", aud)
		_, to := f.begin()
		if back := to.Query(); back.Get("error") != "invalid_request" || back.Get("iss") != c.base || back.Get("state") != f.params.Get("state") || back.Has("code") {
			t.Errorf("aud %q: %v", aud, to)
		}
	}
	f := c.flow(client, "ada", "launch/patient patient/Patient.r")
	f.params.Del("aud")
	f.params["resource"] = []string{c.base + "/fhir"}
	f.code()
	f.params.Add("resource", "https://evil.example.org/fhir")
	if _, to := f.begin(); to.Query().Get("error") == "" {
		t.Error("one of two resources is another server's")
	}
}

// TestTK is rows TK1 and TK2 and PT1: the token response.
func TestTK(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "openid fhirUser launch/patient offline_access patient/Patient.r patient/Observation.read")
	a := f.tokens()
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Error(a.header)
	}
	if !strings.EqualFold(a.text("token_type"), "bearer") || a.text("patient") != "A" || a.text("refresh_token") == "" || a.text("id_token") == "" || a.text("smart_style_url") == "" {
		t.Error(string(a.body))
	}
	if n, ok := a.json["expires_in"].(float64); !ok || n <= 0 || n > 3600 {
		t.Error("expires_in ", a.json["expires_in"])
	}
	if got := a.text("scope"); got != f.params.Get("scope") {
		t.Errorf("scope is %q", got)
	}
	if banner, ok := a.json["need_patient_banner"].(bool); !ok || !banner {
		t.Error("need_patient_banner ", a.json["need_patient_banner"])
	}
	status, p := c.api(a.text("access_token"))
	if status != 200 || p.Account != "ada" || p.Client != f.client.ID || p.Patient != "A" || !p.Scopes.Covers("read", "Patient") || p.Scopes.Covers("search", "Patient") || !p.Scopes.Covers("search", "Observation") || p.Address == "" || p.Session != "" || p.Token == "" {
		t.Error(status, p)
	}
	if status := c.get("/fhir/Patient/A").status; status != 401 {
		t.Error("without a token: ", status)
	}
	// TK2
	if a := f.redeem("wd_ac_wrong.code", f.verifier); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("wrong code: ", a.status, string(a.body))
	}
	code := f.code()
	other := *f
	other.client.ID = "nobody"
	if a := other.redeem(code, f.verifier); a.status != 401 || a.text("error") != "invalid_client" {
		t.Error("wrong client: ", a.status, string(a.body))
	}
}

// TestRF is row RF1: refreshing.
func TestRF(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs")
	first := f.tokens()
	second := f.refresh(first.text("refresh_token"))
	if second.status != 200 || second.text("scope") != first.text("scope") || second.text("refresh_token") == first.text("refresh_token") || second.text("id_token") == "" || second.text("patient") != "A" {
		t.Fatal(second.status, string(second.body))
	}
	if !slices.Equal(slices.Sorted(maps.Keys(first.json)), slices.Sorted(maps.Keys(second.json))) {
		t.Error("other members: ", second.json)
	}
	// F8: fewer scopes when fewer are asked for, and all again later.
	third := f.refresh(second.text("refresh_token"), "launch/patient", "offline_access", "patient/Patient.r")
	if third.status != 200 || third.text("scope") != "launch/patient offline_access patient/Patient.r" {
		t.Fatal(third.status, string(third.body))
	}
	if _, p := c.api(third.text("access_token")); p.Scopes.Covers("search", "Patient") || p.Scopes.Covers("read", "Observation") || !p.Scopes.Covers("read", "Patient") {
		t.Error(p.Scopes)
	}
	if a := f.refresh(third.text("refresh_token"), "patient/Patient.cruds"); a.status != 400 || a.text("error") != "invalid_scope" {
		t.Error("more than was granted: ", a.status, string(a.body))
	}
	fourth := f.refresh(third.text("refresh_token"))
	if fourth.status != 200 || fourth.text("scope") != first.text("scope") {
		t.Error(fourth.status, string(fourth.body))
	}
	for _, token := range []string{"random", "", "wd_rt_random.random", fourth.text("access_token"), fourth.text("refresh_token") + "x"} {
		if a := f.refresh(token); a.status != 400 || a.text("error") != "invalid_grant" {
			t.Errorf("%q: %d %s", token, a.status, a.body)
		}
	}
}

// TestID is row ID1: the identity token and the key that signed it.
func TestID(t *testing.T) {
	t.Parallel()
	c := open(t)
	for who, user := range map[string]string{"ada": "Patient/A", "dora": "Practitioner/D1", "pia": "RelatedPerson/X"} {
		f := c.flow(c.public(allScopes), who, "openid fhirUser launch/patient patient/Patient.r")
		f.patient = "A"
		f.params.Set("nonce", "nonce-of-the-app")
		a := f.tokens()
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(c.get("/oauth/jwks").body, &set); err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.ParseSigned(a.text("id_token"))
		if err != nil {
			t.Fatal(err)
		}
		h := parsed.Headers[0]
		keys := set.Key(h.KeyID)
		if h.Algorithm != "RS256" || h.KeyID == "" || len(keys) != 1 {
			t.Fatal(h, len(keys))
		}
		if key, ok := keys[0].Key.(*rsa.PublicKey); !ok || key.N.BitLen() < 2048 || key.E == 0 || key.N.Cmp(big.NewInt(0)) == 0 {
			t.Fatal("the key is no RSA key")
		}
		var claims map[string]any
		if err := parsed.Claims(keys[0].Key, &claims); err != nil {
			t.Fatal(err)
		}
		aud := texts(t, claims["aud"])
		if claims["iss"] != c.base || claims["sub"] != who || !slices.Equal(aud, []string{f.client.ID}) || claims["fhirUser"] != c.base+"/fhir/"+user || claims["nonce"] != "nonce-of-the-app" {
			t.Error(claims)
		}
		if exp := int64(claims["exp"].(float64)); exp < time.Now().Unix() || exp > time.Now().Add(2*time.Hour).Unix() || claims["iat"] == nil || claims["auth_time"] == nil || claims["at_hash"] == nil {
			t.Error(claims)
		}
		for _, k := range set.Keys {
			if !k.IsPublic() {
				t.Error("a private key is published")
			}
		}
		if status, _ := c.api(a.text("id_token")); status != 401 { // T05
			t.Error("the identity token opens the API: ", status)
		}
	}
	f := c.flow(c.public(allScopes), "ada", "launch/patient patient/Patient.r")
	if a := f.tokens(); a.text("id_token") != "" {
		t.Error("an identity token that nobody asked for")
	}
}

// TestSC is row SC1 and the EHR launch: what was open in the portal comes
// with the token.
func TestSC(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	start := func(account string) string {
		to, err := c.server.Open(t.Context(), client.ID, oauth.Launch{
			Account: account, Session: "s-" + account, Patient: "A", Encounter: "E1", Intent: "reconcile", Context: json.RawMessage(`[{"reference":"ImagingStudy/1"}]`),
		})
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(to)
		if !strings.HasPrefix(to, "https://app.example.org/launch?") || u.Query().Get("iss") != c.base+"/fhir" {
			t.Fatal(to)
		}
		return u.Query().Get("launch")
	}
	f := c.flow(client, "dora", "launch openid fhirUser patient/Patient.rs user/Observation.rs")
	f.params.Set("launch", start("dora"))
	a := f.tokens()
	if a.text("patient") != "A" || a.text("encounter") != "E1" || a.text("intent") != "reconcile" || a.json["need_patient_banner"] != false || a.json["fhirContext"] == nil {
		t.Error(string(a.body))
	}
	if !strings.Contains(a.text("scope"), "patient/Patient.rs") {
		t.Error(a.text("scope"))
	}
	// Once, soon, by the same person and the same client (T21).
	if _, to := f.begin(); to.Query().Get("error") != "invalid_request" {
		t.Error("a launch twice: ", to)
	}
	f.params.Set("launch", start("ben"))
	_, to := f.begin()
	if back := f.browse(to); back.Get("error") != "invalid_request" || back.Has("code") {
		t.Error("another person's launch: ", back)
	}
	foreign := c.flow(c.public(allScopes), "dora", "launch patient/Patient.rs")
	foreign.params.Set("launch", start("dora"))
	if _, to := foreign.begin(); to.Query().Get("error") != "invalid_request" {
		t.Error("another client's launch: ", to)
	}
	f.params.Set("launch", start("dora"))
	c.sql(`UPDATE oauth_launch SET expires = now() - interval '1 second'`)
	if _, to := f.begin(); to.Query().Get("error") != "invalid_request" {
		t.Error("an old launch: ", to)
	}
	// A launch of a patient whom the doctor no longer treats.
	left, err := c.server.Open(t.Context(), client.ID, oauth.Launch{Account: "dora", Patient: "B"})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(left)
	f.params.Set("launch", u.Query().Get("launch"))
	_, to = f.begin()
	if back := f.browse(to); back.Get("error") != "access_denied" {
		t.Error("out of reach: ", back)
	}
	// Without a launch there is nothing to tell.
	f = c.flow(client, "dora", "launch launch/encounter user/Patient.rs")
	if a := f.tokens(); a.text("scope") != "user/Patient.rs" || a.text("patient") != "" {
		t.Error(string(a.body))
	}
}

// TestRV is row RV1 and cases T10 and T11: what the person takes back is gone.
func TestRV(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient offline_access patient/Patient.rs")
	a := f.tokens()
	apps, err := c.server.Granted(t.Context(), "ada")
	if err != nil || len(apps) != 1 || apps[0].Client.ID != f.client.ID || apps[0].Patient != "A" || !apps[0].Offline || !slices.Contains(apps[0].Scopes, "patient/Patient.rs") || apps[0].Until.Before(time.Now().Add(90*24*time.Hour)) {
		t.Fatal(apps, err)
	}
	if others, err := c.server.Granted(t.Context(), "ben"); err != nil || len(others) != 0 {
		t.Fatal(others, err)
	}
	another := second(t, c.dbURL, c.people)
	another.sql(`UPDATE oauth_token SET data = replace(data::text, $1, $2)::json`, c.base, another.base) // as if both had one name
	if status, _ := c.api(a.text("access_token")); status != 401 && status != 200 {
		t.Fatal(status)
	}
	if status, _ := another.api(a.text("access_token")); status != 200 {
		t.Fatal("the other server: ", status)
	}
	if err := c.server.Withdraw(t.Context(), "ada", f.client.ID); err != nil {
		t.Fatal(err)
	}
	if status, _ := c.api(a.text("access_token")); status != 401 {
		t.Error("after withdrawal: ", status)
	}
	begun := time.Now()
	for {
		status, _ := another.api(a.text("access_token"))
		if status == 401 {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the other server still lets it in")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if r := f.refresh(a.text("refresh_token")); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Error(r.status, string(r.body))
	}
	if apps, _ := c.server.Granted(t.Context(), "ada"); len(apps) != 0 {
		t.Error(apps)
	}
	// T11
	a = f.tokens()
	c.people.change(func(p *people) { p.since = time.Now() })
	if status, _ := c.api(a.text("access_token")); status != 401 {
		t.Error("from before the change of the password: ", status)
	}
	if r := f.refresh(a.text("refresh_token")); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Error("from before the change of the password: ", r.status, string(r.body))
	}
	a = f.tokens()
	c.people.change(func(p *people) { delete(p.all, "ada") })
	if status, _ := c.api(a.text("access_token")); status != 401 {
		t.Error("an account that is gone: ", status)
	}
	if r := f.refresh(a.text("refresh_token")); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Error("an account that is gone: ", r.status, string(r.body))
	}
}

// TestIN is row IN1, trap F16 and case T16: introspection.
func TestIN(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "openid fhirUser launch/patient offline_access patient/Patient.rs")
	a := f.tokens()
	resource, secret := c.client(oauth.Client{Method: oauth.MethodSecret, Introspects: true})
	ask := func(token string, proof ...string) answer {
		return c.post("/oauth/introspect", url.Values{"token": {token}}, proof...)
	}
	got := ask(a.text("access_token"), basic(resource.ID, secret)...)
	if got.status != 200 || got.json["active"] != true || got.text("scope") != a.text("scope") || got.text("client_id") != f.client.ID || got.text("patient") != "A" ||
		got.text("iss") != c.base || got.text("sub") != "ada" || got.text("fhirUser") != c.base+"/fhir/Patient/A" || got.json["exp"] == nil {
		t.Error(got.status, string(got.body))
	}
	for _, token := range []string{"", "garbage", a.text("refresh_token"), a.text("id_token"), a.text("access_token") + "x"} {
		if got := ask(token, basic(resource.ID, secret)...); got.status != 200 || string(got.body) != `{"active":false}` {
			t.Errorf("%q: %d %s", token, got.status, got.body)
		}
	}
	if got := ask(a.text("access_token"), bearer(a.text("access_token"))...); got.status != 200 || got.json["active"] != true {
		t.Error("its own: ", got.status, string(got.body))
	}
	other := c.flow(c.public(allScopes), "dora", "user/Observation.rs").tokens()
	if got := ask(a.text("access_token"), bearer(other.text("access_token"))...); got.status != 403 {
		t.Error("another client's: ", got.status, string(got.body))
	}
	for name, proof := range map[string][]string{"nothing": nil, "wrong secret": basic(resource.ID, "x"), "public client": basic(f.client.ID, ""), "refresh token": bearer(a.text("refresh_token"))} {
		if got := ask(a.text("access_token"), proof...); got.status != 401 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := c.post("/oauth/introspect", url.Values{"token": {a.text("access_token")}, "client_id": {f.client.ID}}); got.status != 401 {
		t.Error("a public client that says its id: ", got.status)
	}
}

// TestBS is row BS1 and case T20: backend services.
func TestBS(t *testing.T) {
	t.Parallel()
	c := open(t)
	b := c.backend("system/Observation.rs system/Patient.r")
	for _, way := range []struct {
		name string
		set  func()
	}{{"RS384", func() {}}, {"ES384", func() { b.key, b.alg, b.kid = ecKey, jose.ES384, "e" }}} {
		way.set()
		a := b.ask(b.sign(b.claims(nil)), "system/Observation.rs")
		if a.status != 200 || a.text("access_token") == "" || !strings.EqualFold(a.text("token_type"), "bearer") || a.text("scope") != "system/Observation.rs" || a.text("refresh_token") != "" {
			t.Fatal(way.name, a.status, string(a.body))
		}
		if n := a.json["expires_in"].(float64); n > 300 || n < 290 {
			t.Error(way.name, n)
		}
		status, p := c.api(a.text("access_token"))
		if status != 200 || p.Account != "" || p.Client != b.client.ID || !p.Scopes.Covers("search", "Observation") || p.Operator {
			t.Error(way.name, status, p)
		}
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"system/Observation.rs"}, "client_assertion": {b.sign(b.claims(nil))}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	for name, change := range map[string]struct {
		param, value string
		status       int
		code         string
	}{
		"grant type":     {"grant_type", "client_credentialsX", 400, "unsupported_grant_type"},
		"no grant type":  {"grant_type", "", 400, "unsupported_grant_type"},
		"assertion type": {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:other", 400, "invalid_request"},
		"JWT":            {"client_assertion", "a.b.c", 401, "invalid_client"},
		"no JWT":         {"client_assertion", "", 401, "invalid_client"},
		"foreign scope":  {"scope", "system/Condition.rs", 400, "invalid_scope"},
		"no scope":       {"scope", "", 400, "invalid_scope"},
		"person's scope": {"scope", "patient/Observation.rs user/Observation.rs openid", 400, "invalid_scope"},
	} {
		bad := maps.Clone(form)
		bad.Set("client_assertion", b.sign(b.claims(nil)))
		bad.Set(change.param, change.value)
		if a := c.post("/oauth/token", bad); a.status != change.status || a.text("error") != change.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// T20: never more than was registered.
	a := b.ask(b.sign(b.claims(nil)), "system/*.cruds")
	if a.status != 200 || a.text("scope") != "system/Observation.rs system/Patient.r" {
		t.Error(a.status, string(a.body))
	}
	// A backend cannot act for people.
	if a := b.post("/oauth/token", url.Values{"grant_type": {"password"}, "username": {"ada"}, "password": {"x"}}); a.status != 400 {
		t.Error(a.status, string(a.body))
	}
}
