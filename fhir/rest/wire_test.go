package rest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

// listen serves an app, of ours or of Fiber, on a real socket and returns the
// FHIR base.
func listen(t *testing.T, app interface {
	Listener(net.Listener) error
	ShutdownWithTimeout(time.Duration) error
}) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln)
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(time.Second) })
	return "http://" + ln.Addr().String() + "/fhir"
}

var client = &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 20 * time.Second}

func get(url string, headers ...string) (*http.Response, error) {
	return send("GET", url, nil, headers...)
}

func send(method, url string, body io.Reader, headers ...string) (*http.Response, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return client.Do(req)
}

// TestKeptStringsStayWhatTheyWere: what the service keeps of three requests
// over one connection must not change under its feet.
func TestKeptStringsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	for _, immutable := range []bool{true, false} {
		f := newFake()
		settings := rest.Settings()
		settings.Immutable = immutable
		app := fiber.New(settings)
		rest.Mount(app.Group("/fhir"), f, config())
		url := listen(t, app)
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/fhir"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		rd := bufio.NewReader(conn)
		for _, id := range []string{"aaaa", "bbbb", "cccc"} {
			body := `{"resourceType":"Patient","id":"` + id + `"}`
			fmt.Fprintf(conn, "PUT /fhir/Patient/%s HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\nIf-Match: W/\"%s\"\r\nIf-None-Match: \"%s\"\r\nContent-Length: %d\r\n\r\n%s", id, id, id, len(body), body)
			if res, err := http.ReadResponse(rd, nil); err != nil || res.StatusCode != 201 {
				t.Fatalf("%v %v", res, err)
			} else {
				_, _ = io.Copy(io.Discard, res.Body)
			}
			fmt.Fprintf(conn, "GET /fhir/Patient?_id=%s HTTP/1.1\r\nHost: h\r\n\r\n", id)
			if res, err := http.ReadResponse(rd, nil); err != nil || res.StatusCode != 200 {
				t.Fatalf("%v %v", res, err)
			} else {
				_, _ = io.Copy(io.Discard, res.Body)
			}
		}
		for i, id := range []string{"aaaa", "bbbb", "cccc"} {
			c := f.changes[i]
			if c.Key.ID != id || c.IfMatch != `W/"`+id+`"` || c.IfNoneMatch != `"`+id+`"` || !strings.Contains(string(c.JSON), id) {
				t.Errorf("immutable %t: request %d was kept as %+v", immutable, i, c)
			}
			if s := f.searches[i]; s.Query != "_id="+id || s.Type != "Patient" {
				t.Errorf("immutable %t: search %d was kept as %+v", immutable, i, s)
			}
		}
	}
}

// TestUnreadBodyIsNoRequest: what is left of a refused body must not be taken
// for the next request of the connection.
func TestUnreadBodyIsNoRequest(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f, small)
	app.Post("/careless", func(c *fiber.Ctx) error { return c.SendStatus(200) })
	url := listen(t, app)
	smuggled := "DELETE /fhir/Patient/1 HTTP/1.1\r\nHost: h\r\n\r\n"
	for name, c := range map[string]struct{ method, path, ct string }{
		"wrong type":     {"POST", "/fhir/Patient", "text/plain"},
		"wrong method":   {"PUT", "/fhir/metadata", "text/plain"},
		"unknown type":   {"POST", "/fhir/Foobar", "application/fhir+json"},
		"too large":      {"POST", "/fhir/Patient", "application/fhir+json"},
		"body of a GET":  {"GET", "/fhir/metadata", "text/plain"},
		"large Binary":   {"POST", "/fhir/Binary", "image/png"},
		"outside":        {"POST", "/elsewhere", "text/plain"},
		"of a preflight": {"OPTIONS", "/fhir/Patient", "text/plain"},
		"unknown method": {"FOO", "/fhir/Patient", "text/plain"},
		"other handlers": {"POST", "/careless", "text/plain"},
	} {
		for _, chunked := range []bool{false, true} {
			for _, size := range []int{10_000, 1 << 20} {
				t.Run(fmt.Sprint(name, chunked, size), func(t *testing.T) {
					t.Parallel()
					conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/fhir"))
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					body := strings.Repeat(smuggled, size/len(smuggled)+1)
					head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n", c.method, c.path, c.ct)
					if chunked {
						head += "Transfer-Encoding: chunked\r\n\r\n"
						body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
					} else {
						head += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
					}
					go io.WriteString(conn, head+body)
					_ = conn.SetDeadline(time.Now().Add(400 * time.Millisecond))
					all, _ := io.ReadAll(conn)
					if n := strings.Count(string(all), "HTTP/1.1 "); n > 1 {
						t.Errorf("%d answers to one request: %.300s", n, all)
					}
				})
			}
		}
	}
	t.Cleanup(func() {
		if len(f.changes) > 0 {
			t.Errorf("smuggled: %+v", f.changes)
		}
	})
}

// TestConnectionSurvivesSmallRefusals: a client that sent little may go on.
func TestConnectionSurvivesSmallRefusals(t *testing.T) {
	t.Parallel()
	url := listen(t, serve(stored()))
	for range 3 {
		res, err := send("POST", url+"/Patient", strings.NewReader(strings.Repeat("x", 50_000)), "Content-Type", "text/plain")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != 415 || res.Close {
			t.Errorf("status %d, close %t", res.StatusCode, res.Close)
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	f := newFake()
	url := listen(t, serve(f, small))
	body := `{"resourceType":"Patient","id":"x","active":true}`
	zip := func(s string) io.Reader {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, s)
		w.Close()
		return &b
	}
	for name, c := range map[string]struct {
		body    io.Reader
		headers []string
		status  int
	}{
		"plain":             {strings.NewReader(body), nil, 201},
		"chunked":           {io.MultiReader(strings.NewReader(body)), nil, 201},
		"chunked, large":    {io.MultiReader(strings.NewReader(strings.Repeat(" ", 2049))), nil, 413},
		"chunked, fits":     {io.MultiReader(strings.NewReader(body + strings.Repeat(" ", 2048-len(body)))), nil, 201},
		"exactly the limit": {strings.NewReader(body + strings.Repeat(" ", 2048-len(body))), nil, 201},
		"one more":          {strings.NewReader(body + strings.Repeat(" ", 2049-len(body))), nil, 413},
		"gzip":              {zip(body), []string{"Content-Encoding", "gzip"}, 201},
		"gzip bomb":         {zip(strings.Repeat(" ", 10<<20)), []string{"Content-Encoding", "gzip"}, 413},
		"not gzip":          {strings.NewReader(body), []string{"Content-Encoding", "gzip"}, 400},
		"half a gzip":       {strings.NewReader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), []string{"Content-Encoding", "gzip"}, 400},
		"identity":          {strings.NewReader(body), []string{"Content-Encoding", "identity"}, 201},
		"deflate":           {strings.NewReader(body), []string{"Content-Encoding", "deflate"}, 415},
		"br":                {strings.NewReader(body), []string{"Content-Encoding", "br"}, 415},
	} {
		before := len(f.changes)
		res, err := send("POST", url+"/Patient", c.body, append(c.headers, "Content-Type", fhirJSON)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
		if c.status == 201 && strings.TrimSpace(string(f.changes[before].JSON)) != body {
			t.Errorf("%s: %q arrived", name, f.changes[before].JSON)
		}
	}
}

func TestLargeUploadStreams(t *testing.T) {
	t.Parallel()
	f := newFake()
	url := listen(t, serve(f))
	const size = 20 << 20
	for _, length := range []bool{true, false} {
		var body io.Reader = io.LimitReader(zeros{}, size)
		req, err := http.NewRequest("POST", url+"/Binary", body)
		if err != nil {
			t.Fatal(err)
		}
		if req.Header.Set("Content-Type", "application/octet-stream"); length {
			req.ContentLength = size
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 201 || len(f.bytes[fhir.Key{Type: "Binary", ID: fmt.Sprint(f.next), Version: 1}]) != size {
			t.Errorf("status %d, %d bytes", res.StatusCode, len(f.bytes[fhir.Key{Type: "Binary", ID: fmt.Sprint(f.next), Version: 1}]))
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestGoneClientEndsTheContext: nobody works for a client that has left.
func TestGoneClientEndsTheContext(t *testing.T) {
	t.Parallel()
	f := newFake()
	entered, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	f.read = func(ctx context.Context, _ fhir.Key) (fhir.Resource, error) {
		once.Do(func() { close(entered) })
		select {
		case <-ctx.Done():
			ended <- ctx.Err()
		case <-time.After(10 * time.Second):
			ended <- nil
		}
		return fhir.Resource{}, ctx.Err()
	}
	url := listen(t, serve(f))
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/fhir"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /fhir/Patient/1 HTTP/1.1\r\nHost: h\r\n\r\n")
	<-entered
	conn.Close()
	if err := <-ended; err != context.Canceled {
		t.Errorf("context ended with %v", err)
	}
}

func TestDeadlineEndsTheContext(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.read = func(ctx context.Context, _ fhir.Key) (fhir.Resource, error) {
		<-ctx.Done()
		return fhir.Resource{}, fmt.Errorf("store: %w", ctx.Err())
	}
	app := serve(f, func(c *rest.Config) { c.Limits.Deadline = 50 * time.Millisecond })
	if code, _, _ := ask(t, app, "GET", "/Patient/1", "").is(503).has("Retry-After", "1").outcome(); code != "timeout" {
		t.Errorf("code %s", code)
	}
	if code, _, _ := ask(t, app, "GET", "/Binary/1", "").is(503).outcome(); code != "timeout" {
		t.Errorf("Binary: code %s", code)
	}
	// Inside a batch the whole is given up: there is no time for the rest.
	ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/1"}},{"request":{"method":"GET","url":"Patient/1"}}]}`).is(503)
}

func TestLongURL(t *testing.T) {
	t.Parallel()
	f := newFake()
	url := listen(t, serve(f))
	res, err := get(url + "/Patient?x=" + strings.Repeat("a", 20<<10))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	f.mu.Lock() // a large answer goes out by a call that the race detector does not know for an order of events
	asked := len(f.searches[0].Query)
	f.mu.Unlock()
	if res.StatusCode != 200 || asked != 20<<10+2 {
		t.Errorf("status %d", res.StatusCode)
	}
	// Over the limit; by hand, as an http.Client may see the connection close
	// before it sees the answer.
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/fhir"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /fhir/Patient?x=%s HTTP/1.1\r\nHost: h\r\n\r\n", strings.Repeat("a", 40<<10))
	answer, err := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 431 ") || !strings.Contains(string(answer), "OperationOutcome") {
		t.Errorf("%v %s", err, answer)
	}
}

func TestUnknownMethod(t *testing.T) {
	t.Parallel()
	res, err := send("FOO", listen(t, serve(newFake()))+"/Patient", nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 501 || !strings.Contains(string(body), "OperationOutcome") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	app := fiber.New(rest.Settings())
	app.Post("/form", rest.Bounded(100), func(c *fiber.Ctx) error { return c.Send(c.Body()) })
	url := strings.TrimSuffix(listen(t, app), "/fhir")
	for n, status := range map[int]int{0: 200, 100: 200, 101: 413, 1 << 20: 413} {
		for _, chunked := range []bool{true, false} {
			var body io.Reader = strings.NewReader(strings.Repeat("x", n))
			if chunked {
				body = io.MultiReader(body)
			}
			res, err := send("POST", url+"/form", body, "Content-Type", "text/plain")
			if err != nil {
				if n > 200_000 {
					continue // the server hung up on a client that was still sending
				}
				t.Fatal(err)
			}
			text, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != status || status == 200 && len(text) != n {
				t.Errorf("%d bytes: %d with %d bytes", n, res.StatusCode, len(text))
			}
		}
	}
}

// TestLargeAnswersAreWhole: an answer that does not fit into one buffer comes
// as it is, and so do those before and after it on the same connection.
func TestLargeAnswersAreWhole(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	want := ask(t, app, "GET", "/metadata", "", "Host", "h").is(200)
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(listen(t, app), "http://"), "/fhir"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	rd := bufio.NewReader(conn)
	for _, methods := range [][]string{{"GET"}, {"HEAD"}, {"GET", "HEAD", "GET"}, {"HEAD", "GET"}} {
		for _, m := range methods {
			fmt.Fprintf(conn, "%s /fhir/metadata HTTP/1.1\r\nHost: example.com\r\n\r\n", m)
		}
		for _, m := range methods {
			res, err := http.ReadResponse(rd, &http.Request{Method: m})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != 200 || res.ContentLength != int64(len(want.body)) || m == "GET" && string(body) != want.body {
				t.Fatalf("%v: %s answers %d with %d bytes of %d: %v", methods, m, res.StatusCode, len(body), res.ContentLength, err)
			}
		}
	}
}
