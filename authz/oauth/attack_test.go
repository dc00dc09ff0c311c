package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"

	"github.com/webdoctor/webdoctor/authz/oauth"
)

// TestPKCE is rows PK1 to PK4, trap F1 and case T18. The attack: somebody who
// has a code but not the verifier tries with a wrong one, and then without.
func TestPKCE(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient patient/Patient.r")
	for name, wrong := range map[string]string{"none": "", "blank": " ", "wrong": rand.Text() + rand.Text(), "the challenge": challenge(f.verifier), "short": "x", "long": strings.Repeat("a", 129)} {
		code := f.code()
		for i, verifier := range []string{wrong, "", f.verifier} {
			if a := f.redeem(code, verifier); a.status != 400 || a.text("error") != "invalid_grant" {
				t.Errorf("%s, try %d: %d %s", name, i, a.status, a.body)
			}
		}
	}
	for name, change := range map[string]func(url.Values){
		"plain":                 func(v url.Values) { v.Set("code_challenge_method", "plain") },
		"no method":             func(v url.Values) { v.Del("code_challenge_method") },
		"no challenge":          func(v url.Values) { v.Del("code_challenge") },
		"neither":               func(v url.Values) { v.Del("code_challenge"); v.Del("code_challenge_method") },
		"a challenge too short": func(v url.Values) { v.Set("code_challenge", "abc") },
	} {
		g := c.flow(f.client, "ada", "launch/patient patient/Patient.r")
		change(g.params)
		if _, to := g.begin(); to.Query().Get("error") != "invalid_request" {
			t.Errorf("%s: %v", name, to)
		}
	}
	g := c.flow(f.client, "ada", "launch/patient patient/Patient.r")
	g.params.Set("code_challenge_method", "S512")
	if _, to := g.begin(); to.Query().Get("error") != "invalid_request" {
		t.Error(to)
	}
}

// TestCodes is case T17 and trap F9 and F10: codes are for one client, for one
// minute, once; a second use takes the tokens of the first.
func TestCodes(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient offline_access patient/Patient.r")
	code := f.code()
	thief := *f
	thief.client = c.public(allScopes)
	if a := thief.redeem(code, f.verifier); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("another client: ", a.status, string(a.body))
	}
	if a := f.redeem(code, f.verifier); a.status != 400 {
		t.Error("a code that somebody tried to steal still works")
	}
	code = f.code()
	f.params.Set("redirect_uri", "https://app.example.org/other")
	if a := f.redeem(code, f.verifier); a.status != 400 {
		t.Error("another address: ", a.status)
	}
	f.params.Set("redirect_uri", callback)
	code = f.code()
	tokens := f.redeem(code, f.verifier)
	if status, _ := c.api(tokens.text("access_token")); status != 200 {
		t.Fatal(status)
	}
	if a := f.redeem(code, f.verifier); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("twice: ", a.status, string(a.body))
	}
	if status, _ := c.api(tokens.text("access_token")); status != 401 {
		t.Error("the access token outlives the second use: ", status)
	}
	if a := f.refresh(tokens.text("refresh_token")); a.status != 400 {
		t.Error("the refresh token outlives the second use")
	}
	code = f.code()
	c.sql(`UPDATE oauth_token SET expires = now() - interval '1 second' WHERE kind = 'code'`)
	if a := f.redeem(code, f.verifier); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("too late: ", a.status, string(a.body))
	}
	f.code()
	var seconds int
	row := c.one(`SELECT extract(epoch from expires - issued)::int FROM oauth_token WHERE kind = 'code' AND active AND expires > now() LIMIT 1`)
	if row.Scan(&seconds); seconds < 55 || seconds > 61 {
		t.Errorf("a code lives for %d s", seconds)
	}
}

// TestCodeTwiceAtOnce is trap F11: of parallel exchanges one wins, and the
// others are told what happened and not that the server is at fault.
func TestCodeTwiceAtOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient offline_access patient/Patient.r")
	for range 5 {
		code := f.code()
		won := together(8, func() bool {
			a := f.redeem(code, f.verifier)
			if a.status != 200 && a.text("error") != "invalid_grant" {
				t.Errorf("%d %s", a.status, a.body)
			}
			return a.status == 200
		})
		if won > 1 {
			t.Errorf("%d exchanges of one code won", won)
		}
	}
}

func together(n int, try func() bool) int {
	var won atomic.Int32
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if try() {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	return int(won.Load())
}

// TestRefreshReuse is trap F11 and F12: a refresh token works once; whoever
// uses an old one ends the family, and of two at once one wins.
func TestRefreshReuse(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "launch/patient offline_access patient/Patient.r")
	first := f.tokens()
	other := *f
	other.client = c.public(allScopes)
	if a := other.refresh(first.text("refresh_token")); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("another client: ", a.status, string(a.body))
	}
	second := f.refresh(first.text("refresh_token"))
	if status, _ := c.api(first.text("access_token")); status != 401 {
		t.Error("the access token of before: ", status)
	}
	if status, _ := c.api(second.text("access_token")); status != 200 {
		t.Fatal(status)
	}
	for range 2 {
		if a := f.refresh(first.text("refresh_token")); a.status != 400 || a.text("error") != "invalid_grant" {
			t.Error("an old one: ", a.status, string(a.body))
		}
	}
	if status, _ := c.api(second.text("access_token")); status != 401 {
		t.Error("the family lives on: ", status)
	}
	if a := f.refresh(second.text("refresh_token")); a.status != 400 {
		t.Error("the family lives on")
	}
	for range 5 {
		token := f.tokens().text("refresh_token")
		won := together(8, func() bool {
			a := f.refresh(token)
			if a.status != 200 && a.text("error") != "invalid_grant" {
				t.Errorf("%d %s", a.status, a.body)
			}
			return a.status == 200
		})
		if won > 1 {
			t.Errorf("%d refreshes with one token won", won)
		}
	}
	// Caps: 100 days without use, a year in all.
	var days int
	tokens := f.tokens()
	c.one(`SELECT extract(day from expires - issued)::int FROM oauth_token WHERE kind = 'refresh' AND active ORDER BY issued DESC LIMIT 1`).Scan(&days)
	if days < 90 || days > 100 {
		t.Errorf("%d days", days)
	}
	c.sql(`UPDATE oauth_token SET data = jsonb_set(data::jsonb, '{session,began}', to_jsonb(now() - interval '364 days'))::json`)
	if a := f.refresh(tokens.text("refresh_token")); a.status != 200 {
		t.Fatal(a.status, string(a.body))
	}
	c.one(`SELECT extract(epoch from expires - issued)::int / 86400 FROM oauth_token WHERE kind = 'refresh' AND active ORDER BY issued DESC LIMIT 1`).Scan(&days)
	if days > 1 {
		t.Errorf("%d days after nearly a year", days)
	}
}

// TestBearer is cases T01, T03, T04, T06, T07, T08 and T15, and trap F2.
func TestBearer(t *testing.T) {
	t.Parallel()
	c := open(t)
	f := c.flow(c.public(allScopes), "ada", "openid launch/patient offline_access patient/Patient.rs")
	a := f.tokens()
	token := a.text("access_token")
	for name, row := range map[string]struct {
		headers []string
		path    string
		status  int
	}{
		"good":                     {bearer(token), "", 200},
		"good, in small letters":   {[]string{"Authorization", "bearer " + token}, "", 200},
		"none":                     {nil, "", 401},
		"open to all":              {nil, "metadata", 200},
		"refresh token":            {bearer(a.text("refresh_token")), "", 401},
		"identity token":           {bearer(a.text("id_token")), "", 401},
		"changed":                  {bearer(token[:len(token)-2] + "xx"), "", 401},
		"half":                     {bearer(token[:20]), "", 401},
		"empty":                    {[]string{"Authorization", "Bearer "}, "", 401},
		"basic":                    {basic("ada", "secret"), "", 401},
		"two headers":              {append(bearer(token), basic("ada", "secret")...), "", 400},
		"the same twice":           {append(bearer(token), bearer(token)...), "", 400},
		"two in one header":        {[]string{"Authorization", "Bearer " + token + ", Basic YTpi"}, "", 400},
		"in the URL":               {nil, "Patient/A?access_token=" + token, 401},
		"in the URL too":           {bearer(token), "Patient/A?access_token=" + token, 401},
		"in a cookie":              {[]string{"Cookie", "access_token=" + token}, "", 401},
		"the portal's cookie":      {[]string{"Cookie", "wd=cookie-ada"}, "", 401},
		"in a header of its own":   {[]string{"X-Access-Token", token}, "", 401},
		"a path that is not there": {nil, "Nothing/1/2/3", 401},
	} {
		path := "/fhir/Patient/A"
		if row.path != "" {
			path = "/fhir/" + row.path
		}
		got := c.get(path, row.headers...)
		if got.status != row.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if challenge := got.header.Get("Www-Authenticate"); (got.status == 401) != strings.HasPrefix(challenge, "Bearer ") {
			t.Errorf("%s: challenge %q", name, challenge)
		}
		if got.status >= 400 && got.text("resourceType") != "OperationOutcome" {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	if got := c.post("/fhir/Patient/_search", url.Values{"access_token": {token}}); got.status != 401 {
		t.Error("in a form: ", got.status)
	}
	another := second(t, c.dbURL, c.people)
	if status, _ := another.api(token); status != 401 { // T06
		t.Error("another FHIR base: ", status)
	}
	// T07
	late := f.tokens().text("access_token")
	c.sql(`UPDATE oauth_token SET expires = now() - interval '1 second' WHERE kind = 'access'`)
	if status, _ := c.api(late); status != 401 {
		t.Error("expired: ", status)
	}
	gone := f.tokens()
	if a := c.post("/oauth/revoke", url.Values{"token": {gone.text("access_token")}, "client_id": {f.client.ID}}); a.status != 200 {
		t.Error(a.status, string(a.body))
	}
	if status, _ := c.api(gone.text("access_token")); status != 401 {
		t.Error("revoked: ", status)
	}
	if a := f.refresh(gone.text("refresh_token")); a.status != 400 {
		t.Error("revoked with its access token: ", a.status)
	}
	kept := f.tokens()
	if a := c.post("/oauth/revoke", url.Values{"token": {kept.text("refresh_token")}, "client_id": {c.public(allScopes).ID}}); a.status != 200 {
		t.Error("somebody else's token: ", a.status)
	}
	if status, _ := c.api(kept.text("access_token")); status != 200 {
		t.Error("somebody else revoked it: ", status)
	}
	if a := c.post("/oauth/revoke", url.Values{"token": {"garbage"}, "client_id": {f.client.ID}}); a.status != 200 {
		t.Error("garbage: ", a.status)
	}
}

// TestPrincipalIsFresh is case T12: what an account may is read for every
// request.
func TestPrincipalIsFresh(t *testing.T) {
	t.Parallel()
	c := open(t)
	token := c.flow(c.public(allScopes), "dora", "user/Observation.rs").tokens().text("access_token")
	if _, p := c.api(token); p.Licence != "verified" || p.Factor.IsZero() {
		t.Fatal(p)
	}
	c.people.change(func(p *people) {
		dora := p.all["dora"]
		dora.Licence = "suspended"
		p.all["dora"] = dora
	})
	if status, p := c.api(token); status != 200 || p.Licence != "suspended" {
		t.Error(status, p)
	}
}

// TestOnline: online_access ends with the session of the portal.
func TestOnline(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	online := c.flow(client, "ada", "launch/patient online_access patient/Patient.r")
	offline := c.flow(client, "ada", "launch/patient offline_access patient/Patient.r")
	a, b := online.tokens(), offline.tokens()
	if a = online.refresh(a.text("refresh_token")); a.status != 200 {
		t.Fatal(a.status, string(a.body))
	}
	c.people.change(func(p *people) { delete(p.sessions, "cookie-ada") })
	if status, _ := c.api(a.text("access_token")); status != 401 {
		t.Error("online: ", status)
	}
	if a = online.refresh(a.text("refresh_token")); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Error("online: ", a.status, string(a.body))
	}
	if status, _ := c.api(b.text("access_token")); status != 200 {
		t.Error("offline: ", status)
	}
	if b = offline.refresh(b.text("refresh_token")); b.status != 200 {
		t.Error("offline: ", b.status, string(b.body))
	}
}

// TestAssertions is case T19 and traps F3, F4, F5. Every one of them is
// answered alike, and nothing is fetched from an address that a token names.
func TestAssertions(t *testing.T) {
	t.Parallel()
	c := open(t)
	var fetches atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fetches.Add(1); w.Write(bothKeys()) }))
	defer evil.Close()
	b := c.backend("system/Observation.rs")
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	claims := map[string]map[string]any{
		"ten years":               {"exp": in(10 * 365 * 24 * time.Hour)},
		"seven minutes":           {"exp": in(7 * time.Minute)},
		"expired":                 {"exp": in(-2 * time.Minute)},
		"no end":                  {"exp": nil},
		"end is a text":           {"exp": "soon"},
		"not yet":                 {"nbf": in(5 * time.Minute)},
		"from the future":         {"iat": in(5 * time.Minute)},
		"two audiences":           {"aud": []string{c.base + "/oauth/token", "https://evil.example.org"}},
		"twice the same audience": {"aud": []string{c.base + "/oauth/token", c.base + "/oauth/token"}},
		"another audience":        {"aud": "https://evil.example.org/token"},
		"the FHIR base":           {"aud": c.base + "/fhir"},
		"no audience":             {"aud": nil},
		"an empty audience":       {"aud": []string{}},
		"no jti":                  {"jti": nil},
		"an empty jti":            {"jti": ""},
		"another issuer":          {"iss": "somebody"},
		"another subject":         {"sub": "somebody"},
		"no client":               {"iss": "nobody", "sub": "nobody"},
	}
	for name, change := range claims {
		if a := b.ask(b.sign(b.claims(change)), "system/Observation.rs"); a.status != 401 || a.text("error") != "invalid_client" || a.text("error_description") != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for name, change := range map[string]map[string]any{
		"the issuer as audience":   {"aud": c.base},
		"an audience in a list":    {"aud": []string{c.base + "/oauth/token"}},
		"five minutes and a bit":   {"exp": in(5*time.Minute + 30*time.Second)},
		"a clock that is behind":   {"exp": in(-30 * time.Second)},
		"a clock that is in front": {"iat": in(30 * time.Second), "nbf": in(30 * time.Second)},
	} {
		if a := b.ask(b.sign(b.claims(change)), "system/Observation.rs"); a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	refused := func(name, assertion string) {
		t.Helper()
		if a := b.ask(assertion, "system/Observation.rs"); a.status != 401 || a.text("error") != "invalid_client" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	once := b.sign(b.claims(nil))
	if a := b.ask(once, "system/Observation.rs"); a.status != 200 {
		t.Fatal(a.status, string(a.body))
	}
	refused("replayed", once)
	refused("foreign jku", b.sign(b.claims(nil), "jku", evil.URL))
	refused("a type of its own", b.sign(b.claims(nil), "typ", "at+jwt"))

	// Of many at once with one assertion one wins, and ids of different
	// clients do not meet.
	same := b.sign(b.claims(nil))
	if won := together(8, func() bool { return b.ask(same, "system/Observation.rs").status == 200 }); won != 1 {
		t.Errorf("%d won", won)
	}
	twin := c.backend("system/Observation.rs")
	jti := map[string]any{"jti": rand.Text()}
	if b.ask(b.sign(b.claims(jti)), "system/Observation.rs").status != 200 || twin.ask(twin.sign(twin.claims(jti)), "system/Observation.rs").status != 200 {
		t.Error("one client's id stands in the way of another's")
	}

	// Signatures.
	part := func(v any) string { text, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(text) }
	refused("alg none", part(map[string]any{"alg": "none", "kid": "r", "typ": "JWT"})+"."+part(b.claims(nil))+".")
	good := strings.Split(b.sign(b.claims(nil)), ".")
	refused("claims changed", good[0]+"."+part(b.claims(nil))+"."+good[2])
	refused("no signature", good[0]+"."+good[1]+".")
	refused("claims twice", twice(t, b))
	public, _ := x509.MarshalPKIXPublicKey(rsaKey.Public())
	hmac, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, (&jose.SignerOptions{}).WithHeader("kid", "r"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(b.claims(nil))
	signed, _ := hmac.Sign(text)
	compact, _ := signed.CompactSerialize()
	refused("HS256 with the public key", compact)
	for name, key := range map[string]*backend{
		"RS256":        {alg: jose.RS256, key: rsaKey, kid: "r"},
		"unknown kid":  {alg: jose.RS384, key: rsaKey, kid: "x"},
		"no kid":       {alg: jose.RS384, key: rsaKey, kid: ""},
		"kid of other": {alg: jose.RS384, key: rsaKey, kid: "e"},
	} {
		key.clinic, key.client = c, b.client
		refused(name, key.sign(key.claims(nil)))
	}
	stranger, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	forger := &backend{clinic: c, client: b.client, key: stranger, alg: jose.ES384, kid: "e"}
	refused("another key", forger.sign(forger.claims(nil)))

	// A client that proves itself by a key cannot do it by a secret, nor not
	// at all; and one with a secret cannot by a key.
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"system/Observation.rs"}}
	if a := c.post("/oauth/token", form, basic(b.client.ID, "")...); a.status != 401 {
		t.Error(a.status)
	}
	form.Set("client_id", b.client.ID)
	if a := c.post("/oauth/token", form); a.status != 401 {
		t.Error(a.status)
	}
	form.Set("client_assertion", b.sign(b.claims(nil)))
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	if a := c.post("/oauth/token", form, basic(b.client.ID, "x")...); a.status != 401 {
		t.Error("two proofs: ", a.status)
	}
	if n := fetches.Load(); n != 0 {
		t.Errorf("%d fetches from an address that a token named", n)
	}
}

// twice is an assertion whose claims say something twice.
func twice(t *testing.T, b *backend) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: b.alg, Key: b.key}, (&jose.SignerOptions{}).WithHeader("kid", b.kid))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(b.claims(nil))
	signed, err := signer.Sign([]byte(strings.TrimSuffix(string(text), "}") + `,"aud":"` + b.base + `/oauth/token"}`))
	if err != nil {
		t.Fatal(err)
	}
	compact, _ := signed.CompactSerialize()
	return compact
}

// TestKeysOfClients is trap F15 and the rule on caches: keys at an address.
func TestKeysOfClients(t *testing.T) {
	t.Parallel()
	c := open(t)
	var asked atomic.Int32
	var body, cache atomic.Value
	body.Store(bothKeys())
	cache.Store("max-age=600")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Cache-Control", cache.Load().(string))
		w.Write(body.Load().([]byte))
	}))
	defer server.Close()
	client, _ := c.client(oauth.Client{Method: oauth.MethodKey, KeysURL: server.URL + "/jwks", Scopes: "system/Observation.rs"})
	b := &backend{clinic: c, client: client, key: rsaKey, alg: jose.RS384, kid: "r"}
	if won := together(8, func() bool { return b.ask(b.sign(b.claims(nil)), "system/Observation.rs").status == 200 }); won != 8 {
		t.Errorf("%d of 8", won)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if a := b.ask(b.sign(b.claims(nil), "jku", server.URL+"/jwks"), "system/Observation.rs"); a.status != 200 {
		t.Error("its own jku: ", a.status)
	}
	b.kid = "unknown"
	for range 5 {
		if a := b.ask(b.sign(b.claims(nil)), "system/Observation.rs"); a.status != 401 {
			t.Error(a.status)
		}
	}
	if n := asked.Load(); n > 2 {
		t.Errorf("unknown ids made us ask %d times", n)
	}
	for name, text := range map[string]string{"no JSON": "x", "no keys": `{"keys":[]}`, "private": string(jwks(jose.JSONWebKey{Key: rsaKey, KeyID: "r"})), "too long": strings.Repeat(" ", 70_000)} {
		body.Store([]byte(text))
		other, _ := c.client(oauth.Client{Method: oauth.MethodKey, KeysURL: server.URL + "/" + url.PathEscape(name), Scopes: "system/Observation.rs"})
		b := &backend{clinic: c, client: other, key: rsaKey, alg: jose.RS384, kid: "r"}
		before := asked.Load()
		for range 3 {
			if a := b.ask(b.sign(b.claims(nil)), "system/Observation.rs"); a.status != 401 || a.text("error") != "invalid_client" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if n := asked.Load() - before; n != 1 {
			t.Errorf("%s: asked %d times after a failure", name, n)
		}
	}
	// Cache-Control: no-store is heeded.
	body.Store(bothKeys())
	cache.Store("no-store")
	other, _ := c.client(oauth.Client{Method: oauth.MethodKey, KeysURL: server.URL + "/fresh", Scopes: "system/Observation.rs"})
	b = &backend{clinic: c, client: other, key: rsaKey, alg: jose.RS384, kid: "r"}
	before := asked.Load()
	for range 3 {
		if a := b.ask(b.sign(b.claims(nil)), "system/Observation.rs"); a.status != 200 {
			t.Error(a.status, string(a.body))
		}
	}
	if n := asked.Load() - before; n != 3 {
		t.Errorf("no-store: asked %d times", n)
	}
}

// TestSecrets is trap F13: symmetric clients, both ways, and both secrets
// while one is being changed.
func TestSecrets(t *testing.T) {
	t.Parallel()
	c := open(t)
	client, secret := c.client(oauth.Client{Method: oauth.MethodSecret, Redirects: []string{callback}, Scopes: allScopes})
	f := c.flow(client, "ada", "launch/patient offline_access patient/Patient.r")
	f.proof = basic(client.ID, secret)
	tokens := f.tokens()
	if a := f.refresh(tokens.text("refresh_token")); a.status != 200 {
		t.Error(a.status, string(a.body))
	}
	form := func(more url.Values) url.Values {
		v := url.Values{"grant_type": {"authorization_code"}, "code": {f.code()}, "redirect_uri": {callback}, "code_verifier": {f.verifier}}
		maps.Copy(v, more)
		return v
	}
	if a := c.post("/oauth/token", form(url.Values{"client_id": {client.ID}, "client_secret": {secret}})); a.status != 200 {
		t.Error("in the body: ", a.status, string(a.body))
	}
	for name, a := range map[string]answer{
		"wrong":             c.post("/oauth/token", form(nil), basic(client.ID, secret+"x")...),
		"empty":             c.post("/oauth/token", form(nil), basic(client.ID, "")...),
		"none":              c.post("/oauth/token", form(url.Values{"client_id": {client.ID}})),
		"both ways":         c.post("/oauth/token", form(url.Values{"client_id": {client.ID}, "client_secret": {secret}}), basic(client.ID, secret)...),
		"two ids":           c.post("/oauth/token", form(url.Values{"client_id": {"other"}}), basic(client.ID, secret)...),
		"somebody else's":   c.post("/oauth/token", form(nil), basic(c.public(allScopes).ID, secret)...),
		"in the URL":        c.post("/oauth/token?client_id="+client.ID+"&client_secret="+secret, form(nil)),
		"a scheme that isn": c.post("/oauth/token", form(url.Values{"client_id": {client.ID}, "client_secret": {secret}}), "Authorization", "Bearer x"),
	} {
		if a.status != 401 || a.text("error") != "invalid_client" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	client.Former, client.Secret = client.Secret, oauth.HashSecret("new secret with + and %")
	if err := c.store.PutClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, "new secret with + and %"} {
		if a := c.post("/oauth/token", form(nil), basic(client.ID, s)...); a.status != 200 {
			t.Errorf("%q: %d %s", s, a.status, a.body)
		}
	}
	for _, state := range []string{oauth.Disabled, oauth.Draft} {
		token := f.tokens().text("access_token")
		if _, err := oauth.SetState(t.Context(), c.store, client.ID, state); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3200 * time.Millisecond)
		if status, _ := c.api(token); status != 401 {
			t.Errorf("%s: %d", state, status)
		}
		if a := f.refresh("x"); a.status != 401 {
			t.Errorf("%s: %d", state, a.status)
		}
		if a, _ := f.begin(); a.status != 400 {
			t.Errorf("%s: %d", state, a.status)
		}
		if _, err := oauth.SetState(t.Context(), c.store, client.ID, oauth.Active); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRedirects: codes and errors go to registered addresses only.
func TestRedirects(t *testing.T) {
	t.Parallel()
	c := open(t)
	client, _ := c.client(oauth.Client{Redirects: []string{callback, "http://127.0.0.1/native", "https://app.example.org/q?a=b"}, Scopes: allScopes})
	for to, ok := range map[string]bool{
		callback: true, callback + "/": false, callback + "?x=y": false, callback + "#x": false, strings.ToUpper(callback): false, "https://app.example.org.evil.org/back": false,
		"https://app.example.org@evil.org/back": false, "https://evil.org/https://app.example.org/back": false, "http://app.example.org/back": false, "": false, "javascript:alert(1)": false,
		"http://127.0.0.1:5123/native": true, "http://127.0.0.1/native": true, "http://127.0.0.2:5123/native": false, "http://localhost:5123/native": false, "https://127.0.0.1:5123/native": false,
		"http://user@127.0.0.1:5123/native": false, "http://127.0.0.1:5123/native#x": false, "http://127.0.0.1:5123/other": false, "http://127.0.0.1:5123/native?x": false,
		"https://app.example.org/q?a=b": true,
	} {
		f := c.flow(client, "ada", "launch/patient patient/Patient.r")
		f.params.Set("redirect_uri", to)
		a, _ := f.begin()
		if ok != (a.status == http.StatusSeeOther) || !ok && (a.status != 400 || a.header.Get("Location") != "") {
			t.Errorf("%s: %d %s", to, a.status, a.header.Get("Location"))
		}
		f.params.Set("scope", "nothing")
		if a, at := f.begin(); ok && (at.Query().Get("error") != "invalid_scope" || !strings.HasPrefix(at.String(), to[:20])) || !ok && a.header.Get("Location") != "" {
			t.Errorf("error to %s: %s", to, at)
		}
	}
	f := c.flow(client, "ada", "launch/patient patient/Patient.r")
	for name, change := range map[string]func(url.Values){
		"nobody":      func(v url.Values) { v.Set("client_id", "nobody") },
		"twice":       func(v url.Values) { v.Add("redirect_uri", "https://evil.org/") },
		"twice state": func(v url.Values) { v.Add("state", "x") },
	} {
		g := *f
		g.params = url.Values{}
		for k, v := range f.params {
			g.params[k] = slices.Clone(v)
		}
		change(g.params)
		if a, _ := g.begin(); a.status != 400 || a.header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, a.status, a.header.Get("Location"))
		}
	}
	for param, want := range map[string]string{
		"response_type=token": "unsupported_response_type", "response_type=code id_token": "unsupported_response_type", "response_mode=fragment": "unsupported_response_mode",
		"request=eyJhbGciOiJub25lIn0.e30.": "request_not_supported", "request_uri=https://evil.org/r": "request_uri_not_supported", "registration={}": "registration_not_supported",
		"state=short": "invalid_state", "nonce=x": "insufficient_entropy", "prompt=none login": "invalid_request", "prompt=x": "invalid_request", "max_age=x": "invalid_request",
	} {
		name, value, _ := strings.Cut(param, "=")
		g := c.flow(client, "ada", "openid launch/patient patient/Patient.r")
		g.params.Set(name, value)
		if _, to := g.begin(); to.Query().Get("error") != want || !strings.HasPrefix(to.String(), callback) {
			t.Errorf("%s: %s", param, to)
		}
	}
}

// TestRegistration is case T22: apps that register themselves.
func TestRegistration(t *testing.T) {
	t.Parallel()
	c := open(t)
	register := func(body string, headers ...string) answer {
		return c.send(c.request(http.MethodPost, "/oauth/register", []byte(body), append(headers, "Content-Type", "application/json")...))
	}
	good := `{"client_name":"An app","redirect_uris":["https://new.example.org/back"],"token_endpoint_auth_method":"none","scope":"launch/patient openid patient/*.rs"}`
	if a := register(good); a.status != 401 {
		t.Error("without an initial access token: ", a.status)
	}
	if a := register(good, bearer("x")...); a.status != 401 {
		t.Error("with a wrong one: ", a.status)
	}
	with := bearer(initialAccess)
	for name, body := range map[string]string{
		"system scopes":     `{"client_name":"x","redirect_uris":["https://a.example.org/"],"scope":"system/*.rs"}`,
		"metadata address":  `{"client_name":"x","redirect_uris":["https://a.example.org/"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"ftp://169.254.169.254/keys","scope":"openid"}`,
		"javascript":        `{"client_name":"x","redirect_uris":["javascript:alert(1)"],"scope":"openid"}`,
		"plain http":        `{"client_name":"x","redirect_uris":["http://a.example.org/"],"scope":"openid"}`,
		"scheme of an app":  `{"client_name":"x","redirect_uris":["myapp://back"],"scope":"openid"}`,
		"fragment":          `{"client_name":"x","redirect_uris":["https://a.example.org/#x"],"scope":"openid"}`,
		"wildcard":          `{"client_name":"x","redirect_uris":["https://*.example.org/"],"scope":"openid"}`,
		"no name":           `{"redirect_uris":["https://a.example.org/"],"scope":"openid"}`,
		"no address":        `{"client_name":"x","scope":"openid"}`,
		"implicit":          `{"client_name":"x","redirect_uris":["https://a.example.org/"],"grant_types":["implicit"],"scope":"openid"}`,
		"backend":           `{"client_name":"x","redirect_uris":["https://a.example.org/"],"grant_types":["client_credentials"],"scope":"openid"}`,
		"token":             `{"client_name":"x","redirect_uris":["https://a.example.org/"],"response_types":["token"],"scope":"openid"}`,
		"scope with filter": `{"client_name":"x","redirect_uris":["https://a.example.org/"],"scope":"patient/Observation.rs?_filter=a"}`,
		"private key":       `{"client_name":"x","redirect_uris":["https://a.example.org/"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + string(jwks(jose.JSONWebKey{Key: rsaKey, KeyID: "r"})) + `,"scope":"openid"}`,
		"logo by script":    `{"client_name":"x","redirect_uris":["https://a.example.org/"],"logo_uri":"javascript:alert(1)","scope":"openid"}`,
		"no JSON":           `x`,
	} {
		if a := register(body, with...); a.status != 400 || !strings.HasPrefix(a.text("error"), "invalid_") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	a := register(good, with...)
	if a.status != 201 || a.text("client_id") == "" || a.text("client_secret") != "" || a.text("registration_access_token") == "" || a.text("status") != "draft" {
		t.Fatal(a.status, string(a.body))
	}
	client, err := c.store.Client(t.Context(), a.text("client_id"))
	if err != nil {
		t.Fatal(err)
	}
	f := c.flow(client, "ada", "launch/patient patient/Patient.r")
	f.params.Set("redirect_uri", "https://new.example.org/back")
	if a, _ := f.begin(); a.status != 400 {
		t.Error("a draft asks: ", a.status)
	}
	itself := strings.TrimPrefix(a.text("registration_client_uri"), c.base)
	for _, proof := range [][]string{nil, bearer("x"), with} {
		if a := c.get(itself, proof...); a.status != 401 {
			t.Error(a.status)
		}
	}
	if a := c.get("/oauth/register/nobody", bearer("x")...); a.status != 401 {
		t.Error(a.status)
	}
	if _, err := oauth.SetState(t.Context(), c.store, client.ID, oauth.Active); err != nil {
		t.Fatal(err)
	}
	if b := c.get(itself, bearer(a.text("registration_access_token"))...); b.status != 200 || b.text("status") != "active" || b.text("registration_access_token") != "" {
		t.Error(b.status, string(b.body))
	}
	if a, _ := f.begin(); a.status != http.StatusSeeOther {
		t.Error("approved: ", a.status)
	}
	if b := c.send(c.request(http.MethodDelete, itself, nil, bearer(a.text("registration_access_token"))...)); b.status != 204 {
		t.Error(b.status)
	}
	if a, _ := f.begin(); a.status != 400 {
		t.Error("unregistered: ", a.status)
	}
	with = append(with, "X", "Y")
	if a := register(`{"client_name":"x","redirect_uris":["https://b.example.org/"],"scope":"openid"}`, with...); a.status != 201 || a.text("client_secret") == "" || a.json["client_secret_expires_at"] != 0.0 {
		t.Error("a secret once: ", a.status, string(a.body))
	}
}

// TestTextsAreCopies is the trap of the web server: what a request said must
// not change when the next one comes over the same connection. The server
// keeps the challenge of the first; later requests of the same length would
// overwrite it.
func TestTextsAreCopies(t *testing.T) {
	t.Parallel()
	c := open(t)
	client := c.public(allScopes)
	flows := make([]*flow, 20)
	at := make([]*url.URL, len(flows))
	for i := range flows {
		flows[i] = c.flow(client, "ada", "launch/patient offline_access patient/Patient.r")
		flows[i].params.Set("state", fmt.Sprintf("state-of-flow-%06d", i))
		_, at[i] = flows[i].begin()
	}
	codes := make([]string, len(flows))
	for i, f := range flows {
		back := f.browse(at[i])
		if back.Get("state") != f.params.Get("state") {
			t.Errorf("flow %d got the state %s", i, back.Get("state"))
		}
		codes[i] = back.Get("code")
	}
	var wg sync.WaitGroup
	for i, f := range flows {
		wg.Go(func() {
			if a := f.redeem(codes[i], f.verifier); a.status != 200 {
				t.Errorf("flow %d: %d %s", i, a.status, a.body)
			}
		})
	}
	wg.Wait()
	for _, e := range c.events() {
		if net.ParseIP(e.Address) == nil || e.Client != client.ID {
			t.Errorf("%+v", e)
		}
	}
}

// TestForms: what is no form, or too much of one, is refused.
func TestForms(t *testing.T) {
	t.Parallel()
	c := open(t)
	for name, r := range map[string]*http.Request{
		"JSON":      c.request("POST", "/oauth/token", []byte(`{"grant_type":"client_credentials"}`), "Content-Type", "application/json"),
		"no type":   c.request("POST", "/oauth/token", []byte(`grant_type=client_credentials`)),
		"multipart": c.request("POST", "/oauth/token", []byte("--x\r\n\r\n--x--"), "Content-Type", "multipart/form-data; boundary=x"),
		"too long":  c.request("POST", "/oauth/token", []byte("scope="+strings.Repeat("a", 70_000)), "Content-Type", "application/x-www-form-urlencoded"),
		"twice":     c.request("POST", "/oauth/token", []byte("grant_type=client_credentials&grant_type=password"), "Content-Type", "application/x-www-form-urlencoded"),
		"semicolon": c.request("POST", "/oauth/token", []byte("grant_type=client_credentials;x=y&%zz"), "Content-Type", "application/x-www-form-urlencoded"),
		"empty":     c.request("POST", "/oauth/token", nil, "Content-Type", "application/x-www-form-urlencoded"),
	} {
		if a := c.send(r); a.status != 400 || a.text("error") == "" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := c.get("/oauth/token"); a.status != 405 && a.status != 404 {
		t.Error(a.status)
	}
}
