package rest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
)

// exchange is a request over HTTP, from the first byte to the log line.
type exchange struct {
	request
	side web
}

// web is the HTTP side of a request.
type web struct {
	ctx     *fasthttp.RequestCtx
	id      string // X-Request-Id
	started time.Time
	known   bool               // the URL was understood: target may be logged
	drained bool               // the body was read to its end
	cancel  context.CancelFunc // ends request.ctx; a stream takes it over
	flight  flight
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

// open takes a request and says who it is.
func (s *server) open(c *fiber.Ctx) *exchange {
	x := exchanges.Get().(*exchange)
	x.web = &x.side
	x.side.ctx, x.side.started = c.Context(), time.Now()
	x.method = method(x.side.ctx)
	if id := x.side.ctx.Request.Header.Peek(fiber.HeaderXRequestID); validRequestID(id) {
		x.side.id = string(id)
	} else {
		x.side.id = newRequestID()
	}
	h := &x.side.ctx.Response.Header
	h.Set(fiber.HeaderXRequestID, x.side.id)
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderCacheControl, "private, no-store")
	return x
}

// close ends an exchange, however it went: a handler that panicked is
// answered and logged like any other fault of ours.
func (s *server) close(x *exchange) {
	if fault := recover(); fault != nil {
		s.fail(&x.request, asError(fault))
	}
	s.watch.remove(&x.side.flight)
	if x.side.cancel != nil {
		x.side.cancel()
	}
	x.side.drain()
	s.record(&x.request)
	*x = exchange{}
	exchanges.Put(x)
}

// asError is what was recovered, with the stack that tells where.
func asError(fault any) error { return fmt.Errorf("panic: %v\n%s", fault, debug.Stack()) }

// fail answers with an OperationOutcome. What the caller may not know goes to
// the log, under the id that the answer carries.
func (s *server) fail(r *request, err error) {
	e := explain(err)
	a := answerTo(e.Code)
	if a.status >= 500 {
		s.report(r, e.Code, err)
	}
	h := &r.web.ctx.Response.Header
	for _, name := range perAnswer {
		h.Del(name)
	}
	if wait := retryAfter(e); wait != "" {
		h.Set(fiber.HeaderRetryAfter, wait)
	}
	if e.Code == fhir.Unauthorized && len(h.Peek(fiber.HeaderWWWAuthenticate)) == 0 {
		h.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	r.web.ctx.SetStatusCode(a.status)
	h.SetContentType(r.format.contentType())
	body := appendFailure(nil, e)
	if r.format.pretty {
		body = indent(body)
	}
	r.web.ctx.Response.SetBodyRaw(body)
}

// perAnswer are headers of an answer that a failure on the way replaces.
var perAnswer = []string{
	fiber.HeaderETag, fiber.HeaderLastModified, fiber.HeaderLocation, fiber.HeaderContentEncoding,
	fiber.HeaderContentDisposition, fiber.HeaderContentSecurityPolicy,
}

// report logs a fault of ours, whole.
func (s *server) report(r *request, code fhir.Code, err error) {
	level := slog.LevelWarn
	if answerTo(code).status == 500 {
		level = slog.LevelError
	}
	s.log.LogAttrs(context.Background(), level, "request failed",
		slog.String("request", r.id()), slog.String("route", r.template()),
		slog.String("code", string(code)), slog.Any("error", err))
}

// validRequestID takes ids of others that are short and cannot be mistaken
// for anything else in a log.
func validRequestID(id []byte) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for _, c := range id {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// newRequestID is an id that tells requests apart; it need not be secret.
func newRequestID() string {
	var b [16]byte
	return string(strconv.AppendUint(b[:0], rand.Uint64()|1<<63, 16))
}
