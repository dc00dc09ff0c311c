package rest

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// server is what is mounted.
type server struct {
	svc     fhir.Service
	cfg     Config
	defs    *spec.Definitions
	limits  Limits
	log     *slog.Logger
	table   [shapes][]*route // by shape, in the order of routes
	bases   atomic.Pointer[base]
	shown   atomic.Pointer[statement] // the CapabilityStatement of the base asked last
	terms   atomic.Pointer[statement] // the TerminologyCapabilities likewise
	started time.Time
	watch   watch
}

func newServer(svc fhir.Service, cfg Config) *server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Base = strings.TrimRight(cfg.Base, "/")
	s := &server{svc: svc, cfg: cfg, defs: cfg.Spec, limits: cfg.Limits.withDefaults(), log: cfg.Log, started: cfg.Now()}
	for _, r := range s.routes() {
		s.table[r.shape] = append(s.table[r.shape], &r)
	}
	return s
}

// route is who answers a method on a URL of that shape, nil for nobody.
func (s *server) route(m fhir.Method, at shape) *route {
	for _, r := range s.table[at] {
		if r.method == m {
			return r
		}
	}
	return nil
}

// serve answers one HTTP request.
func (s *server) serve(c *fiber.Ctx) error {
	x := s.open(c)
	defer s.close(x)
	if s.preflight(x) {
		return nil
	}
	p, err := s.answer(c, &x.request)
	if err == nil {
		err = s.write(&x.request, &p)
	}
	if err != nil {
		s.fail(&x.request, err)
	}
	return nil
}

// answer finds out what is asked and has it done. Whether we can answer in a
// way the client understands is settled before anything is done.
func (s *server) answer(c *fiber.Ctx, r *request) (reply, error) {
	path := strings.Clone(c.Params("*"))
	var err error
	if r.base, err = s.base(c, path); err != nil {
		return reply{}, err
	}
	if r.target, err = parseTarget(s.defs, path); err != nil {
		return reply{}, err
	}
	r.web.known = true
	route, err := s.find(r)
	if err != nil {
		return reply{}, err
	}
	if r.query, r.controls, err = splitQuery(string(r.web.ctx.URI().QueryString())); err != nil {
		return reply{}, err
	}
	if err := s.negotiate(r); err != nil {
		return reply{}, err
	}
	for _, v := range r.web.ctx.Request.Header.PeekAll("Prefer") {
		r.prefer.read(string(v))
	}
	if r.transfer() {
		r.ctx, r.web.cancel = context.WithCancel(c.UserContext())
	} else {
		r.ctx, r.web.cancel = context.WithTimeout(c.UserContext(), s.limits.Deadline)
	}
	if known := fhir.RequestOf(r.ctx); known != nil {
		known.ID = r.web.id
	}
	s.watch.add(&r.web.flight, r.web.ctx.Conn(), r.web.cancel)
	return route.do(r)
}

// find looks the route up. A URL that takes other methods is NotAllowed, and
// Allow says which.
func (s *server) find(r *request) (*route, error) {
	if rt := s.route(r.method, r.target.shape); rt != nil {
		return rt, nil
	}
	allowed := s.allow(r.target.shape)
	if r.web != nil {
		r.web.ctx.Response.Header.Set(fiber.HeaderAllow, allowed)
	}
	return nil, fhir.Errorf(fhir.NotAllowed, "this URL takes %s", allowed)
}

// allow lists the methods that a URL of that shape takes.
func (s *server) allow(at shape) string {
	list := make([]string, 0, 8)
	for _, m := range []fhir.Method{fhir.GET, fhir.POST, fhir.PUT, fhir.PATCH, fhir.DELETE} {
		if s.route(m, at) != nil {
			list = append(list, string(m))
			if m == fhir.GET {
				list = append(list, string(fhir.HEAD))
			}
		}
	}
	return strings.Join(append(list, fiber.MethodOptions), ", ")
}

// negotiate settles the format of the answer. Raw Binary content has rules of
// its own (binary.go).
func (s *server) negotiate(r *request) error {
	var err error
	switch {
	case r.readsBinary():
	case r.controls.format != "":
		r.format, err = parseFormat(r.controls.format)
	default:
		if accept := r.web.ctx.Request.Header.Peek(fiber.HeaderAccept); len(accept) > 0 {
			r.format, err = acceptable(string(accept))
		}
	}
	r.format.pretty = r.controls.pretty == "true"
	return err
}

// base is a base URL that was derived from a request.
type base struct{ scheme, host, prefix, url string }

// base is the absolute base URL. The one derived last is kept, since most
// requests come by the same way.
func (s *server) base(c *fiber.Ctx, below string) (string, error) {
	if s.cfg.Base != "" {
		return s.cfg.Base, nil
	}
	prefix := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.Path(), "/"), strings.TrimRight(below, "/")), "/")
	scheme, host := c.Protocol(), c.Hostname()
	if b := s.bases.Load(); b != nil && b.scheme == scheme && b.host == host && b.prefix == prefix {
		return b.url, nil
	}
	if !validHost(host) || scheme != "http" && scheme != "https" {
		return "", fhir.Errorf(fhir.Invalid, "the request has no valid Host")
	}
	b := &base{scheme: strings.Clone(scheme), host: strings.Clone(host), prefix: strings.Clone(prefix)}
	b.url = b.scheme + "://" + b.host + b.prefix
	s.bases.Store(b)
	return b.url, nil
}

// validHost keeps what is no host and port out of links.
func validHost(host string) bool {
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(".-_:[]", c) >= 0:
		default:
			return false
		}
	}
	return host != ""
}

// method is the verb of a request; HEAD is asked as GET (http.html#head).
func method(ctx *fasthttp.RequestCtx) fhir.Method {
	if ctx.IsHead() {
		return fhir.GET
	}
	for _, m := range []fhir.Method{fhir.GET, fhir.POST, fhir.PUT, fhir.PATCH, fhir.DELETE} {
		if string(ctx.Method()) == string(m) {
			return m
		}
	}
	return fhir.Method(ctx.Method())
}
