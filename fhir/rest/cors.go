package rest

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// What scripts of other sites may send and see (fetch.spec.whatwg.org), when
// the operator lets them.
const (
	corsRequest  = "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, If-Range, Prefer, Range, X-Request-Id, X-Security-Context"
	corsResponse = "Content-Disposition, Content-Location, Content-Range, ETag, Last-Modified, Location, Retry-After, X-Request-Id, X-Security-Context"
)

// preflight adds the CORS headers that the request's Origin is worth, and
// answers OPTIONS: with the methods of the URL, which is all that there is to
// say when no other site may.
func (s *server) preflight(r *exchange) (answered bool) {
	ctx := r.side.ctx
	h := &ctx.Response.Header
	if len(s.cfg.Origins) > 0 || s.cfg.Origin != nil {
		h.Add(fiber.HeaderVary, fiber.HeaderOrigin)
	}
	origin := ctx.Request.Header.Peek(fiber.HeaderOrigin)
	allowed := len(origin) > 0 && s.allows(r.side.ctx, string(origin))
	if allowed {
		h.SetBytesV(fiber.HeaderAccessControlAllowOrigin, origin)
		h.Set(fiber.HeaderAccessControlExposeHeaders, corsResponse)
	}
	if !ctx.IsOptions() {
		return false
	}
	methods := "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	if allowed && len(ctx.Request.Header.Peek(fiber.HeaderAccessControlRequestMethod)) > 0 {
		h.Set(fiber.HeaderAccessControlAllowMethods, methods)
		h.Set(fiber.HeaderAccessControlAllowHeaders, corsRequest)
		h.Set(fiber.HeaderAccessControlMaxAge, "600")
	}
	h.Set(fiber.HeaderAllow, methods)
	ctx.SetStatusCode(fiber.StatusNoContent)
	return true
}

// allows says whether scripts of that origin may read our responses.
func (s *server) allows(ctx context.Context, origin string) bool {
	return slices.ContainsFunc(s.cfg.Origins, func(o string) bool {
		return o == "*" || strings.EqualFold(o, origin)
	}) || s.cfg.Origin != nil && s.cfg.Origin(ctx, origin)
}
