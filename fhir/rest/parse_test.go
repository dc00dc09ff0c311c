package rest

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	p7 := fhir.Key{Type: "Patient", ID: "7"}
	for path, want := range map[string]target{
		"":                                   {shape: system},
		"/":                                  {shape: system},
		"metadata":                           {shape: metadata},
		"_history":                           {shape: systemHistory},
		"_search":                            {shape: systemSearch},
		"$reindex":                           {shape: systemOperation, op: "reindex"},
		"%24reindex":                         {shape: systemOperation, op: "reindex"},
		"Patient":                            {shape: wholeType, key: fhir.Key{Type: "Patient"}},
		"/Patient/":                          {shape: wholeType, key: fhir.Key{Type: "Patient"}},
		"Patient/_search":                    {shape: typeSearch, key: fhir.Key{Type: "Patient"}},
		"Patient/_history":                   {shape: typeHistory, key: fhir.Key{Type: "Patient"}},
		"Patient/$validate":                  {shape: typeOperation, key: fhir.Key{Type: "Patient"}, op: "validate"},
		"Patient/7":                          {shape: instance, key: p7},
		"Patient/metadata":                   {shape: instance, key: fhir.Key{Type: "Patient", ID: "metadata"}},
		"Patient/7/_history":                 {shape: instanceHistory, key: p7},
		"Patient/7/_history/12":              {shape: version, key: fhir.Key{Type: "Patient", ID: "7", Version: 12}},
		"Patient/7/$everything":              {shape: instanceOperation, key: p7, op: "everything"},
		"Patient/7/Observation":              {shape: compartment, key: p7, inner: "Observation"},
		"Patient/7/*":                        {shape: compartment, key: p7},
		"Patient/7/Observation/_search":      {shape: compartmentSearch, key: p7, inner: "Observation"},
		"Patient/7/*/_search":                {shape: compartmentSearch, key: p7},
		"Patient/7/_search":                  {shape: compartmentSearch, key: p7},
		"Patient/" + strings.Repeat("a", 64): {shape: instance, key: fhir.Key{Type: "Patient", ID: strings.Repeat("a", 64)}},
	} {
		if got, err := parseTarget(spec.R4(), path); err != nil || got != want {
			t.Errorf("%q: %+v %v, want %+v", path, got, err, want)
		}
	}
	for path, code := range map[string]fhir.Code{
		"patient":                            fhir.NotFound,
		"Resource":                           fhir.NotFound,
		"HumanName/1":                        fhir.NotFound,
		"$":                                  fhir.NotFound,
		"$a%20b":                             fhir.NotFound,
		"Foo/$x":                             fhir.NotFound,
		"metadata/x":                         fhir.NotFound,
		"_history/1":                         fhir.NotFound,
		"Patient//x":                         fhir.Value,
		"Patient/7/_history/0":               fhir.NotFound,
		"Patient/7/_history/-1":              fhir.NotFound,
		"Patient/7/_history/+1":              fhir.NotFound,
		"Patient/7/_history/1/2":             fhir.NotFound,
		"Patient/7/_history/1234567890":      fhir.NotFound,
		"Patient/7/observation":              fhir.NotFound,
		"Patient/7/_foo":                     fhir.NotFound,
		"Patient/7/_search/x":                fhir.NotFound,
		"Observation/7/Patient":              fhir.NotFound,
		"Observation/7/_search":              fhir.NotFound,
		"Patient/7/Observation/1":            fhir.NotFound,
		"Patient/a b":                        fhir.Value,
		"Patient/%2e%2e":                     fhir.Value,
		"Patient/a%2fb":                      fhir.Value,
		"Patient/%zz":                        fhir.Value,
		"Patient/é":                          fhir.Value,
		"Patient/" + strings.Repeat("a", 65): fhir.Value,
	} {
		if got, err := parseTarget(spec.R4(), path); fhir.CodeOf(err) != code {
			t.Errorf("%q: %+v %v, want %s", path, got, err, code)
		}
	}
}

// FuzzTarget: whatever a URL or Bundle.entry.request.url holds, what is
// understood has a known type and a valid id, and nothing panics.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"", "/", "Patient/7/_history/3", "Patient/7/Observation/_search?a=b", "http://h/fhir/Patient?x=1", "http://h/fhirx/Patient", "urn:uuid:1",
		"Patient/%2e%2e/$x", "metadata", "Patient?name=http://x", "http://h/fhir", "://", "%", "Patient/1?a?b",
	} {
		f.Add(s)
	}
	s := newServer(nil, Config{Spec: spec.R4()})
	f.Fuzz(func(t *testing.T, url string) {
		got, query, err := s.parseEntryURL("http://h/fhir", url)
		if err != nil {
			if code := fhir.CodeOf(err); code != fhir.NotFound && code != fhir.Value {
				t.Fatalf("code %s", code)
			}
			return
		}
		if got.shape >= shapes || got.key.Type != "" && !s.defs.IsResource(got.key.Type) || got.key.ID != "" && !fhir.ValidID(got.key.ID) ||
			got.inner != "" && !s.defs.IsResource(got.inner) {
			t.Fatalf("%q: %+v", url, got)
		}
		if (got.key.Type != "") != (got.shape >= wholeType) || (got.key.ID != "") != (got.shape >= instance) || (got.key.Version > 0) != (got.shape == version) {
			t.Fatalf("%q: %+v does not fit its shape", url, got)
		}
		if strings.Contains(query, "?") && !strings.Contains(url, "?") {
			t.Fatalf("query %q out of %q", query, url)
		}
		_, _, _ = splitQuery(query)
	})
}

// FuzzAccept: a header is either refused or understood as something we write.
func FuzzAccept(f *testing.F) {
	for _, s := range []string{
		"", "*/*", "application/fhir+json;fhirVersion=4.0;q=0.5, */*;q=0.1", "text/html,*/*;q=0.8", "a/b;q=2", ";;;", `application/json; charset="utf-8"`, "*/json", "a/*",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got, err := acceptable(header)
		if (err != nil) != (fhir.CodeOf(err) == fhir.NotAcceptable) {
			t.Fatalf("%v", err)
		}
		if err == nil && got.contentType() == "" {
			t.Fatal("no content type")
		}
		if header == "" {
			return
		}
		// What is accepted alone is accepted in a list, whatever else is in it.
		if one := header + ", application/fhir+json"; err == nil {
			if _, err := acceptable(one); err != nil {
				t.Fatalf("%q: %v", one, err)
			}
		}
		r := request{}
		_, _ = r.wantsFHIR(header)
		accepts(header, "text/plain")
		_ = checkContentType(header)
		_, _ = parseFormat(header)
		_, _ = patchKind(header)
		takesGzip(header)
	})
}

func FuzzPrefer(f *testing.F) {
	for _, s := range []string{"return=minimal", `Return="representation", handling=lenient`, "a;b=c;return=OperationOutcome", ",;=", "handling"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		var p, again preference
		p.read(header)
		again.read(header)
		if again.read("return=minimal, handling=lenient"); p.body != unsaid && again.body != p.body || p.handling && again.lenient != p.lenient {
			t.Fatalf("the first does not count: %+v, then %+v", p, again)
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"bytes=0-1", "bytes=-5", "bytes=5-", "bytes=-0", "bytes = 1 - 2", "bytes=1-2,3-4", "bytes=99999999999999999999-999999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := parseRange(header)
		if r == nil {
			return
		}
		if r.Length == 0 || r.Length < -1 || r.Start < 0 && r.Length != -1 {
			t.Fatalf("%q: %+v", header, r)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "_format=json", "a=1&_pretty=true&b=2", "%5Fformat=x&_elements=a,b&&", "_summary=%zz", "=&=", "_format"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		rest, c, err := splitQuery(query)
		if err != nil {
			return
		}
		again, d, err := splitQuery(rest)
		if err != nil || again != rest || d.format != "" || d.pretty != "" || d.kept != "" {
			t.Fatalf("%q: %q still has %+v (%v)", query, rest, d, err)
		}
		if d.summary != c.summary || d.elements != c.elements {
			t.Fatalf("%q: %+v became %+v", query, c, d)
		}
	})
}

func TestTagMatches(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{
		`W/"3"`: true, `"3"`: true, `3`: true, ` W/"2" , W/"3" `: true, `*`: true, ` * `: true,
		``: false, `W/"33"`: false, `"2"`: false, `w/"3"`: false, `"*"`: false,
	} {
		if tagMatches(list, `W/"3"`) != want {
			t.Errorf("%q", list)
		}
	}
}

func TestValidHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost:8080": true, "[::1]:80": true, "fhir.example.org": true, "10.0.0.1": true,
		"": false, "a/b": false, "a\"b": false, "a b": false, "a@b": false, "é": false, "a?b": false, "a\r\nb": false,
	} {
		if validHost(host) != want {
			t.Errorf("%q", host)
		}
	}
}
