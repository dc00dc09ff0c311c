package cmd

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
)

// guard keeps the web out while everybody who can send a request may read and
// change everything. Listening on loopback keeps other machines out, but not
// the pages that a browser on this machine shows: they can send requests to
// 127.0.0.1 (the Origin header gives them away), and with a name of their own
// that resolves to 127.0.0.1 they could even read the answers (the Host
// header gives them away).
//
// Where accounts are asked for, pages of other sites have no more rights than
// any stranger, and only the Host is looked at.
func guard(base string, accounts bool) fiber.Handler {
	own := ""
	if u, err := url.Parse(base); err == nil {
		own = strings.ToLower(u.Hostname())
	}
	ours := func(host string) bool { return loopbackHost(host) || strings.EqualFold(host, own) }
	return func(c *fiber.Ctx) error {
		if host := string(c.Context().Host()); host != "" && !ours(withoutPort(host)) {
			return fhir.Errorf(fhir.Forbidden, "this server is not known by that host name; start it with --base-url if it should be")
		}
		if origin := c.Get(fiber.HeaderOrigin); origin != "" && !accounts {
			if u, err := url.Parse(origin); err != nil || !ours(u.Hostname()) {
				return fhir.Errorf(fhir.Forbidden, "pages of other sites may not use this server as long as it has no authorization")
			}
		}
		return c.Next()
	}
}

// withoutPort is the host of a Host header: "localhost:8080", "[::1]:8080".
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.Trim(host, "[]")
}

// fromHere says whether the request comes from this machine and not through a
// proxy on it.
func fromHere(c *fiber.Ctx) bool {
	if byOperator(c) {
		return true
	}
	if !c.Context().RemoteIP().IsLoopback() {
		return false
	}
	for _, header := range []string{fiber.HeaderXForwardedFor, fiber.HeaderForwarded, "X-Real-Ip", fiber.HeaderXForwardedHost} {
		if len(c.Request().Header.Peek(header)) > 0 {
			return false
		}
	}
	return true
}
