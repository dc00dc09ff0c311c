package oauth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/go-jose/go-jose/v3/jwt"
	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// people is a small clinic: Ada is a patient, Ben another, Dora a doctor who
// treats Ada only, Pia nobody's patient who acts for Ada and Ben.
type people struct {
	mu       sync.Mutex
	all      map[string]authz.Principal
	sessions map[string]oauth.Signed
	since    time.Time // tokens from before are void
}

func newPeople() *people {
	self := func(typ, id string) []fhir.Key { return []fhir.Key{{Type: typ, ID: id}} }
	now := time.Now()
	return &people{
		all: map[string]authz.Principal{
			"ada":  {Account: "ada", Roles: []authz.Role{authz.Patient}, Self: self("Patient", "A")},
			"ben":  {Account: "ben", Roles: []authz.Role{authz.Patient}, Self: self("Patient", "B")},
			"dora": {Account: "dora", Roles: []authz.Role{authz.Practitioner}, Self: self("Practitioner", "D1"), Licence: authz.Verified},
			"pia": {Account: "pia", Roles: []authz.Role{authz.Patient}, Self: self("RelatedPerson", "X"),
				Proxies: []authz.Proxy{{Patient: fhir.Key{Type: "Patient", ID: "A"}}, {Patient: fhir.Key{Type: "Patient", ID: "B"}}}},
			"olaf": {Account: "olaf"},
		},
		sessions: map[string]oauth.Signed{
			"cookie-ada": {Account: "ada", Session: "s-ada", At: now}, "cookie-ben": {Account: "ben", Session: "s-ben", At: now},
			"cookie-dora": {Account: "dora", Session: "s-dora", At: now, Factor: now}, "cookie-pia": {Account: "pia", Session: "s-pia", At: now},
			"cookie-olaf": {Account: "olaf", Session: "s-olaf", At: now},
		},
	}
}

func (p *people) Vouch(_ context.Context, account string, agreed time.Time) (authz.Principal, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !agreed.IsZero() && agreed.Before(p.since) {
		return authz.Principal{}, fhir.Errorf(fhir.Unauthorized, "the password was changed")
	}
	who, ok := p.all[account]
	if !ok {
		return who, fhir.Errorf(fhir.NotFound, "no such account")
	}
	return who, nil
}

func (p *people) Signed(_ context.Context, cookie string) (oauth.Signed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[cookie], nil
}

func (p *people) Alive(_ context.Context, session string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if s.Session == session {
			return true, nil
		}
	}
	return false, nil
}

func (p *people) change(f func(*people)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func (p *people) Own(_ context.Context, who authz.Principal) (ids []string, _ error) {
	for _, k := range who.Self {
		if k.Type == "Patient" {
			ids = append(ids, k.ID)
		}
	}
	for _, proxy := range who.Proxies {
		ids = append(ids, proxy.Patient.ID)
	}
	return ids, nil
}

func (p *people) Reaches(_ context.Context, who authz.Principal, patient string) (bool, error) {
	return who.Account == "dora" && patient == "A", nil
}

// clinic is a server with everything around it.
type clinic struct {
	t      *testing.T
	base   string // the issuer
	server *oauth.Server
	store  *storage.OAuth
	db     *storage.DB
	dbURL  string
	people *people
	http   *http.Client
	events func() []oauth.Event
}

const initialAccess = "initial access"

func open(t *testing.T) *clinic {
	t.Helper()
	url := storagetest.Postgres(t)
	c := second(t, url, newPeople())
	return c
}

// second starts another server on a database.
func second(t *testing.T, dbURL string, who *people) *clinic {
	t.Helper()
	db, err := storage.Open(t.Context(), dbURL, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	secret, err := db.Secret(t.Context(), "oauth tokens", 32)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var events []oauth.Event
	c := &clinic{t: t, base: "http://" + ln.Addr().String(), db: db, dbURL: dbURL, store: storage.NewOAuth(db), people: who}
	c.events = func() []oauth.Event { mu.Lock(); defer mu.Unlock(); return slices.Clone(events) }
	c.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	c.server, err = oauth.New(oauth.Config{
		Issuer: c.base, Base: c.base + "/fhir", Secret: secret, Store: c.store, People: c.people, Patients: c.people, Cookie: "wd", Near: true,
		Pages: oauth.Pages{
			SignIn:  func(id string, again bool) string { return c.base + "/sign-in?authorization=" + id },
			Patient: func(id string) string { return c.base + "/patient?authorization=" + id },
			Consent: func(id string) string { return c.base + "/consent?authorization=" + id },
			Manage:  c.base + "/apps",
		},
		Registration: oauth.HashSecret(initialAccess),
		Searchable:   func(typ, name string) bool { return !(typ == "Patient" && name == "category") },
		Style:        c.base + "/smart-style.json",
		Audit:        func(_ context.Context, e oauth.Event) { mu.Lock(); events = append(events, e); mu.Unlock() },
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	app := rest.NewApp()
	oauth.Mount(app, c.server)
	api := app.Group("/fhir", c.server.Bearer(func(f *fiber.Ctx) bool { return f.Path() == "/fhir/metadata" }))
	api.Get("/metadata", func(f *fiber.Ctx) error { return f.SendString("{}") })
	api.All("/*", func(f *fiber.Ctx) error { return f.JSON(authz.From(f.UserContext())) })
	go app.Listener(ln)
	t.Cleanup(func() { _ = app.Shutdown() })
	return c
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) text(name string) string { s, _ := a.json[name].(string); return s }

func (c *clinic) send(r *http.Request) answer {
	c.t.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, _ = io.ReadAll(resp.Body)
	_ = json.Unmarshal(a.body, &a.json)
	return a
}

func (c *clinic) request(method, path string, body []byte, headers ...string) *http.Request {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.base + path
	}
	r, err := http.NewRequest(method, path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func (c *clinic) get(path string, headers ...string) answer {
	c.t.Helper()
	return c.send(c.request(http.MethodGet, path, nil, headers...))
}

func (c *clinic) post(path string, form url.Values, headers ...string) answer {
	c.t.Helper()
	return c.send(c.request(http.MethodPost, path, []byte(form.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...))
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

func basic(id, secret string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))}
}

// api asks the FHIR API and returns the principal it saw.
func (c *clinic) api(token string) (status int, p authz.Principal) {
	c.t.Helper()
	a := c.get("/fhir/Patient/A", bearer(token)...)
	if a.status == http.StatusOK {
		if err := json.Unmarshal(a.body, &p); err != nil {
			c.t.Fatal(err)
		}
	}
	return a.status, p
}

// sql runs a statement beside the server.
func (c *clinic) sql(text string, args ...any) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.dbURL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(c.t.Context(), text, args...); err != nil {
		c.t.Fatal(err)
	}
}

// one reads one row beside the server.
func (c *clinic) one(text string) pgx.Row {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.dbURL)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn.QueryRow(c.t.Context(), text)
}

const callback = "https://app.example.org/back"

const allScopes = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds user/*.cruds"

// client registers an app.
func (c *clinic) client(of oauth.Client) (oauth.Client, string) {
	c.t.Helper()
	if of.Name == "" {
		of.Name = "An app"
	}
	if of.Method == "" {
		of.Method = oauth.MethodNone
	}
	if of.State == "" {
		of.State = oauth.Active
	}
	of.Created = time.Now()
	of, secret, err := oauth.NewClient(of, true)
	if err == nil {
		err = c.store.PutClient(c.t.Context(), of)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return of, secret
}

func (c *clinic) public(scopes string) oauth.Client {
	client, _ := c.client(oauth.Client{Redirects: []string{callback}, LaunchURL: "https://app.example.org/launch", Scopes: scopes})
	return client
}

// flow is one app going through an authorization.
type flow struct {
	*clinic
	client   oauth.Client
	proof    []string // headers of the token request
	verifier string
	params   url.Values
	cookie   string
	patient  string   // chosen in the picker
	scopes   []string // agreed to; all when nil
	deny     bool
}

func (c *clinic) flow(client oauth.Client, who, scope string) *flow {
	f := &flow{clinic: c, client: client, verifier: rand.Text() + rand.Text(), cookie: "cookie-" + who}
	f.params = url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {callback}, "scope": {scope}, "state": {rand.Text()},
		"aud": {c.base + "/fhir"}, "code_challenge": {challenge(f.verifier)}, "code_challenge_method": {"S256"},
	}
	return f
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// begin sends the authorization request and returns where the browser goes.
func (f *flow) begin() (answer, *url.URL) {
	f.t.Helper()
	a := f.get("/oauth/authorize?" + f.params.Encode())
	to, _ := url.Parse(a.header.Get("Location"))
	return a, to
}

// browse follows the dispatcher, answering its questions as the portal does,
// until the app has its answer, and returns that.
func (f *flow) browse(to *url.URL) url.Values {
	f.t.Helper()
	for range 8 {
		switch {
		case to == nil:
			f.t.Fatal("the browser is sent nowhere")
		case strings.HasPrefix(to.String(), callback):
			return to.Query()
		case to.Path == "/oauth/continue":
			a := f.get(to.String(), "Cookie", "wd="+f.cookie)
			if a.status != http.StatusSeeOther {
				return url.Values{"status": {http.StatusText(a.status)}}
			}
			to, _ = url.Parse(a.header.Get("Location"))
			continue
		}
		id := to.Query().Get("authorization")
		who := f.people.sessions[f.cookie]
		var err error
		switch to.Path {
		case "/patient":
			err = f.server.ChoosePatient(f.t.Context(), id, who, f.patient)
		case "/consent":
			q, err := f.server.Next(f.t.Context(), id, who)
			if err != nil || q.Step != oauth.StepConsent {
				f.t.Fatal(q.Step, err)
			}
			d := oauth.Decision{Approve: !f.deny, Scopes: f.scopes}
			if f.scopes == nil {
				d.Scopes = q.Authorization.Asked
			}
			if err := f.server.Decide(f.t.Context(), id, who, d); err != nil {
				return url.Values{"decide": {string(fhir.CodeOf(err))}}
			}
		default:
			return url.Values{"page": {to.Path}}
		}
		if err != nil {
			return url.Values{"choose": {string(fhir.CodeOf(err))}}
		}
		to, _ = url.Parse(f.server.Continue(id))
	}
	f.t.Fatal("the dispatcher goes round in circles")
	return nil
}

// code goes through the whole authorization.
func (f *flow) code() string {
	f.t.Helper()
	_, to := f.begin()
	back := f.browse(to)
	if back.Get("code") == "" {
		f.t.Fatal("no code: ", back)
	}
	return back.Get("code")
}

func (f *flow) redeem(code, verifier string) answer {
	f.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {f.params.Get("redirect_uri")}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	if f.proof == nil {
		form.Set("client_id", f.client.ID)
	}
	return f.post("/oauth/token", form, f.proof...)
}

func (f *flow) refresh(token string, scope ...string) answer {
	f.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	if f.proof == nil {
		form.Set("client_id", f.client.ID)
	}
	if len(scope) > 0 {
		form.Set("scope", strings.Join(scope, " "))
	}
	return f.post("/oauth/token", form, f.proof...)
}

// tokens goes through everything.
func (f *flow) tokens() answer {
	f.t.Helper()
	a := f.redeem(f.code(), f.verifier)
	if a.status != http.StatusOK {
		f.t.Fatalf("token endpoint: %d %s", a.status, a.body)
	}
	return a
}

// backend is a client with a key of its own.
type backend struct {
	*clinic
	client oauth.Client
	key    crypto.Signer
	alg    jose.SignatureAlgorithm
	kid    string
}

var rsaKey, _ = rsa.GenerateKey(rand.Reader, 2048)
var ecKey, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)

func jwks(keys ...jose.JSONWebKey) []byte {
	text, _ := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	return text
}

// bothKeys are an RSA and an EC key, without "use", as HL7's sample has them.
func bothKeys() []byte {
	return jwks(jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "r"}, jose.JSONWebKey{Key: ecKey.Public(), KeyID: "e"})
}

func (c *clinic) backend(scopes string) *backend {
	client, _ := c.client(oauth.Client{Method: oauth.MethodKey, Keys: bothKeys(), Scopes: scopes})
	return &backend{clinic: c, client: client, key: rsaKey, alg: jose.RS384, kid: "r"}
}

// claims are those of a good assertion, changed.
func (b *backend) claims(change map[string]any) map[string]any {
	m := map[string]any{"iss": b.client.ID, "sub": b.client.ID, "aud": b.base + "/oauth/token", "exp": time.Now().Add(5 * time.Minute).Unix(), "jti": rand.Text()}
	for k, v := range change {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	return m
}

func (b *backend) sign(claims map[string]any, headers ...any) string {
	b.t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", b.kid)
	for i := 0; i < len(headers); i += 2 {
		options.WithHeader(jose.HeaderKey(headers[i].(string)), headers[i+1])
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: b.alg, Key: b.key}, options)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).CompactSerialize()
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

func (b *backend) ask(assertion, scope string) answer {
	b.t.Helper()
	return b.post("/oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}
