package rest_test

import (
	"net/url"
	"testing"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	const (
		right     = "application/fhir+json; charset=utf-8"
		plain     = "application/json; charset=utf-8"
		versioned = "application/fhir+json; fhirVersion=4.0; charset=utf-8"
	)
	for accept, want := range map[string]string{
		"":                                      right,
		"*/*":                                   right,
		"application/*":                         right,
		"application/fhir+json":                 right,
		"application/fhir+json; charset=utf-8":  right,
		"application/fhir+json;fhirVersion=4.0": versioned,
		"application/fhir+json; fhirVersion=4.0; charset=UTF-8": versioned,
		"application/json":                                    plain,
		"application/json, text/plain, */*":                   plain,
		"application/json;q=0.5, application/fhir+json":       right,
		"application/fhir+json;q=0.2, application/json;q=0.9": plain,
		"text/json": "text/json; charset=utf-8",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": right,
		"application/fhir+xml, application/fhir+json;q=0.1":               right,
		"image/png":                                                "",
		"application/fhir+xml":                                     "",
		"application/fhir+json;q=0":                                "",
		"application/fhir+json; charset=iso-8859-1":                "",
		"application/fhir+json; fhirVersion=3.0":                   "",
		"application/fhir+json; fhirVersion=5.0, application/json": plain,
		"nonsense": "",
		",":        "",
	} {
		t.Run(accept, func(t *testing.T) {
			var headers []string
			if accept != "" {
				headers = []string{"Accept", accept}
			}
			if want != "" {
				ask(t, app, "GET", "/Patient/p1", "", headers...).is(200).has("Content-Type", want)
				return
			}
			got := ask(t, app, "GET", "/Patient/p1", "", headers...).is(406).has("Content-Type", right)
			if code, _, _ := got.outcome(); code != "not-supported" {
				t.Errorf("code %s", code)
			}
		})
	}
}

func TestFormatWins(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	for format, status := range map[string]int{
		"json": 200, "application/json": 200, "application/fhir+json": 200, "application/fhir json": 200, "text/json": 200,
		"xml": 406, "application/fhir+xml": 406, "html": 406, "ttl": 406, "text/html": 406,
	} {
		ask(t, app, "GET", "/Patient/p1?_format="+url.QueryEscape(format), "", "Accept", "text/html").is(status)
	}
	ask(t, app, "GET", "/Patient/p1?_format=application/fhir+json", "", "Accept", "text/html").is(200)
	ask(t, app, "GET", "/Patient/p1?%5Fformat=json", "", "Accept", "text/html").is(200)
	ask(t, app, "GET", "/Patient/p1?_format=%zz", "").is(400)
}

func TestNegotiationComesBeforeTheDeed(t *testing.T) {
	t.Parallel()
	f := newFake()
	ask(t, serve(f), "POST", "/Patient", `{"resourceType":"Patient"}`, "Accept", "application/fhir+xml").is(406)
	if len(f.changes) > 0 {
		t.Error("created what could not be answered")
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	app := serve(newFake())
	for ct, status := range map[string]int{
		"": 201, "application/fhir+json": 201, "application/fhir+json; charset=utf-8": 201, "application/fhir+json;charset=\"UTF-8\"": 201,
		"application/json": 201, "text/json": 201, "application/fhir+json; fhirVersion=4.0": 201,
		"application/fhir+json; charset=latin1": 415, "application/fhir+json; fhirVersion=5.0": 415,
		"text/plain": 415, "application/fhir+xml": 415, "application/x-www-form-urlencoded": 415, "*/*": 415, "application/json-patch+json": 415,
	} {
		var headers []string
		if ct != "" {
			headers = []string{"Content-Type", ct}
		}
		ask(t, app, "POST", "/Patient", `{"resourceType":"Patient"}`, headers...).is(status)
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	app := serve(stored())
	got := ask(t, app, "GET", "/Observation/o1?_pretty=true", "").is(200)
	want := `{
  "resourceType": "Observation",
  "id": "o1",
  "meta": {
    "versionId": "2",
    "lastUpdated": "2026-03-01T12:00:01.005Z"
  },
  "status": "final",
  "code": {
    "text": "t"
  },
  "valueQuantity": {
    "value": 70.10,
    "unit": "kg"
  }
}
`
	if got.body != want {
		t.Errorf("got %s", got.body)
	}
	if got := ask(t, app, "GET", "/Foobar?_pretty=true", "").is(404); got.body[1] == '\n' {
		t.Log("a failure before the query is read need not be pretty")
	}
	if got := ask(t, app, "GET", "/Patient/nope?_pretty=true", "").is(404); got.body[1] != '\n' {
		t.Errorf("not pretty: %s", got.body)
	}
}
