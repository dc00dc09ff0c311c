package rest_test

import (
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

func TestRead(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	got := ask(t, app, "GET", "/Observation/o1", "").is(200).has(
		"Content-Type", "application/fhir+json; charset=utf-8", "ETag", `W/"2"`, "Last-Modified", "Sun, 01 Mar 2026 12:00:01 GMT",
		"Cache-Control", "private, no-store", "X-Content-Type-Options", "nosniff")
	if want := `{"resourceType":"Observation","id":"o1","meta":{"versionId":"2","lastUpdated":"2026-03-01T12:00:01.005Z"},"status":"final","code":{"text":"t"},"valueQuantity":{"value":70.10,"unit":"kg"}}`; got.body != want {
		t.Errorf("body %s\nwant %s", got.body, want)
	}
	ask(t, app, "GET", "/Observation/o1/_history/1", "").is(200).has("ETag", `W/"1"`)
	ask(t, app, "GET", "/Observation/o1/", "").is(200)
	ask(t, app, "GET", "/Observation/o1/_history/1/", "").is(200)
	head := ask(t, app, "HEAD", "/Observation/o1", "").is(200).has("ETag", `W/"2"`)
	if head.body != "" {
		t.Errorf("HEAD has a body: %q", head.body)
	}
	ask(t, app, "HEAD", "/Observation/nope", "").is(404)
}

func TestReadWhatIsNotThere(t *testing.T) {
	t.Parallel()
	f := stored()
	if _, err := f.put(fhir.DELETE, fhir.Key{Type: "Patient", ID: "p1"}, nil); err != nil {
		t.Fatal(err)
	}
	app := serve(f)
	for url, want := range map[string]struct {
		status int
		code   string
	}{
		"/Patient/nope":                {404, "not-found"},
		"/Patient/p1":                  {410, "deleted"},
		"/Patient/p1/_history/2":       {410, "deleted"},
		"/Patient/p1/_history/3":       {404, "not-found"},
		"/Patient/p1/_history/01":      {404, "not-found"},
		"/Patient/p1/_history/x":       {404, "not-found"},
		"/Foobar/1":                    {404, "not-found"},
		"/patient/p1":                  {404, "not-found"},
		"/Patient/a%20b%C3%A9":         {400, "value"},
		"/Patient/..%2fx":              {400, "value"},
		"/Patient/%2e%2e":              {400, "value"},
		"/Patient/a_b":                 {400, "value"},
		"/Patient/p1/Foobar":           {404, "not-found"},
		"/Organization/1/Patient":      {404, "not-found"},
		"/Patient/p1/_history/1/2":     {404, "not-found"},
		"/a/b/c/d/e/f":                 {404, "not-found"},
		"/Patient/p1?_summary=count":   {400, "value"},
		"/Observation/o1?_summary=few": {400, "value"},
	} {
		code, _, _ := ask(t, app, "GET", url, "").is(want.status).has("Content-Type", "application/fhir+json; charset=utf-8").outcome()
		if code != want.code {
			t.Errorf("%s: code %s, want %s", url, code, want.code)
		}
	}
}

func TestConditionalRead(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"current tag":     {"If-None-Match", `W/"2"`, 304},
		"strong spelling": {"If-None-Match", `"2"`, 304},
		"in a list":       {"If-None-Match", `W/"7", W/"2"`, 304},
		"any":             {"If-None-Match", `*`, 304},
		"old tag":         {"If-None-Match", `W/"1"`, 200},
		"no tag":          {"If-None-Match", `W/"not-this"`, 200},
		"same second":     {"If-Modified-Since", "Sun, 01 Mar 2026 12:00:01 GMT", 304},
		"later":           {"If-Modified-Since", "Sun, 01 Mar 2026 13:00:01 GMT", 304},
		"before":          {"If-Modified-Since", "Sun, 01 Mar 2026 12:00:00 GMT", 200},
		"no date":         {"If-Modified-Since", "yesterday", 200},
	} {
		got := ask(t, app, "GET", "/Observation/o1", "", c.header, c.value).is(c.status)
		if got.has("ETag", `W/"2"`); c.status == 304 && got.body != "" {
			t.Errorf("%s: 304 with a body", name)
		}
	}
	// The tag decides when both are given.
	ask(t, app, "GET", "/Observation/o1", "", "If-None-Match", `W/"1"`, "If-Modified-Since", "Sun, 01 Mar 2026 13:00:01 GMT").is(200)
}
