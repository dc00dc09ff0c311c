package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

const base = "http://example.com/fhir"

// serve mounts a service under /fhir.
func serve(svc fhir.Service, change ...func(*rest.Config)) *rest.App {
	app := rest.NewApp()
	cfg := config()
	for _, c := range change {
		c(&cfg)
	}
	rest.Mount(app.Group("/fhir"), svc, cfg)
	return app
}

// registry is shared by all tests, as it is by all requests of a server.
var registry = search.NewRegistry(spec.R4())

func config() rest.Config {
	return rest.Config{
		Spec: spec.R4(), Params: registry,
		Now:      func() time.Time { return noon },
		Software: rest.Software{Name: "WebDoctor", Version: "1.2.3"},
	}
}

// answer is a response, read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// ask sends a request. headers come as name, value pairs.
func ask(t *testing.T, app *rest.App, method, url, body string, headers ...string) answer {
	t.Helper()
	req := httptest.NewRequest(method, "/fhir"+url, strings.NewReader(body))
	if body == "" {
		req = httptest.NewRequest(method, "/fhir"+url, nil)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := app.Test(req, 10_000)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return answer{t, res.StatusCode, res.Header, string(b)}
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// has holds headers against name, value pairs.
func (a answer) has(headers ...string) answer {
	a.t.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		if got := a.header.Get(headers[i]); got != headers[i+1] {
			a.t.Errorf("%s: %q, want %q", headers[i], got, headers[i+1])
		}
	}
	return a
}

// outcome is the first issue of an OperationOutcome.
func (a answer) outcome() (code, diagnostics, expression string) {
	a.t.Helper()
	var o struct {
		ResourceType string
		Issue        []struct {
			Severity, Code, Diagnostics string
			Expression                  []string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &o); err != nil || o.ResourceType != "OperationOutcome" || len(o.Issue) == 0 {
		a.t.Fatalf("no OperationOutcome: %s", a.body)
	}
	if len(o.Issue[0].Expression) > 0 {
		expression = o.Issue[0].Expression[0]
	}
	return o.Issue[0].Code, o.Issue[0].Diagnostics, expression
}

// small has limits that tests reach.
func small(c *rest.Config) {
	c.Limits = rest.Limits{Body: 2048, Binary: 1000, Form: 100, Entries: 3, Answer: 1 << 20, Deadline: 5 * time.Second}
}
