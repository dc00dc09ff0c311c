package rest_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

// instant is a service that costs nothing, so that what is measured is ours.
type instant struct {
	fhir.Service
	resource fhir.Resource
	page     fhir.Page
	results  []fhir.Result
}

func (s *instant) Read(context.Context, fhir.Key) (fhir.Resource, error)  { return s.resource, nil }
func (s *instant) Search(context.Context, fhir.Search) (fhir.Page, error) { return s.page, nil }
func (s *instant) Commit(context.Context, ...fhir.Change) ([]fhir.Result, error) {
	return s.results, nil
}

func newInstant() *instant {
	s := &instant{resource: fhir.Resource{Key: fhir.Key{Type: "Patient", ID: "1", Version: 3}, Updated: noon, JSON: []byte(patient)}}
	for range 20 {
		s.page.Match = append(s.page.Match, s.resource)
	}
	s.results = []fhir.Result{{Resource: s.resource, Created: true}}
	return s
}

// handle returns a function that runs one request through the whole app,
// parsing and writing included, without a socket.
func handle(b *testing.B, app *fiber.App, raw string) func() {
	b.Helper()
	serve := app.Handler()
	var ctx fasthttp.RequestCtx
	var out bytes.Buffer
	w := bufio.NewWriterSize(&out, 64<<10)
	in := bytes.NewReader(nil)
	rd := bufio.NewReaderSize(in, 64<<10)
	return func() {
		in.Reset([]byte(raw))
		rd.Reset(in)
		ctx.Request.Reset()
		ctx.Response.Reset()
		if err := ctx.Request.Read(rd); err != nil {
			b.Fatal(err)
		}
		serve(&ctx)
		out.Reset()
		w.Reset(&out)
		if err := ctx.Response.Write(w); err != nil {
			b.Fatal(err)
		}
		_ = w.Flush()
		if ctx.Response.StatusCode() >= 400 {
			b.Fatal(ctx.Response.String())
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	noop := func() *fiber.App {
		app := fiber.New(rest.Settings())
		app.All("/fhir/*", func(c *fiber.Ctx) error {
			c.Context().Response.SetBodyRaw([]byte(patient))
			return nil
		})
		return app
	}
	mutable := func() *fiber.App {
		settings := rest.Settings()
		settings.Immutable = false
		app := fiber.New(settings)
		cfg := config()
		cfg.Base = "http://h/fhir"
		rest.Mount(app.Group("/fhir"), newInstant(), cfg)
		return app
	}
	ours := func() *fiber.App {
		return serve(newInstant(), func(c *rest.Config) { c.Base = "http://h/fhir" }).App
	}
	derived := func() *fiber.App { return serve(newInstant()).App }
	const get = " HTTP/1.1\r\nHost: h\r\nUser-Agent: bench\r\nAccept: application/fhir+json\r\nAuthorization: Bearer x\r\n\r\n"
	for _, c := range []struct {
		name string
		app  func() *fiber.App
		raw  string
	}{
		{"noop", noop, "GET /fhir/Patient/1" + get},
		{"read", ours, "GET /fhir/Patient/1" + get},
		{"read-mutable", mutable, "GET /fhir/Patient/1" + get},
		{"read-derived-base", derived, "GET /fhir/Patient/1" + get},
		{"create", ours, "POST /fhir/Patient HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\nContent-Length: 34\r\n\r\n" + `{"resourceType":"Patient"         ` + "}"},
		{"search20", ours, "GET /fhir/Patient?name=a" + get},
		{"metadata", ours, "GET /fhir/metadata" + get},
	} {
		b.Run(c.name, func(b *testing.B) {
			run := handle(b, c.app(), c.raw)
			run()
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

// BenchmarkMetadata goes over a socket: the statement is the largest answer
// that is sent often.
func BenchmarkMetadata(b *testing.B) {
	app := serve(newInstant(), func(c *rest.Config) { c.Base = "http://h/fhir" })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go app.Listener(ln)
	defer app.ShutdownWithTimeout(time.Second)
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				client := &fasthttp.HostClient{Addr: ln.Addr().String(), ReadBufferSize: 256 << 10}
				var req fasthttp.Request
				var res fasthttp.Response
				req.SetRequestURI("http://" + ln.Addr().String() + "/fhir/metadata")
				req.Header.Set("Accept-Encoding", encoding)
				for pb.Next() {
					if err := client.Do(&req, &res); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(len(res.Body())))
			})
		})
	}
}
