package oauth

import (
	"fmt"
	"runtime/debug"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// The endpoints, below the issuer.
const (
	pathAuthorize  = "/oauth/authorize"
	pathContinue   = "/oauth/continue"
	pathToken      = "/oauth/token"
	pathRevoke     = "/oauth/revoke"
	pathIntrospect = "/oauth/introspect"
	pathRegister   = "/oauth/register"
	pathKeys       = "/oauth/jwks"
	pathOpenID     = "/.well-known/openid-configuration"
	pathServer     = "/.well-known/oauth-authorization-server"
	pathSMART      = "/.well-known/smart-configuration" // below the FHIR base
)

// Mount adds every endpoint to an app whose root is the issuer. It must come
// before what answers the FHIR base, because the SMART configuration lies
// below that.
func Mount(app fiber.Router, s *Server) {
	fhirBase := s.base[len(s.issuer):]
	app.Get(fhirBase+pathSMART, s.anyOrigin, s.smartConfiguration)
	app.Options(fhirBase+pathSMART, s.anyOrigin)
	app.Get(pathOpenID, s.anyOrigin, s.openIDConfiguration)
	app.Options(pathOpenID, s.anyOrigin)
	app.Get(pathServer, s.anyOrigin, s.serverMetadata)
	app.Options(pathServer, s.anyOrigin)

	app.Use("/oauth", s.safely)
	app.Get(pathKeys, s.anyOrigin, s.keySet)
	app.Options(pathKeys, s.anyOrigin)
	app.Get(pathAuthorize, s.authorize)
	app.Post(pathAuthorize, s.authorize)
	app.Get(pathContinue, s.resume)

	app.Post(pathToken, s.ownOrigin, s.token)
	app.Options(pathToken, s.ownOrigin)
	app.Post(pathRevoke, s.ownOrigin, s.revoke)
	app.Options(pathRevoke, s.ownOrigin)
	app.Post(pathIntrospect, s.introspect)

	app.Post(pathRegister, s.register)
	app.Get(pathRegister+"/:id", s.registered)
	app.Delete(pathRegister+"/:id", s.unregister)
}

// safely answers when something below panics, as fosite does where it finds
// itself misused: one request must not end the server.
func (s *Server) safely(c *fiber.Ctx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.log.ErrorContext(c.UserContext(), "oauth endpoint panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fhir.Errorf(fhir.Internal, "internal error; the log of the server says more")
		}
	}()
	return c.Next()
}

// anyOrigin lets scripts of every site read what everybody may know.
func (s *Server) anyOrigin(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	return s.cross(c, "GET, OPTIONS")
}

// ownOrigin lets scripts of the sites that clients registered call an
// endpoint that clients call.
func (s *Server) ownOrigin(c *fiber.Ctx) error {
	c.Vary(fiber.HeaderOrigin)
	if origin := string([]byte(c.Get(fiber.HeaderOrigin))); origin != "" && s.Allows(c.UserContext(), origin) {
		c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	}
	return s.cross(c, "POST, OPTIONS")
}

func (s *Server) cross(c *fiber.Ctx, methods string) error {
	if c.Method() != fiber.MethodOptions {
		return c.Next()
	}
	c.Set(fiber.HeaderAllow, methods)
	if len(c.Response().Header.Peek(fiber.HeaderAccessControlAllowOrigin)) > 0 {
		c.Set(fiber.HeaderAccessControlAllowMethods, methods)
		c.Set(fiber.HeaderAccessControlAllowHeaders, "Accept, Authorization, Content-Type")
		c.Set(fiber.HeaderAccessControlMaxAge, "600")
	}
	return c.SendStatus(fiber.StatusNoContent)
}
