package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/authz"
)

// app is a client as fosite sees it.
type app struct {
	Client
	base string // FHIR base, the one audience that there is
}

var (
	_ fosite.Client                         = app{}
	_ fosite.ClientWithCustomTokenLifespans = app{}
)

func (a app) GetID() string                      { return a.ID }
func (a app) GetHashedSecret() []byte            { return nil } // checked by authenticate
func (a app) GetRedirectURIs() []string          { return a.Redirects }
func (a app) GetGrantTypes() fosite.Arguments    { return a.Grants }
func (a app) GetResponseTypes() fosite.Arguments { return fosite.Arguments{"code"} }
func (a app) GetScopes() fosite.Arguments        { return strings.Fields(a.Scopes) }
func (a app) IsPublic() bool                     { return a.Method == MethodNone }
func (a app) GetAudience() fosite.Arguments      { return fosite.Arguments{a.base} }

// GetEffectiveLifespan is short for clients that can ask again at any time.
func (a app) GetEffectiveLifespan(grant fosite.GrantType, _ fosite.TokenType, usual time.Duration) time.Duration {
	if grant == fosite.GrantTypeClientCredentials {
		return systemLife
	}
	return usual
}

// covers is fosite's question whether a client may have a scope. A word must
// be listed; a clinical scope must lie within one that is.
func covers(listed []string, scope string) bool {
	if slices.Contains(listed, scope) {
		return true
	}
	s, clinical, err := authz.ParseScope(scope)
	if !clinical || err != nil {
		return false
	}
	return slices.ContainsFunc(listed, func(word string) bool {
		o, clinical, err := authz.ParseScope(word)
		return clinical && err == nil && s.Within(o)
	})
}

// provesSecret compares a secret in constant time with the one a client has,
// or had and may still use.
func (c Client) provesSecret(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	now := subtle.ConstantTimeCompare(sum[:], c.Secret)
	before := subtle.ConstantTimeCompare(sum[:], c.Former)
	return secret != "" && now|before == 1
}

// HashSecret is how a secret is kept. Secrets are 256 random bits, which no
// one guesses however fast the hash is.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// client finds an active client.
func (s *Server) client(ctx context.Context, id string) (Client, error) {
	c, err := s.store.Client(ctx, id)
	if err != nil {
		return Client{}, err
	}
	if c.State != Active {
		return Client{}, errInactive
	}
	return c, nil
}
