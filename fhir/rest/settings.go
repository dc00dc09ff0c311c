package rest

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// writeBuffer is how much of an answer is gathered before it is sent.
const writeBuffer = 8 << 10

// Settings are the settings of the app under which [Mount] works as promised.
// Whoever builds the app may change them afterwards, except StreamRequestBody
// and the two multipart and content type switches.
//
// With StreamRequestBody Fiber enforces no BodyLimit: each handler must bound
// what it reads. Mount's do; for the other routes of the app there is
// [Bounded].
func Settings() fiber.Config {
	return fiber.Config{
		DisableStartupMessage: true,
		ErrorHandler:          errorHandler,

		// FHIR paths are case-sensitive (http.html#root).
		CaseSensitive: true,

		// Strings of Fiber are copies. This package makes its own and does not
		// depend on it; the switch protects the other rooms of the app.
		// Measured with BenchmarkHandler: 0.2 µs and six small allocations of
		// a read's 4 µs.
		Immutable: true,

		// Raw Binary content flows through, whatever its size and type.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,

		// Requests with a body that streams extend the deadline as they make
		// progress; so do responses (transfer.go).
		ReadTimeout:  30 * time.Second,
		WriteTimeout: 60 * time.Second,
		IdleTimeout:  2 * time.Minute,

		ReadBufferSize:  32 << 10, // the longest URL with its headers
		WriteBufferSize: writeBuffer,

		// Responses without a body have no type.
		DisableDefaultContentType: true,

		// X-Forwarded-* count only from proxies that the operator names.
		EnableTrustedProxyCheck: true,
	}
}
