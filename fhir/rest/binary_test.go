package rest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

// uploaded is a fake with a Binary of ten bytes, text/plain unless said.
func uploaded(t *testing.T, contentType, content string) *fake {
	t.Helper()
	f := newFake()
	_, err := f.PutBinary(context.Background(), fhir.Change{Method: fhir.POST, Key: fhir.Key{Type: "Binary"}},
		fhir.BinaryMeta{ContentType: contentType, SecurityContext: "Patient/p1"}, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBinaryIn(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f, small)
	content := "\x00\xffhello"
	got := ask(t, app, "POST", "/Binary", content, "Content-Type", "image/x-strange; a=b", "X-Security-Context", "Patient/7").is(201).has(
		"Location", base+"/Binary/1/_history/1", "ETag", `W/"1"`)
	if got.body != "" {
		t.Errorf("body %s", got.body)
	}
	ask(t, app, "GET", "/Binary/1", "").is(200).has("Content-Type", "image/x-strange; a=b", "X-Security-Context", "Patient/7")
	if string(f.bytes[fhir.Key{Type: "Binary", ID: "1", Version: 1}]) != content {
		t.Error("other bytes")
	}
	ask(t, app, "PUT", "/Binary/1", "new", "Content-Type", "application/json", "If-Match", `W/"1"`).is(200).has("ETag", `W/"2"`)
	if c := f.changes[1]; c.IfMatch != `W/"1"` || c.Method != fhir.PUT || c.Key.ID != "1" {
		t.Errorf("%+v", c)
	}
	ask(t, app, "POST", "/Binary", "x", "Content-Type", "text/plain", "If-None-Exist", "_id=1").is(201)
	if c := f.changes[2]; c.IfNoneExist == nil || *c.IfNoneExist != "_id=1" {
		t.Errorf("%+v", c)
	}
	if got := ask(t, app, "POST", "/Binary", "x", "Content-Type", "text/plain", "Prefer", "return=OperationOutcome").is(201); !strings.Contains(got.body, "created") {
		t.Errorf("%s", got.body)
	}
	// FHIR by its Content-Type is a resource.
	ask(t, app, "POST", "/Binary", `{"resourceType":"Binary","contentType":"text/plain"}`, "Content-Type", fhirJSON).is(201)
	if c := f.changes[len(f.changes)-1]; c.JSON == nil {
		t.Error("the resource was taken for content")
	}
	ask(t, app, "POST", "/Binary", `<Binary/>`, "Content-Type", "application/fhir+xml").is(415)
	ask(t, app, "POST", "/Binary", `x`).is(415)
	ask(t, app, "POST", "/Binary", `x`, "Content-Type", "text/plain", "Content-Encoding", "gzip").is(415)
	ask(t, app, "PUT", "/Binary?_id=1", `x`, "Content-Type", "text/plain").is(400)
	if code, _, _ := ask(t, app, "POST", "/Binary", strings.Repeat("x", 1001), "Content-Type", "text/plain").is(413).outcome(); code != "too-long" {
		t.Errorf("code %s", code)
	}
	ask(t, app, "POST", "/Binary", strings.Repeat("x", 1000), "Content-Type", "text/plain").is(201)
}

func TestBinaryForms(t *testing.T) {
	t.Parallel()
	app := serve(uploaded(t, "image/png", "0123456789"))
	const resource = `{"resourceType":"Binary","id":"1","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00.005Z"},"contentType":"image/png","securityContext":{"reference":"Patient/p1"},"data":"MDEyMzQ1Njc4OQ=="}`
	for accept, want := range map[string]string{
		"":    "raw",
		"*/*": "raw",
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": "raw",
		"image/png":                             "raw",
		"image/*":                               "raw",
		"application/fhir+json":                 "resource",
		"application/json":                      "resource",
		"application/fhir+json;fhirVersion=4.0": "resource",
		"application/json, text/plain, */*":     "resource",
		"application/fhir+json;q=0.5, */*":      "raw",
		"application/fhir+json, */*;q=0.5":      "resource",
		"image/jpeg":                            "406",
		"application/fhir+xml":                  "406",
	} {
		var headers []string
		if accept != "" {
			headers = []string{"Accept", accept}
		}
		got := ask(t, app, "GET", "/Binary/1", "", headers...)
		switch want {
		case "raw":
			if got.is(200).has("Content-Type", "image/png", "Content-Length", "10", "ETag", `"1"`, "Accept-Ranges", "bytes",
				"Content-Disposition", "", "Content-Security-Policy", "default-src 'none'; sandbox", "X-Content-Type-Options", "nosniff", "X-Security-Context", "Patient/p1"); got.body != "0123456789" {
				t.Errorf("%s: %s", accept, got.body)
			}
		case "resource":
			if got.is(200).has("ETag", `W/"1"`, "Accept-Ranges", ""); got.body != resource || !strings.Contains(got.header.Get("Content-Type"), "json") {
				t.Errorf("%s: %s", accept, got.body)
			}
		default:
			got.is(406)
		}
	}
	if got := ask(t, app, "GET", "/Binary/1?_format=json", "", "Accept", "image/png").is(200); got.body != resource {
		t.Errorf("_format: %s", got.body)
	}
	ask(t, app, "GET", "/Binary/1/_history/1", "").is(200).has("Content-Type", "image/png")
	ask(t, app, "GET", "/Binary/nope", "").is(404)
	ask(t, app, "GET", "/Binary/1", "", "If-None-Match", `W/"1"`).is(304).has("ETag", `"1"`, "Content-Type", "")
	ask(t, app, "GET", "/Binary/1", "", "If-None-Match", `"1"`, "Accept", fhirJSON).is(304).has("ETag", `W/"1"`)
	if got := ask(t, app, "HEAD", "/Binary/1", "").is(200).has("Content-Length", "10"); got.body != "" {
		t.Errorf("HEAD %q", got.body)
	}
	if got := ask(t, app, "GET", "/Binary/1?_summary=true", "", "Accept", fhirJSON).is(200); strings.Contains(got.body, "data\"") || !strings.Contains(got.body, "SUBSETTED") {
		t.Errorf("summary: %s", got.body)
	}
	if got := ask(t, app, "GET", "/Binary/1?_elements=data", "", "Accept", fhirJSON).is(200); got.body != resource {
		t.Errorf("elements: %s", got.body)
	}
	got := ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Binary/1"}}]}`).is(200)
	if !strings.Contains(got.body, `"resource":`+resource+`,`) {
		t.Errorf("in a batch: %s", got.body)
	}
}

func TestActiveContentIsNotShown(t *testing.T) {
	t.Parallel()
	for contentType, disposition := range map[string]string{
		"text/html": "attachment", "image/svg+xml": "attachment", "application/pdf": "attachment", "text/xml; charset=utf-8": "attachment",
		"application/javascript": "attachment", "TEXT/HTML": "attachment", "": "attachment", "nonsense": "attachment",
		"image/png": "", "text/plain; charset=utf-8": "", "video/mp4": "", "audio/ogg": "", "application/dicom": "",
	} {
		ask(t, serve(uploaded(t, contentType, "x")), "GET", "/Binary/1", "").is(200).has("Content-Disposition", disposition, "X-Content-Type-Options", "nosniff", "Content-Security-Policy", "default-src 'none'; sandbox")
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	app := serve(uploaded(t, "text/plain", "0123456789"))
	for _, c := range []struct {
		ranges, ifRange string
		status          int
		body, content   string
	}{
		{"bytes=0-3", "", 206, "0123", "bytes 0-3/10"},
		{"bytes=4-", "", 206, "456789", "bytes 4-9/10"},
		{"bytes=-3", "", 206, "789", "bytes 7-9/10"},
		{"bytes=0-0", "", 206, "0", "bytes 0-0/10"},
		{"bytes=9-99", "", 206, "9", "bytes 9-9/10"},
		{"bytes=-99", "", 206, "0123456789", "bytes 0-9/10"},
		{"BYTES = 1-2", "", 206, "12", "bytes 1-2/10"},
		{"bytes=10-", "", 416, "", "bytes */10"},
		{"bytes=99999999999999999999-", "", 416, "", "bytes */10"},
		{"bytes=-0", "", 416, "", "bytes */10"},
		{"bytes=3-1", "", 200, "0123456789", ""},
		{"bytes=a-b", "", 200, "0123456789", ""},
		{"bytes=-", "", 200, "0123456789", ""},
		{"bytes=1-2,4-5", "", 200, "0123456789", ""},
		{"lines=1-2", "", 200, "0123456789", ""},
		{"bytes 1-2", "", 200, "0123456789", ""},
		{"bytes=0-3", `"1"`, 206, "0123", "bytes 0-3/10"},
		{"bytes=0-3", `"2"`, 200, "0123456789", ""},
		{"bytes=0-3", `W/"1"`, 200, "0123456789", ""},
		{"bytes=0-3", "Sun, 01 Mar 2026 12:00:00 GMT", 200, "0123456789", ""},
		{"bytes=10-", `"1"`, 416, "", "bytes */10"},
		{"bytes=10-", `"2"`, 200, "0123456789", ""},
	} {
		headers := []string{"Range", c.ranges}
		if c.ifRange != "" {
			headers = append(headers, "If-Range", c.ifRange)
		}
		got := ask(t, app, "GET", "/Binary/1", "", headers...)
		if got.status != c.status || c.status != 416 && got.body != c.body || got.header.Get("Content-Range") != c.content {
			t.Errorf("%s %s: %d %q %q", c.ranges, c.ifRange, got.status, got.body, got.header.Get("Content-Range"))
		}
	}
	ask(t, app, "HEAD", "/Binary/1", "", "Range", "bytes=0-3").is(200).has("Content-Length", "10")
	if got := ask(t, app, "GET", "/Binary/1", "", "Range", "bytes=0-3", "Accept", fhirJSON).is(200); !strings.Contains(got.body, "MDEyMzQ1Njc4OQ==") {
		t.Errorf("a range of the resource: %s", got.body)
	}
	ask(t, app, "GET", "/Binary/1", "", "Range", "bytes=0-3", "If-None-Match", `"1"`).is(304).has("Content-Range", "")
}

// endless is content that fails or ends before it should.
type endless struct {
	io.Reader
	closed chan struct{}
}

func (e *endless) Close() error { close(e.closed); return nil }

// breaking is a service whose Binary has size bytes and a body of its own.
type breaking struct {
	*fake
	size int64
	body io.Reader
	shut chan struct{}
	ctx  context.Context
}

func (b *breaking) OpenBinary(ctx context.Context, k fhir.Key, _ *fhir.ByteRange) (fhir.Blob, error) {
	b.ctx = ctx
	const envelope = `{"resourceType":"Binary","contentType":"text/plain","data":""}`
	return fhir.Blob{
		Resource:    fhir.Resource{Key: fhir.Key{Type: "Binary", ID: k.ID, Version: 1}, Updated: noon, JSON: []byte(envelope)},
		ContentType: "text/plain", DataAt: len(envelope) - 2, Size: b.size, Length: b.size, Body: &endless{b.body, b.shut},
	}, nil
}

func TestStreamOutlivesTheHandler(t *testing.T) {
	t.Parallel()
	const size = 5<<20 + 1
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	for _, accept := range []string{"*/*", fhirJSON} {
		b := &breaking{fake: newFake(), size: size, body: bytes.NewReader(content), shut: make(chan struct{})}
		inHandler := true
		app := serve(b, func(c *rest.Config) {
			c.Served = func(s rest.Served) {
				select {
				case <-b.shut:
				default:
					inHandler = false
				}
				if s.Bytes < size {
					t.Errorf("%d bytes", s.Bytes)
				}
			}
		})
		got := ask(t, app, "GET", "/Binary/1", "", "Accept", accept).is(200)
		if inHandler {
			t.Errorf("%s: the content was read into memory by the handler", accept)
		}
		if accept == fhirJSON {
			var r struct{ Data string }
			if err := json.Unmarshal([]byte(got.body), &r); err != nil {
				t.Fatal(err)
			}
			plain, err := base64.StdEncoding.DecodeString(r.Data)
			if err != nil {
				t.Fatal(err)
			}
			got.body = string(plain)
		}
		if got.body != string(content) {
			t.Errorf("%s: other bytes", accept)
		}
		select {
		case <-b.shut:
		case <-time.After(5 * time.Second):
			t.Fatal("the body was not closed")
		}
		if b.ctx.Err() == nil {
			t.Error("the context lives on")
		}
	}
}

func TestTruncatedContentIsNotMistakenForAll(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]io.Reader{
		"short":  strings.NewReader("0123"),
		"broken": io.MultiReader(strings.NewReader("0123"), &failing{}),
	} {
		for _, accept := range []string{"*/*", fhirJSON} {
			b := &breaking{fake: newFake(), size: 1 << 20, body: body, shut: make(chan struct{})}
			url := listen(t, serve(b))
			res, err := get(url+"/Binary/1", "Accept", accept)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if err == nil {
				t.Errorf("%s as %s: the client saw nothing wrong", name, accept)
			}
			<-b.shut
		}
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errors.New("disk") }

// inline is a service whose Binary keeps its data in the JSON, spelt in a way
// that encoding the bytes would not give.
type inline struct{ *fake }

const spelt = `{"resourceType":"Binary","contentType":"text/plain","data":"MDEy MzQ1"}`

func (inline) OpenBinary(_ context.Context, k fhir.Key, _ *fhir.ByteRange) (fhir.Blob, error) {
	return fhir.Blob{
		Resource:    fhir.Resource{Key: fhir.Key{Type: "Binary", ID: k.ID, Version: 1}, Updated: noon, JSON: []byte(spelt)},
		ContentType: "text/plain", DataAt: -1, Size: 6, Length: 6, Body: io.NopCloser(strings.NewReader("012345")),
	}, nil
}

func TestDataStayAsTheyWereSpelt(t *testing.T) {
	t.Parallel()
	app := serve(inline{newFake()})
	if got := ask(t, app, "GET", "/Binary/1", "", "Accept", fhirJSON).is(200).has("ETag", `W/"1"`); got.body != spelt {
		t.Errorf("%s", got.body)
	}
	if got := ask(t, app, "GET", "/Binary/1", "").is(200); got.body != "012345" {
		t.Errorf("%s", got.body)
	}
	if got := ask(t, app, "GET", "/Binary/1?_summary=true", "", "Accept", fhirJSON).is(200); strings.Contains(got.body, "MDEy") {
		t.Errorf("%s", got.body)
	}
}
