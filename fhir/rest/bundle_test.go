package rest_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

func page() *fhir.Page {
	f := stored()
	total := 7
	return &fhir.Page{
		Match:   f.versions[fhir.Key{Type: "Observation", ID: "o1"}][1:],
		Include: f.versions[fhir.Key{Type: "Patient", ID: "p1"}],
		Total:   &total,
		Used:    "code=t&_include=Observation:subject", First: "code=t&_include=Observation:subject",
		Next: "code=t&_include=Observation:subject&_cursor=n", Prev: "code=t&_include=Observation:subject&_cursor=p",
		Notes: []fhir.Issue{{Severity: "warning", Code: fhir.NotSupported, Message: "unknown parameter foo was ignored", Expression: "foo"}},
	}
}

func TestSearchset(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.page = page()
	app := serve(f)
	got := ask(t, app, "GET", "/Observation?code=t&foo=bar&_format=json", "", "Prefer", "handling=lenient").is(200)
	got.golden("searchset.json")
	got.walk()
	if s := f.searches[0]; s.Query != "code=t&foo=bar" || !s.Lenient || s.Type != "Observation" || s.Compartment != (fhir.Key{}) {
		t.Errorf("asked %+v", s)
	}
	f.page = &fhir.Page{Used: "code=x"}
	ask(t, app, "GET", "/Observation?code=x", "").is(200).golden("searchset-empty.json")
	total := 3
	f.page = &fhir.Page{Used: "_summary=count", Summary: "count", Total: &total, Match: page().Match}
	ask(t, app, "GET", "/Observation?_summary=count", "").is(200).golden("searchset-count.json")
}

func TestSearchForms(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.page = &fhir.Page{Used: "a=1&b=2"}
	app := serve(f)
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		method, url, body string
		want              fhir.Search
		self              string
	}{
		{"GET", "?_type=Patient", "", fhir.Search{Query: "_type=Patient"}, "?a=1&b=2"},
		{"GET", "/?_type=Patient", "", fhir.Search{Query: "_type=Patient"}, "?a=1&b=2"},
		{"POST", "/_search?a=1", "b=2", fhir.Search{Query: "a=1&b=2"}, "?a=1&b=2"},
		{"GET", "/Patient", "", fhir.Search{Type: "Patient"}, "/Patient?a=1&b=2"},
		{"POST", "/Patient/_search", "b=2", fhir.Search{Type: "Patient", Query: "b=2"}, "/Patient?a=1&b=2"},
		{"POST", "/Patient/_search?a=1", "b=2&_format=json", fhir.Search{Type: "Patient", Query: "a=1&b=2"}, "/Patient?a=1&b=2&_format=json"},
		{"POST", "/Patient/_search?a=1", "", fhir.Search{Type: "Patient", Query: "a=1"}, "/Patient?a=1&b=2"},
		{"GET", "/Patient/p1/Observation?a=1", "", fhir.Search{Type: "Observation", Compartment: fhir.Key{Type: "Patient", ID: "p1"}, Query: "a=1"}, "/Patient/p1/Observation?a=1&b=2"},
		{"GET", "/Patient/p1/*", "", fhir.Search{Compartment: fhir.Key{Type: "Patient", ID: "p1"}}, "/Patient/p1/*?a=1&b=2"},
		{"POST", "/Patient/p1/Observation/_search", "b=2", fhir.Search{Type: "Observation", Compartment: fhir.Key{Type: "Patient", ID: "p1"}, Query: "b=2"}, "/Patient/p1/Observation?a=1&b=2"},
		{"POST", "/Patient/p1/_search", "b=2", fhir.Search{Compartment: fhir.Key{Type: "Patient", ID: "p1"}, Query: "b=2"}, "/Patient/p1/*?a=1&b=2"},
	} {
		f.searches = nil
		var headers []string
		if c.body != "" {
			headers = []string{"Content-Type", form}
		}
		got := ask(t, app, c.method, c.url, c.body, headers...).is(200)
		if len(f.searches) != 1 || f.searches[0] != c.want {
			t.Errorf("%s %s: asked %+v, want %+v", c.method, c.url, f.searches, c.want)
		}
		if self := `{"relation":"self","url":"` + base + c.self + `"}`; !strings.Contains(got.body, self) {
			t.Errorf("%s %s: no %s in %s", c.method, c.url, self, got.body)
		}
	}
	ask(t, app, "POST", "/Patient/_search", "_format=xml", "Content-Type", form).is(406)
	ask(t, app, "POST", "/Patient/_search", strings.Repeat("a", 2<<20), "Content-Type", form).is(413)
}

func TestLinksAreJSON(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.page = &fhir.Page{Used: "a=\"\\\xff\u00e9\n"}
	got := ask(t, serve(f), "GET", "/Patient", "").is(200)
	if got.walk(); !utf8.ValidString(got.body) {
		t.Error("not UTF-8")
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	f := stored()
	if _, err := f.put(fhir.DELETE, fhir.Key{Type: "Observation", ID: "o1"}, nil); err != nil {
		t.Fatal(err)
	}
	app := serve(f)
	got := ask(t, app, "GET", "/_history?_count=50", "").is(200)
	got.golden("history.json")
	got.walk()
	if got := ask(t, app, "GET", "/Patient/_history", "").is(200); !strings.Contains(got.body, `"url":"`+base+`/Patient/_history"`) {
		t.Errorf("self link: %s", got.body)
	}
	ask(t, app, "GET", "/Observation/o1/_history", "").is(200)
	ask(t, app, "GET", "/Observation/nope/_history", "").is(404)
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	f := stored()
	app := serve(f)
	const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[
		{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","active":true},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=1"}},
		{"resource":{"resourceType":"Patient","id":"p1"},"request":{"method":"PUT","url":"http://example.com/fhir/Patient/p1","ifMatch":"W/\"1\""}},
		{"request":{"method":"GET","url":"Observation/o1","ifNoneMatch":"W/\"2\""}},
		{"request":{"method":"GET","url":"/Observation/o1"}},
		{"request":{"method":"HEAD","url":"Observation/o1"}},
		{"request":{"method":"GET","url":"Observation?code=1&_count=2"}},
		{"request":{"method":"GET","url":"Observation/o1/_history"}},
		{"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":"W10="},"request":{"method":"PATCH","url":"Patient?identifier=9"}},
		{"request":{"method":"DELETE","url":"Patient/gone"}}
	]}`
	f.commit = func(_ context.Context, changes []fhir.Change) ([]fhir.Result, error) {
		p1 := f.versions[fhir.Key{Type: "Patient", ID: "p1"}][0]
		o1 := f.versions[fhir.Key{Type: "Observation", ID: "o1"}]
		return []fhir.Result{
			{Resource: p1, Created: true, Changed: true}, {Resource: p1, Changed: true}, {Resource: o1[1]}, {Resource: o1[1]}, {Resource: o1[1]},
			{Page: &fhir.Page{Used: "code=1&_count=2", Match: o1[1:]}}, {Page: &fhir.Page{Match: o1}}, {Resource: p1, Changed: true}, {},
		}, nil
	}
	got := ask(t, app, "POST", "", bundle, "Content-Type", fhirJSON).is(200)
	got.golden("transaction.json")
	got.walk()
	want := []fhir.Change{
		{Method: "POST", Key: fhir.Key{Type: "Patient"}, FullURL: "urn:uuid:1", At: "Bundle.entry[0]"},
		{Method: "PUT", Key: fhir.Key{Type: "Patient", ID: "p1"}, IfMatch: `W/"1"`, At: "Bundle.entry[1]"},
		{Method: "GET", Key: fhir.Key{Type: "Observation", ID: "o1"}, IfNoneMatch: `W/"2"`, At: "Bundle.entry[2]"},
		{Method: "GET", Key: fhir.Key{Type: "Observation", ID: "o1"}, At: "Bundle.entry[3]"},
		{Method: "GET", Key: fhir.Key{Type: "Observation", ID: "o1"}, At: "Bundle.entry[4]"},
		{Method: "GET", Key: fhir.Key{Type: "Observation"}, Query: "code=1&_count=2", At: "Bundle.entry[5]"},
		{Method: "GET", Key: fhir.Key{Type: "Observation", ID: "o1"}, History: true, At: "Bundle.entry[6]"},
		{Method: "PATCH", Key: fhir.Key{Type: "Patient"}, Query: "identifier=9", ContentType: "application/json-patch+json", At: "Bundle.entry[7]"},
		{Method: "DELETE", Key: fhir.Key{Type: "Patient", ID: "gone"}, At: "Bundle.entry[8]"},
	}
	for i, c := range f.changes {
		if i == 0 && (c.IfNoneExist == nil || *c.IfNoneExist != "identifier=1") {
			t.Error("ifNoneExist is lost")
		}
		if i == 7 && string(c.JSON) != "[]" {
			t.Errorf("patch %q", c.JSON)
		}
		c.JSON, c.IfNoneExist = nil, nil
		if c.Method != want[i].Method || c.Key != want[i].Key || c.Query != want[i].Query || c.At != want[i].At || c.History != want[i].History ||
			c.IfMatch != want[i].IfMatch || c.IfNoneMatch != want[i].IfNoneMatch || c.FullURL != want[i].FullURL || c.ContentType != want[i].ContentType {
			t.Errorf("change %d: %+v, want %+v", i, c, want[i])
		}
	}
	if got := ask(t, app, "POST", "", bundle, "Prefer", "return=representation").is(200); strings.Count(got.body, `"resource":{"resourceType":"Patient"`) != 3 {
		t.Errorf("return=representation: %s", got.body)
	}
}

func TestEmptyTransaction(t *testing.T) {
	t.Parallel()
	app := serve(newFake())
	for _, kind := range []string{"transaction", "batch"} {
		for _, more := range []string{``, `,"entry":[]`} {
			got := ask(t, app, "POST", "/", `{"resourceType":"Bundle","type":"`+kind+`"`+more+`}`).is(200)
			if want := `{"resourceType":"Bundle","type":"` + kind + `-response"}`; got.body != want {
				t.Errorf("%s", got.body)
			}
		}
	}
}

func TestTransactionSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFake()
	app := serve(f)
	got := ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[
		{"resource":{"resourceType":"Patient"}},
		{"request":{"url":"Patient"}},
		{"request":{"method":"POST"}},
		{"request":{"method":"POST","url":"Patient"}},
		{"request":{"method":"TRACE","url":"Patient"}},
		{"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient"}},
		{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient/1"}},
		{"request":{"method":"GET","url":"Foobar/1"}},
		{"request":{"method":"GET","url":"Patient/a_b"}},
		{"request":{"method":"GET","url":"http://elsewhere.example/Patient/1"}},
		{"request":{"method":"GET","url":"http://example.com/fhirx/Patient/1"}},
		{"request":{"method":"GET","url":"Patient/1/$everything"}},
		{"request":{"method":"GET","url":"Patient/1/Observation"}},
		{"request":{"method":"POST","url":""}},
		{"resource":7,"request":{"method":"POST","url":"Patient"}},
		{"resource":{"resourceType":"Binary","contentType":"text/plain","data":"W10="},"request":{"method":"PATCH","url":"Patient/1"}},
		{"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":"!"},"request":{"method":"PATCH","url":"Patient/1"}},
		7
	]}`).is(400)
	got.golden("transaction-refused.json")
	if len(f.changes) > 0 {
		t.Errorf("reached the service: %+v", f.changes)
	}
	many := strings.Repeat(`{},`, 9000) + `{}`
	if got := ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[`+many+`]}`).is(400); strings.Count(got.body, `"severity"`) != 20 {
		t.Errorf("issues: %d", strings.Count(got.body, `"severity"`))
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	f := stored()
	f.operate = func(op fhir.Operation) (fhir.Resource, error) {
		if op.Name == "boom" {
			panic("boom")
		}
		return fhir.Resource{JSON: []byte(`{"resourceType":"Parameters"}`)}, nil
	}
	got := ask(t, serve(f), "POST", "", `{"resourceType":"Bundle","type":"batch","entry":[
		{"resource":{"resourceType":"Patient","active":true},"request":{"method":"POST","url":"Patient"}},
		{"request":{"method":"GET","url":"Patient/nope"}},
		{"resource":{"resourceType":"Observation"},"request":{"method":"PUT","url":"Patient/p1"}},
		{"request":{"method":"GET","url":"Observation/o1/_history/1"}},
		{"request":{"method":"GET","url":"Observation/o1?_elements=status"}},
		{"request":{"method":"GET","url":"Observation?_id=o1"}},
		{"request":{"method":"POST","url":"Observation/_search?_id=o1"}},
		{"request":{"method":"GET","url":"Patient/p1/Observation"}},
		{"request":{"method":"GET","url":"Observation/o1","ifModifiedSince":"2026-03-01T12:00:01.005Z"}},
		{"request":{"method":"HEAD","url":"Observation/o1"}},
		{"resource":{"resourceType":"Parameters"},"request":{"method":"POST","url":"Patient/p1/$fine"}},
		{"request":{"method":"POST","url":"Patient/$boom"}},
		{"request":{"method":"DELETE","url":"Observation/o1"}},
		{"resource":{"resourceType":"Bundle","type":"batch"},"request":{"method":"POST","url":""}},
		{"request":{"method":"DELETE","url":"Patient"}},
		{"request":{"method":"PUT","url":"metadata"}},
		{}
	]}`).is(200)
	got.golden("batch.json")
	got.walk()
}

func TestBatchAnswersMetadata(t *testing.T) {
	t.Parallel()
	app := serve(newFake())
	for _, kind := range []string{"batch", "transaction"} {
		got := ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"`+kind+`","entry":[{"request":{"method":"GET","url":"metadata"}}]}`).is(200)
		if !strings.Contains(got.body, `{"resource":{"resourceType":"CapabilityStatement"`) {
			t.Errorf("%s: %.200s", kind, got.body)
		}
	}
}

func TestBatchIsBounded(t *testing.T) {
	t.Parallel()
	app := serve(newFake(), func(c *rest.Config) { c.Limits.Answer = 1000 })
	got := ask(t, app, "POST", "", `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"metadata"}},{"request":{"method":"GET","url":"metadata"}}]}`).is(200)
	if strings.Count(got.body, `{"resource":{`) != 1 || !strings.Contains(got.body, `"too-costly"`) {
		t.Errorf("%.300s", got.body[len(got.body)-300:])
	}
}
