package oauth

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/fhir"
)

// introspect tells what an access token is worth (RFC 7662). Who asks proves
// who they are as a client or by an access token. A client may ask about its
// own tokens; about those of others only one that is registered for it, such
// as another resource server. fosite's own endpoint lets everybody ask about
// everything, and takes refresh tokens for access tokens.
func (s *Server) introspect(c *fiber.Ctx) error {
	r, err := bridge(c)
	if err != nil {
		return refuse(c, err)
	}
	ctx := r.Context()
	asker, err := s.asker(ctx, r)
	if err != nil {
		return refuse(c, err)
	}
	inactive := map[string]any{"active": false}
	l, err := s.look(ctx, r.PostForm.Get("token"))
	if fhir.CodeOf(err) == fhir.Unauthorized {
		return sendJSON(c, fiber.StatusOK, inactive)
	}
	if err != nil {
		return err
	}
	if !asker.Introspects && (asker.ID == "" || asker.ID != l.client) {
		return refuse(c, fosite.ErrAccessDenied.WithHint("Not a token of this client."))
	}
	if l.session.Subject != "" {
		if err := s.stillThere(ctx, l.session); err != nil {
			return sendJSON(c, fiber.StatusOK, inactive)
		}
	}
	said := map[string]any{
		"active": true, "scope": strings.Join(l.granted, " "), "client_id": l.client, "token_type": "Bearer",
		"exp": l.expires.Unix(), "iat": l.issued.Unix(), "iss": s.issuer, "aud": s.base,
	}
	maps.Copy(said, l.session.launchContext(""))
	if l.session.Subject != "" {
		said["sub"] = l.session.Subject
		if user, ok := l.session.Claims.Extra["fhirUser"].(string); ok {
			said["fhirUser"] = user
		}
	}
	return sendJSON(c, fiber.StatusOK, said)
}

// asker is the client that asks.
func (s *Server) asker(ctx context.Context, r *http.Request) (Client, error) {
	if token, ok := bearerOf(r.Header.Get("Authorization")); ok {
		l, err := s.look(ctx, token)
		if err != nil {
			return Client{}, fosite.ErrRequestUnauthorized
		}
		if l.client == "" { // the operator's
			return Client{Introspects: l.session.Operator}, nil
		}
		return s.client(ctx, l.client)
	}
	found, err := s.authenticate(ctx, r, r.PostForm)
	if err != nil {
		return Client{}, err
	}
	c := found.(app)
	if c.IsPublic() {
		return Client{}, fosite.ErrInvalidClient // anybody can say its id
	}
	return c.Client, nil
}

// bearerOf is the token of an Authorization header.
func bearerOf(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}
