package portal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/portal/i18n"
)

// mostForm is how many bytes a form may have.
const mostForm = 256 << 10

// serve answers requests to a route.
func (s *server) serve(rt route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r := s.receive(c)
		answer, err := s.handle(r, rt, c)
		if err != nil {
			answer = s.failure(r, err)
		}
		return s.send(c, r, answer)
	}
}

// receive copies what came in.
func (s *server) receive(c *fiber.Ctx) *request {
	r := &request{
		ctx:    c.UserContext(),
		method: strings.Clone(c.Method()), path: strings.Clone(c.Path()), params: map[string]string{},
		header:  func(name string) string { return strings.Clone(c.Get(name)) },
		cookie:  func(name string) string { return strings.Clone(c.Cookies(s.cookieName(name))) },
		address: strings.Clone(c.IP()), now: s.Now(), number: random,
	}
	r.query, _ = url.ParseQuery(string(c.Request().URI().QueryString()))
	r.here = r.path
	if len(r.query) > 0 {
		r.here += "?" + r.query.Encode()
	}
	for name, value := range c.AllParams() {
		r.params[strings.Clone(name)] = strings.Clone(value)
	}
	r.language = i18n.Match(s.languages, r.cookie(languageCookie), r.header("Accept-Language"))
	return r
}

// handle is the order in which everything is checked.
func (s *server) handle(r *request, rt route, c *fiber.Ctx) (answer reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := s.sameSite(r); err != nil {
		return reply{}, err
	}
	if r.method != http.MethodPost {
		return s.admit(r, rt)
	}
	if r.sent, err = readForm(c); err != nil {
		return reply{}, err
	}
	number := r.sent.Get("once")
	if number == "" || len(number) > 100 {
		return s.admit(r, rt)
	}
	key := sha256.Sum256([]byte(strings.Join([]string{r.secret(), r.cookie(strangerCookie), r.path, r.sent.Get("token"), number}, "\n")))
	return s.once.do(string(key[:]), r.now, func() (reply, error) { return s.admit(r, rt) })
}

// admit does what the route does when the person may come here.
func (s *server) admit(r *request, rt route) (reply, error) {
	if err := s.recognise(r); err != nil {
		return reply{}, err
	}
	if p := r.person; p != nil && p.Language != "" {
		r.language = i18n.Match(s.languages, p.Language)
	}
	r.nav = s.links(r)
	if way := rt.need.barrier(r); way != nil {
		return way(r)
	}
	if r.method == http.MethodPost && !genuine(r) {
		return reply{}, fhir.Errorf(fhir.Forbidden, "the form is not from a page of this session")
	}
	return rt.do(r)
}

// readForm reads the body of a POST. Files come by other ways.
func readForm(c *fiber.Ctx) (url.Values, error) {
	kind, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	if strings.TrimSpace(strings.ToLower(kind)) != "application/x-www-form-urlencoded" {
		return nil, fhir.Errorf(fhir.MediaType, "a form is application/x-www-form-urlencoded")
	}
	var body io.Reader = bytes.NewReader(c.Request().Body())
	if stream := c.Context().RequestBodyStream(); stream != nil {
		body = stream
	}
	raw, err := io.ReadAll(io.LimitReader(body, mostForm+1))
	if err != nil {
		return nil, &fhir.Error{Code: fhir.Malformed, Message: "the form could not be read", Err: err}
	}
	if len(raw) > mostForm {
		return nil, fhir.Errorf(fhir.TooLarge, "the form is too large")
	}
	sent, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, &fhir.Error{Code: fhir.Malformed, Message: "the form could not be read", Err: err}
	}
	return sent, nil
}

// send writes the answer.
func (s *server) send(c *fiber.Ctx, r *request, answer reply) error {
	s.harden(c, answer.targets)
	if r.seed != "" && r.seed != r.cookie(strangerCookie) {
		answer.cookies = append(answer.cookies[:len(answer.cookies):len(answer.cookies)], s.bake(strangerCookie, r.seed, 0))
	}
	for _, cookie := range answer.cookies {
		c.Append(fiber.HeaderSetCookie, cookie.String())
	}
	if answer.clear {
		c.Set("Clear-Site-Data", `"cache", "storage"`)
	}
	if answer.to != "" {
		c.Set(fiber.HeaderLocation, answer.to)
		c.Status(http.StatusSeeOther)
		return nil
	}
	html, err := s.render(r, answer.page)
	if err != nil {
		s.Log.Error("portal: a page could not be made", "page", answer.page.name(), "error", err)
		answer.status = http.StatusInternalServerError
		html = []byte("<!doctype html><title>WebDoctor</title><p>This page could not be made. The failure is on record.")
	}
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	if answer.after > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(answer.after))
	}
	return c.Status(answer.status).Send(html)
}

// failure is the page of an error: the one place where codes become pages.
// What is not a *fhir.Error is our fault: it is whole in the log, and the
// reader learns that it happened.
func (s *server) failure(r *request, err error) reply {
	if answer, ok := s.redirected(r, err); ok {
		return answer
	}
	fail, ok := errors.AsType[*fhir.Error](err)
	if !ok {
		s.Log.Error("portal: a request failed", "path", r.path, "error", err)
		return failed(http.StatusInternalServerError, 0)
	}
	status := http.StatusInternalServerError
	switch fail.Code {
	case fhir.NotFound, fhir.Gone:
		status = http.StatusNotFound
	case fhir.Forbidden, fhir.Unauthorized:
		status = http.StatusForbidden
	case fhir.Conflict, fhir.Precondition, fhir.MultipleMatch:
		status = http.StatusConflict
	case fhir.NotAllowed:
		status = http.StatusMethodNotAllowed
	case throttled:
		status = http.StatusTooManyRequests
	case fhir.Unavailable, fhir.TooCostly, fhir.Timeout:
		status = http.StatusServiceUnavailable
	case fhir.Malformed, fhir.Invalid, fhir.Value, fhir.Required, fhir.TooLarge, fhir.MediaType:
		status = http.StatusBadRequest
	default:
		s.Log.Error("portal: a request failed", "path", r.path, "error", err)
	}
	return failed(status, int(fail.RetryAfter.Seconds()))
}

// throttled is the issue type of FHIR for too many attempts.
const throttled fhir.Code = "throttled"
