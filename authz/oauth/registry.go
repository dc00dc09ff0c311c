package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/outgoing"
	"github.com/webdoctor/webdoctor/fhir"
)

// Allows says whether scripts of a web origin may call us in the name of an
// active client.
func (s *Server) Allows(ctx context.Context, origin string) bool {
	known, err := s.store.Origin(ctx, origin)
	if err != nil {
		s.log.ErrorContext(ctx, "look for an origin", "error", err.Error())
	}
	return known && err == nil
}

// NewClient completes a client that somebody describes and checks it: its id,
// its secret if it has one, its origins and its grants are made here. The
// secret is returned once and kept as a hash. Errors are of code fhir.Value
// and name the member of RFC 7591 that is wrong.
func NewClient(c Client, near bool) (_ Client, secret string, err error) {
	c.ID = random(18)
	if c.Name = strings.TrimSpace(c.Name); c.Name == "" || len(c.Name) > 200 {
		return c, "", wrong("client_name", "a name of at most 200 bytes is needed")
	}
	for _, text := range c.Redirects {
		u, err := url.Parse(text)
		if err != nil || !goodRedirect(u) {
			return c, "", wrong("redirect_uris", "%q is not https, nor http on the machine of the person", text)
		}
		if o := origin(text); !slices.Contains(c.Origins, o) {
			c.Origins = append(c.Origins, o)
		}
	}
	if len(c.Redirects) > 50 || len(c.Scopes) > 16<<10 {
		return c, "", wrong("redirect_uris", "too many")
	}
	for member, text := range map[string]string{"initiate_login_uri": c.LaunchURL, "client_uri": c.About.Site, "logo_uri": c.About.Logo, "policy_uri": c.About.Policy, "tos_uri": c.About.Terms} {
		if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.User != nil || !secureRedirect(u)) {
			return c, "", wrong(member, "%q is not an https address", text)
		}
	}
	scopes, err := authz.ParseScopes(c.Scopes)
	if err != nil {
		return c, "", err
	}
	for _, word := range strings.Fields(c.Scopes) {
		if !slices.Contains(wordScopes, word) && !slices.ContainsFunc(scopes, func(s authz.Scope) bool { return s.Text == word }) {
			return c, "", wrong("scope", "%q is no scope", word)
		}
	}
	if c.Grants, err = grantsOf(c, scopes); err != nil {
		return c, "", err
	}
	secret, err = proof(&c, near)
	return c, secret, err
}

// grantsOf follow from what the client has: addresses to send codes to, and
// scopes of its own.
func grantsOf(c Client, scopes authz.Scopes) (grants []string, err error) {
	if len(c.Redirects) > 0 {
		grants = append(grants, grantCode, grantRefresh)
	}
	if len(scopes.Level("system")) > 0 {
		grants = append(grants, grantClient)
	}
	switch {
	case len(grants) == 0 && !c.Introspects:
		return nil, wrong("redirect_uris", "without an address to send codes to and without system scopes the client could do nothing")
	case slices.Contains(grants, grantClient) && c.Method == MethodNone:
		return nil, wrong("token_endpoint_auth_method", "a client with system scopes must be able to prove who it is")
	case len(c.Redirects) == 0 && len(scopes) > len(scopes.Level("system")):
		return nil, wrong("redirect_uris", "patient and user scopes need an address to send codes to")
	}
	return grants, nil
}

// proof checks the way in which the client proves who it is, and makes the
// secret if that is the way.
func proof(c *Client, near bool) (secret string, err error) {
	switch c.Method {
	case MethodNone:
	case MethodSecret, MethodPost:
		c.Method, secret = MethodSecret, random(32)
		c.Secret = HashSecret(secret)
	case MethodKey:
		switch {
		case (c.KeysURL == "") == (len(c.Keys) == 0):
			return "", wrong("jwks", "either keys or the address of keys is needed")
		case c.KeysURL != "":
			if err := outgoing.New(near).Check(c.KeysURL); err != nil {
				return "", wrong("jwks_uri", "%s", err.Error())
			}
		default:
			if _, err := ParseKeys(c.Keys); err != nil {
				return "", wrong("jwks", "%s", err.Error())
			}
		}
		return "", nil
	default:
		return "", wrong("token_endpoint_auth_method", "not one that is supported")
	}
	if c.KeysURL != "" || len(c.Keys) > 0 {
		return "", wrong("jwks", "keys are of no use to this client")
	}
	return secret, nil
}

func wrong(member, format string, args ...any) error {
	return fhir.Errorf(fhir.Value, "%s: %s", member, fmt.Sprintf(format, args...)).At(member)
}

// SetState changes the state of a client. Disabled takes effect on this
// server at once and on all others within liveTime.
func SetState(ctx context.Context, store Clients, id, state string) (Client, error) {
	if !slices.Contains([]string{Draft, Active, Disabled}, state) {
		return Client{}, errors.New("no such state of a client")
	}
	c, err := store.Client(ctx, id)
	if err != nil {
		return c, err
	}
	c.State = state
	return c, store.PutClient(ctx, c)
}
