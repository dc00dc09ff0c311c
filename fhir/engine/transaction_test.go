package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func newEngine(t *testing.T) *engine.Engine {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.Postgres(t), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	dir, err := blob.Dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	params, n := search.NewRegistry(spec.R4()), 0
	return &engine.Engine{Spec: spec.R4(), Params: params, Gate: authz.Open{}, Store: storage.NewResources(db, params), Objects: storage.NewObjects(db, blob.New(dir, "")),
		Now:   func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }, // a clock that stands still
		NewID: func() string { n++; return fmt.Sprint("made-", n) }}
}

// post is the entry of a transaction that creates a resource.
func post(i int, fullURL, json string) fhir.Change {
	typ, _, _ := strings.Cut(strings.TrimPrefix(json, `{"resourceType":"`), `"`)
	return fhir.Change{Method: fhir.POST, Key: fhir.Key{Type: typ}, FullURL: fullURL, JSON: []byte(json), At: fmt.Sprintf("Bundle.entry[%d]", i)}
}

// TestLinks: what points at an entry of the transaction points, afterwards, at
// the resource that the entry became, and nothing else is touched
// (http.html#trules).
func TestLinks(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	const one, elsewhere = "urn:uuid:11111111-1111-4111-8111-111111111111", "http://elsewhere.example/fhir/"
	if _, err := e.Commit(t.Context(), fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: "Practitioner", ID: "doc"},
		JSON: []byte(`{"resourceType":"Practitioner","id":"doc","identifier":[{"system":"urn:npi","value":"7"}]}`)}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ in, out string }{
		"reference":           {`"subject":{"reference":"` + one + `"}`, `"subject":{"reference":"Patient/%s"}`},
		"spelling kept":       {`"subject" : { "reference":"` + one + `", "display":"\u00e9" }`, `"subject" : { "reference":"Patient/%s", "display":"\u00e9" }`},
		"version":             {`"subject":{"reference":"` + one + `/_history/9"}`, `"subject":{"reference":"Patient/%s/_history/1"}`},
		"uri element":         {`"content":[{"attachment":{"url":"` + one + `"}}]`, `"content":[{"attachment":{"url":"Patient/%s"}}]`},
		"identifier stays":    {`"identifier":[{"system":"urn:ietf:rfc:3986","value":"` + one + `"}]`, `"identifier":[{"system":"urn:ietf:rfc:3986","value":"` + one + `"}]`},
		"canonical stays":     {`"extension":[{"url":"http://x","valueCanonical":"` + one + `"}]`, `"extension":[{"url":"http://x","valueCanonical":"` + one + `"}]`},
		"narrative":           {`"text":{"status":"generated","div":"<div><a href=\"` + one + `\">x</a></div>"}`, `"text":{"status":"generated","div":"<div><a href=\"Patient/%s\">x</a></div>"}`},
		"conditional":         {`"author":[{"reference":"Practitioner?identifier=urn:npi|7"}]`, `"author":[{"reference":"Practitioner/doc"}]`},
		"relative stays":      {`"author":[{"reference":"Practitioner/doc"}]`, `"author":[{"reference":"Practitioner/doc"}]`},
		"fragment stays":      {`"author":[{"reference":"#p"}]`, `"author":[{"reference":"#p"}]`},
		"absolute stays":      {`"author":[{"reference":"http://other.example/Practitioner/1"}]`, `"author":[{"reference":"http://other.example/Practitioner/1"}]`},
		"relative to fullUrl": {`"author":[{"reference":"Patient/9"}]`, `"author":[{"reference":"Patient/%s"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			patient := one
			own := "urn:uuid:22222222-2222-4222-8222-222222222222"
			if name == "relative to fullUrl" {
				patient, own = elsewhere+"Patient/9", elsewhere+"DocumentReference/1"
			}
			results, err := e.Commit(t.Context(),
				post(0, own, `{"resourceType":"DocumentReference",`+c.in+`}`),
				post(1, patient, `{"resourceType":"Patient","active":true}`))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(c.out, "%s", results[1].Resource.ID)
			r, err := e.Read(t.Context(), results[0].Resource.Current())
			if err != nil || !strings.Contains(string(r.JSON), want) {
				t.Errorf("%s\nhas not %s: %v", r.JSON, want, err)
			}
		})
	}
	for name, in := range map[string]string{"no match": `Practitioner?identifier=urn:npi|8`, "no criteria": `Practitioner?_count=1`} {
		_, err := e.Commit(t.Context(), post(0, "", `{"resourceType":"Patient","generalPractitioner":[{"reference":"`+in+`"}]}`), post(1, "", `{"resourceType":"Patient"}`))
		if f, ok := err.(*fhir.Error); !ok || f.Expression == "" || !strings.HasPrefix(f.Expression, "Bundle.entry[0]") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStandingClock: versions of a resource are in the order of their times,
// whatever the clock does.
func TestStandingClock(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	var last time.Time
	for i := range 3 {
		results, err := e.Commit(context.Background(), fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: "Basic", ID: "b"}, JSON: []byte(`{"resourceType":"Basic","id":"b"}`)})
		if err != nil {
			t.Fatal(err)
		}
		r := results[0].Resource
		if !r.Updated.After(last) || r.Version != i+1 || !strings.Contains(string(r.JSON), fhir.Instant(r.Updated)) {
			t.Errorf("version %d at %s: %s", r.Version, r.Updated, r.JSON)
		}
		last = r.Updated
	}
}
