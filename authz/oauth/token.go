package oauth

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/ory/fosite"
)

// token is the token endpoint (RFC 6749, 3.2).
func (s *Server) token(c *fiber.Ctx) error {
	r, err := bridge(c)
	if err != nil {
		return refuse(c, err)
	}
	if !slices.Contains([]string{grantCode, grantRefresh, grantClient}, r.PostForm.Get("grant_type")) {
		return refuse(c, fosite.ErrUnsupportedGrantType)
	}
	asked, err := s.provider.NewAccessRequest(r.Context(), r, newSession(""))
	if err == nil {
		var response fosite.AccessResponder
		if response, err = s.provider.NewAccessResponse(r.Context(), asked); err == nil {
			return s.tokens(c, asked, response)
		}
	}
	e := Event{Kind: "refused", Address: addressOf(c), Reason: fosite.ErrorToRFC6749Error(err).ErrorField}
	if asked != nil && asked.GetClient() != nil {
		e.Client, e.Account = asked.GetClient().GetID(), asked.GetSession().GetSubject()
	}
	s.tell(r.Context(), e)
	if e.Reason == "server_error" {
		s.log.ErrorContext(r.Context(), "token endpoint", "error", err.Error(), "debug", fosite.ErrorToRFC6749Error(err).Debug())
	}
	return refuse(c, err)
}

// tokens answers with tokens (RFC 6749, 5.1), and with the launch context.
func (s *Server) tokens(c *fiber.Ctx, asked fosite.AccessRequester, response fosite.AccessResponder) error {
	known := asked.GetSession().(*session)
	for name, v := range known.launchContext(s.cfg.Style) {
		response.SetExtra(name, v)
	}
	response.SetTokenType("Bearer")
	signature := s.strategy.AccessTokenSignature(c.UserContext(), response.GetAccessToken())
	s.tell(c.UserContext(), Event{
		Kind: "token", Client: asked.GetClient().GetID(), Account: known.Subject, Patient: known.Patient,
		Scopes: strings.Join(asked.GetGrantedScopes(), " "), Token: shown(signature), Address: addressOf(c),
	})
	return sendJSON(c, fiber.StatusOK, response.ToMap())
}

// shown is the part of a token's signature that may stand in records: enough
// to find the token again, too little to be one.
func shown(signature string) string { return signature[max(0, len(signature)-16):] }

// revoke is the revocation endpoint (RFC 7009). It ends everything that came
// from the same authorization.
func (s *Server) revoke(c *fiber.Ctx) error {
	r, err := bridge(c)
	if err != nil {
		return refuse(c, err)
	}
	if r.PostForm.Get("token") == "" {
		return refuse(c, fosite.ErrInvalidRequest.WithHint("The parameter token is missing."))
	}
	err = s.provider.NewRevocationRequest(r.Context(), r)
	if err != nil && !errors.Is(err, fosite.ErrUnauthorizedClient) { // of somebody else's token it is not told that there is one
		return refuse(c, err)
	}
	s.tell(r.Context(), Event{Kind: "revoked", Address: addressOf(c)})
	private(c)
	return c.SendStatus(fiber.StatusOK)
}
