package oauth

import (
	"context"
	"errors"

	"github.com/go-jose/go-jose/v3"
	"github.com/gofiber/fiber/v2"
)

// noFetcher fetches nothing: fosite's own ways to fetch keys are not used.
type noFetcher struct{}

func (noFetcher) Resolve(context.Context, string, bool) (*jose.JSONWebKeySet, error) {
	return nil, errors.New("keys are not fetched this way")
}

// capabilities are those of SMART App Launch 2.2 (conformance, "Capability
// sets") that this server has.
var capabilities = []string{
	"launch-ehr", "launch-standalone", "authorize-post",
	"client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
	"sso-openid-connect",
	"context-banner", "context-style", "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient",
	"permission-offline", "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2",
}

// shownScopes are examples that everybody who may use them can ask for; the
// types and filters are many.
var shownScopes = []string{
	scopeOpenID, scopeProfile, scopeFHIRUser, scopeLaunch, scopeLaunchPatient, scopeOffline, scopeOnline,
	"patient/*.rs", "patient/*.cruds", "patient/*.read", "user/*.rs", "user/*.cruds", "user/*.read", "system/*.rs", "system/*.cruds",
}

// metadata is what the three documents have in common (RFC 8414; OpenID
// Connect Discovery; SMART, "Using .well-known").
func (s *Server) metadata() map[string]any {
	m := map[string]any{
		"issuer":                                           s.issuer,
		"authorization_endpoint":                           s.issuer + pathAuthorize,
		"token_endpoint":                                   s.tokenURL(),
		"jwks_uri":                                         s.issuer + pathKeys,
		"introspection_endpoint":                           s.issuer + pathIntrospect,
		"revocation_endpoint":                              s.issuer + pathRevoke,
		"grant_types_supported":                            []string{grantCode, grantRefresh, grantClient},
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"scopes_supported":                                 shownScopes,
		"code_challenge_methods_supported":                 []string{"S256"},
		"token_endpoint_auth_methods_supported":            []string{MethodSecret, MethodPost, MethodKey, MethodNone},
		"token_endpoint_auth_signing_alg_values_supported": []string{string(jose.RS384), string(jose.ES384)},
		"authorization_response_iss_parameter_supported":   true,
		"request_parameter_supported":                      false,
		"request_uri_parameter_supported":                  false,
	}
	if s.cfg.Registration != nil {
		m["registration_endpoint"] = s.issuer + pathRegister
	}
	return m
}

// smartConfiguration is the first thing that every SMART app reads. It is
// JSON whatever the app says it accepts.
func (s *Server) smartConfiguration(c *fiber.Ctx) error {
	m := s.metadata()
	m["capabilities"] = capabilities
	if s.cfg.Pages.Manage != "" {
		m["management_endpoint"] = s.cfg.Pages.Manage
	}
	return public(c, m)
}

func (s *Server) openIDConfiguration(c *fiber.Ctx) error {
	m := s.metadata()
	m["subject_types_supported"] = []string{"public"}
	m["id_token_signing_alg_values_supported"] = []string{string(jose.RS256)}
	m["claims_supported"] = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"}
	m["claims_parameter_supported"] = false
	return public(c, m)
}

func (s *Server) serverMetadata(c *fiber.Ctx) error { return public(c, s.metadata()) }

// keySet shows the public keys (RFC 7517). Who keeps it for an hour knows
// every key that will sign in that hour.
func (s *Server) keySet(c *fiber.Ctx) error {
	set, err := s.signing.public(c.UserContext())
	if err != nil {
		return err
	}
	return public(c, set)
}

// public answers what everybody may know and keep for a while.
func public(c *fiber.Ctx, v any) error {
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.JSON(v)
}
