package oauth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"

	"github.com/webdoctor/webdoctor/authz/outgoing"
)

// How long things live.
const (
	codeLife     = time.Minute
	accessLife   = time.Hour
	systemLife   = 5 * time.Minute // SMART backend services ask again
	idLife       = time.Hour
	refreshIdle  = 100 * 24 * time.Hour // a refresh token that is not used
	refreshLimit = 365 * 24 * time.Hour // whatever is used, from the consent on
	answerLife   = 15 * time.Minute     // for a person to answer a request
	launchLife   = 5 * time.Minute
)

// Config is what a Server is made of.
type Config struct {
	Issuer string // URL of the server without a slash at the end; endpoints are below it
	Base   string // FHIR base URL, the audience of tokens

	Secret  []byte   // 32 bytes that make tokens valid
	Secrets [][]byte // those before it, whose tokens stay valid

	Store    Store
	People   People
	Patients Patients

	Pages  Pages
	Cookie string // name of the portal's session cookie, "__Host-wd" when empty

	// Registration is the SHA-256 of the initial access token with which apps
	// may register themselves (RFC 7591, 3); nil turns registration off.
	Registration []byte

	// Searchable says whether resources of a type can be filtered by a
	// parameter. A scope with a filter that cannot is refused. Nil allows all.
	Searchable func(typ, name string) bool

	Near  bool // clients of the same network may keep their keys there
	Style string
	Audit func(context.Context, Event) // nil for none
	Log   *slog.Logger
	Now   func() time.Time
}

// Pages are where the portal asks people. Each is given the id of the
// authorization request and returns to Continue.
type Pages struct {
	SignIn  func(id string, again bool) string // again: although somebody is signed in
	Patient func(id string) string
	Consent func(id string) string
	Manage  string // where people see and withdraw what they granted
}

// Server answers the endpoints.
type Server struct {
	issuer, base string
	cfg          Config
	store        Store
	people       People
	log          *slog.Logger
	now          func() time.Time

	provider *fosite.Fosite
	strategy strategy
	signing  *signing
	fetched  *fetched
	live     *lives
}

// New makes a server. It does not talk to the store yet.
func New(c Config) (*Server, error) {
	c.Issuer, c.Base = strings.TrimRight(c.Issuer, "/"), strings.TrimRight(c.Base, "/")
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" || !strings.HasPrefix(c.Base, c.Issuer+"/") {
		return nil, errors.New("oauth: the issuer is not a URL, or the FHIR base is not below it")
	}
	if len(c.Secret) != 32 {
		return nil, errors.New("oauth: the secret has not 32 bytes")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Cookie == "" {
		c.Cookie = "__Host-wd"
	}
	s := &Server{issuer: c.Issuer, base: c.Base, cfg: c, store: c.Store, people: c.People, log: c.Log, now: c.Now, live: newLives(c.Now)}
	s.signing = &signing{store: c.Store, now: c.Now, generate: generateKey}
	s.fetched = newFetched(outgoing.New(c.Near), c.Now)
	s.compose()
	return s, nil
}

// compose puts fosite together from the handlers that we use. What is not
// here cannot be asked for: no implicit grant, no passwords, no request
// objects, no introspection of its own.
func (s *Server) compose() {
	f := &fosite.Config{
		GlobalSecret:                   s.cfg.Secret,
		RotatedGlobalSecrets:           s.cfg.Secrets,
		IDTokenIssuer:                  s.issuer,
		AccessTokenIssuer:              s.issuer,
		TokenURL:                       s.tokenURL(),
		AccessTokenLifespan:            accessLife,
		RefreshTokenLifespan:           refreshIdle,
		AuthorizeCodeLifespan:          codeLife,
		IDTokenLifespan:                idLife,
		RefreshTokenScopes:             []string{scopeOffline, scopeOnline},
		ScopeStrategy:                  covers,
		AudienceMatchingStrategy:       fosite.ExactAudienceMatchingStrategy,
		EnforcePKCE:                    true,
		EnablePKCEPlainChallengeMethod: false,
		MinParameterEntropy:            8,
		SanitationWhiteList:            []string{"redirect_uri", "code_challenge", "code_challenge_method", "nonce", "max_age", "prompt"},
		OmitRedirectScopeParam:         true,
		SendDebugMessagesToClients:     false,
		DisableRefreshTokenValidation:  true,
		ClientAuthenticationStrategy:   s.authenticate,
		RedirectSecureChecker:          func(_ context.Context, u *url.URL) bool { return secureRedirect(u) },
		JWKSFetcherStrategy:            noFetcher{},
	}
	s.strategy = newStrategy(f)
	k := keep{s}
	signer := &jwt.DefaultSigner{GetPrivateKey: s.signing.active}
	identity := &openid.IDTokenHandleHelper{IDTokenStrategy: &openid.DefaultStrategy{Signer: signer, Config: f}}
	code := codeGrant{&oauth2.AuthorizeExplicitGrantHandler{
		AccessTokenStrategy: s.strategy, RefreshTokenStrategy: s.strategy, AuthorizeCodeStrategy: s.strategy,
		CoreStorage: k, TokenRevocationStorage: k, Config: f,
	}, s}
	signIn := &openid.OpenIDConnectExplicitHandler{
		OpenIDConnectRequestStorage:   k,
		OpenIDConnectRequestValidator: openid.NewOpenIDConnectRequestValidator(signer, f),
		Config:                        f, IDTokenHandleHelper: identity,
	}
	f.AuthorizeEndpointHandlers = fosite.AuthorizeEndpointHandlers{code, signIn}
	f.TokenEndpointHandlers = fosite.TokenEndpointHandlers{
		code,
		clientGrant{&oauth2.ClientCredentialsGrantHandler{
			HandleHelper: &oauth2.HandleHelper{AccessTokenStrategy: s.strategy, AccessTokenStorage: k, Config: f}, Config: f,
		}},
		refreshGrant{&oauth2.RefreshTokenGrantHandler{
			AccessTokenStrategy: s.strategy, RefreshTokenStrategy: s.strategy, TokenRevocationStorage: k, Config: f,
		}, s},
		signIn,
		&openid.OpenIDConnectRefreshHandler{IDTokenHandleHelper: identity, Config: f},
	}
	f.RevocationHandlers = fosite.RevocationHandlers{&oauth2.TokenRevocationHandler{TokenRevocationStorage: k, RefreshTokenStrategy: s.strategy, AccessTokenStrategy: s.strategy}}
	s.provider = &fosite.Fosite{Store: k, Config: f}
}

func (s *Server) tokenURL() string { return s.issuer + pathToken }

// tell hands an event to the audit and the log.
func (s *Server) tell(ctx context.Context, e Event) {
	s.log.InfoContext(ctx, "oauth", "event", e.Kind, "client", e.Client, "account", e.Account, "reason", e.Reason)
	if s.cfg.Audit != nil {
		s.cfg.Audit(ctx, e)
	}
}

// Run moves the signing keys on and deletes what has expired, until the
// context ends. Several servers may do it at once.
func (s *Server) Run(ctx context.Context) {
	for wait := time.Minute; ; wait = time.Hour {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "tidy up tokens and keys", "error", err.Error())
		}
	}
}

// Tidy does once what Run does again and again. Keys are moved on only when
// there are any.
func (s *Server) Tidy(ctx context.Context) error {
	keys, err := s.store.Keys(ctx)
	if err == nil && len(keys) > 0 {
		_, err = s.signing.rotate(ctx)
	}
	_, swept := s.store.SweepOAuth(ctx)
	return errors.Join(err, swept)
}

// random is a text of n random bytes, of letters, digits, "-" and "_".
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
