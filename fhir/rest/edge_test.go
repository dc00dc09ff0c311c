package rest_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.operate = func(op fhir.Operation) (fhir.Resource, error) {
		if op.Name == "nothing" {
			return fhir.Resource{}, nil
		}
		return fhir.Resource{JSON: []byte(`{"resourceType":"Parameters"}`)}, nil
	}
	app := serve(f)
	for _, c := range []struct {
		method, url, body string
		want              fhir.Operation
	}{
		{"GET", "/$a?x=1&_format=json", "", fhir.Operation{Name: "a", Query: "x=1"}},
		{"POST", "/Patient/$a-b", `{"resourceType":"Parameters"}`, fhir.Operation{Name: "a-b", Key: fhir.Key{Type: "Patient"}}},
		{"POST", "/Patient/1/$a", ``, fhir.Operation{Name: "a", Key: fhir.Key{Type: "Patient", ID: "1"}}},
	} {
		var headers []string
		if c.body != "" {
			headers = []string{"Content-Type", fhirJSON}
		}
		if got := ask(t, app, c.method, c.url, c.body, headers...).is(200); got.body != `{"resourceType":"Parameters"}` {
			t.Errorf("%s", got.body)
		}
		got := f.asked[len(f.asked)-1]
		if string(got.JSON) != c.body || got.Name != c.want.Name || got.Key != c.want.Key || got.Query != c.want.Query {
			t.Errorf("%s: asked %+v", c.url, got)
		}
	}
	ask(t, app, "POST", "/$nothing", "").is(204)
	ask(t, app, "POST", "/Patient/$a", "x", "Content-Type", "text/plain").is(415)
	ask(t, app, "PUT", "/Patient/$a", "x").is(405).has("Allow", "GET, HEAD, POST, OPTIONS")
	f.operate = nil
	ask(t, app, "POST", "/Patient/$a", "").is(404)
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const origin = "http://app.example"
	preflight := []string{"Origin", origin, "Access-Control-Request-Method", "PUT"}
	closed := serve(stored())
	ask(t, closed, "OPTIONS", "/Patient", "", preflight...).is(204).has("Access-Control-Allow-Origin", "", "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	ask(t, closed, "GET", "/Patient/p1", "", "Origin", origin).is(200).has("Access-Control-Allow-Origin", "")
	for name, origins := range map[string][]string{"any": {"*"}, "listed": {"https://other.example", origin}} {
		open := serve(stored(), func(c *rest.Config) { c.Origins = origins })
		got := ask(t, open, "OPTIONS", "/Patient", "", preflight...).is(204).has("Access-Control-Allow-Origin", origin, "Vary", "Origin", "Access-Control-Allow-Credentials", "")
		if !strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "PUT") || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "If-Match") {
			t.Errorf("%s: %v", name, got.header)
		}
		got = ask(t, open, "GET", "/Patient/p1", "", "Origin", origin).is(200).has("Access-Control-Allow-Origin", origin)
		if !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "ETag") {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	listed := serve(stored(), func(c *rest.Config) { c.Origins = []string{origin} })
	for _, other := range []string{"http://app.example.evil", "https://app.example", "null"} {
		ask(t, listed, "GET", "/Patient/p1", "", "Origin", other).is(200).has("Access-Control-Allow-Origin", "", "Vary", "Origin")
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	ask(t, app, "GET", "/Patient/p1", "", "X-Request-Id", "abc-123.X_9").is(200).has("X-Request-Id", "abc-123.X_9")
	seen := map[string]bool{}
	for _, bad := range []string{"", "a b", "a\"b", "{}", "é", strings.Repeat("a", 65)} {
		id := ask(t, app, "GET", "/Patient/nope", "", "X-Request-Id", bad).is(404).header.Get("X-Request-Id")
		if id == "" || id == bad || seen[id] {
			t.Errorf("%q became %q", bad, id)
		}
		seen[id] = true
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var served []rest.Served
	f := stored()
	app := serve(f, func(c *rest.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&out, nil))
		c.Served = func(s rest.Served) { served = append(served, s) }
	})
	ask(t, app, "GET", "/Patient?name=Secret", "").is(200)
	ask(t, app, "HEAD", "/Observation/o1", "", "X-Request-Id", "r1").is(200)
	ask(t, app, "GET", "/Secret/x", "").is(404)
	f.fail = plainError{}
	ask(t, app, "GET", "/Patient/p1", "", "X-Request-Id", "r2").is(500)
	if strings.Contains(strings.ReplaceAll(out.String(), "the secret cause", ""), "ecret") {
		t.Errorf("the log tells too much: %s", out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 || !strings.Contains(lines[3], "the secret cause") || !strings.Contains(lines[3], `"request":"r2"`) {
		t.Fatalf("log: %s", out.String())
	}
	var line struct {
		Msg, Request, Method, Route, Type string
		Status                            int
		Took, Bytes                       int64
	}
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "request" || line.Request != "r1" || line.Method != "HEAD" || line.Route != "/[type]/[id]" || line.Type != "Observation" || line.Status != 200 || line.Took <= 0 || line.Bytes == 0 {
		t.Errorf("%s", lines[1])
	}
	want := []rest.Served{
		{Method: "GET", Route: "/[type]", Type: "Patient", Status: 200},
		{Method: "HEAD", Route: "/[type]/[id]", Type: "Observation", Status: 200},
		{Method: "GET", Status: 404},
		{Method: "GET", Route: "/[type]/[id]", Type: "Patient", Status: 500},
	}
	for i, s := range served {
		s.Took, s.Bytes = 0, 0
		if s != want[i] {
			t.Errorf("served %+v, want %+v", s, want[i])
		}
	}
}

type plainError struct{}

func (plainError) Error() string { return "the secret cause" }

func TestBase(t *testing.T) {
	t.Parallel()
	f := stored()
	location := func(app *fiber.App, url, host string) (int, string) {
		req := httptest.NewRequest("POST", url, strings.NewReader(`{"resourceType":"Patient"}`))
		req.Host = host
		req.Header.Set("X-Forwarded-Host", "evil.example")
		req.Header.Set("X-Forwarded-Proto", "https")
		res, err := app.Test(req)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Location")
	}
	app := fiber.New(rest.Settings())
	rest.Mount(app, f, config())
	sub := fiber.New(rest.Settings())
	rest.Mount(sub, f, config())
	outer := fiber.New(rest.Settings())
	outer.Mount("/deep/down", sub)
	fixed := serve(f, func(c *rest.Config) { c.Base = "https://ehr.example.org/fhir/" })
	for _, c := range []struct {
		app             *fiber.App
		url, host, want string
	}{
		{app, "/Patient", "h:8080", "http://h:8080/Patient/"},
		{app, "/Patient/", "[::1]:80", "http://[::1]:80/Patient/"},
		{app, "/Patient", "other", "http://other/Patient/"},
		{outer, "/deep/down/Patient", "h", "http://h/deep/down/Patient/"},
		{fixed.App, "/fhir/Patient", "evil", "https://ehr.example.org/fhir/Patient/"},
	} {
		status, got := location(c.app, c.url, c.host)
		if status != 201 || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s at %s: %d %s, want %s", c.url, c.host, status, got, c.want)
		}
	}
	if status, _ := location(app, "/Patient", "a\"b"); status != 400 {
		t.Errorf("a host that is none: %d", status)
	}
}
