package oauth

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// Bearer is the door of the FHIR API (RFC 6750): it makes a principal of the
// access token and puts it into the user context. A token counts in the
// Authorization header and nowhere else: in a URL it is refused, in a form or
// a cookie it is not seen. A request without a token goes on as a
// stranger's when open says so, and is refused otherwise.
//
// The error goes to the app's error handler, so that it has the form of every
// other error of the API.
func (s *Server) Bearer(open func(c *fiber.Ctx) bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		headers := c.Request().Header.PeekAll(fiber.HeaderAuthorization)
		if len(headers) > 1 {
			return fhir.Errorf(fhir.Invalid, "more than one Authorization header")
		}
		if c.Request().URI().QueryArgs().Has("access_token") { // URLs are written down everywhere
			return s.challenge(c, "invalid_request", fhir.Errorf(fhir.Unauthorized, "an access token belongs into the Authorization header"))
		}
		if len(headers) == 0 {
			if open != nil && open(c) {
				c.SetUserContext(authz.With(c.UserContext(), authz.Principal{Address: addressOf(c)}))
				return c.Next()
			}
			return s.challenge(c, "", fhir.Errorf(fhir.Unauthorized, "an access token is needed"))
		}
		header := string(headers[0]) // a copy
		if strings.ContainsRune(header, ',') {
			return fhir.Errorf(fhir.Invalid, "more than one way to authorize in one request")
		}
		token, ok := bearerOf(header)
		if !ok {
			return s.challenge(c, "", fhir.Errorf(fhir.Unauthorized, "an access token is needed"))
		}
		ctx := c.UserContext()
		l, err := s.look(ctx, token)
		var p authz.Principal
		if err == nil {
			p, err = s.principal(ctx, l)
		}
		if fhir.CodeOf(err) == fhir.Unauthorized {
			return s.challenge(c, "invalid_token", errToken)
		}
		if err != nil {
			return err
		}
		p.Address = addressOf(c)
		c.SetUserContext(authz.With(ctx, p))
		return c.Next()
	}
}

// challenge says what is missing (RFC 6750, 3).
func (s *Server) challenge(c *fiber.Ctx, code string, err error) error {
	value := `Bearer realm="` + s.base + `"`
	if code != "" {
		value += `, error="` + code + `"`
	}
	c.Set(fiber.HeaderWWWAuthenticate, value)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return err
}
