package portal

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// policy is the Content-Security-Policy of the pages (w3.org/TR/CSP3): files
// of ours and nothing else, nothing inline, in nobody's frame. targets are
// origins that a form leads to in the end: Chromium holds form-action against
// the redirects that follow a form too.
func policy(targets []string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action " +
		strings.Join(append([]string{"'self'"}, targets...), " ") +
		"; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
}

// harden sets the headers of every answer. A page says something about a
// person as soon as somebody has signed in, and so no page is kept by anybody.
func (s *server) harden(c *fiber.Ctx, targets []string) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      policy(targets),
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY", // browsers that do not know frame-ancestors
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
		"Cache-Control":                "no-store",
		"Vary":                         "Cookie, Accept-Language",
	} {
		c.Set(name, value)
	}
	if s.secure {
		c.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}
