package rest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

type coded struct{ Code, Name, Type, Definition string }

type capabilities struct {
	ResourceType, Status, Date, Kind, FhirVersion string
	Format, PatchFormat                           []string
	Software                                      struct{ Name, Version, ReleaseDate string }
	Implementation                                struct{ Description, URL string }
	Rest                                          []struct {
		Mode          string
		Documentation string
		Interaction   []coded
		SearchParam   []coded
		Operation     []coded
		Compartment   []string
		Resource      []struct {
			Type, Versioning, ConditionalRead, ConditionalDelete string
			Interaction, SearchParam, Operation                  []coded
			ReadHistory, UpdateCreate, ConditionalCreate         bool
			ConditionalUpdate                                    bool
			ReferencePolicy, SearchInclude                       []string
		}
	}
}

func operations(c *rest.Config) {
	c.Operations = []rest.Operation{
		{Name: "everything", Definition: "http://d/everything", Instance: true, Resources: []string{"Patient"}},
		{Name: "validate", Definition: "http://d/validate", Type: true, Instance: true},
		{Name: "reindex", Definition: "http://d/reindex", System: true},
	}
}

// TestCapabilitiesAreWhatIsAnswered walks the statement and tries its lines:
// what is told is answered, what is answered is told.
func TestCapabilitiesAreWhatIsAnswered(t *testing.T) {
	t.Parallel()
	f := stored()
	f.operate = func(op fhir.Operation) (fhir.Resource, error) {
		return fhir.Resource{JSON: []byte(`{"resourceType":"Parameters"}`)}, nil
	}
	app := serve(f, operations)
	got := ask(t, app, "GET", "/metadata", "").is(200)
	if _, err := tree.Parse([]byte(got.body)); err != nil {
		t.Fatal(err)
	}
	got.walk()
	var c capabilities
	if err := json.Unmarshal([]byte(got.body), &c); err != nil {
		t.Fatal(err)
	}
	if c.ResourceType != "CapabilityStatement" || c.Status != "active" || c.Kind != "instance" || c.FhirVersion != "4.0.1" ||
		c.Implementation.URL != base || c.Software.Version != "1.2.3" || len(c.Rest) != 1 || c.Rest[0].Mode != "server" {
		t.Errorf("%+v", c)
	}
	if _, err := time.Parse(time.RFC3339, c.Date); err != nil {
		t.Error(err)
	}
	if len(c.Rest[0].Resource) != len(spec.R4().ResourceTypes()) {
		t.Errorf("%d types", len(c.Rest[0].Resource))
	}
	params := search.NewRegistry(spec.R4())
	for typ, codes := range map[string]string{"string": "name", "date": "birthdate", "token": "gender", "reference": "organization"} {
		p := params.Param("Patient", codes)
		for _, m := range p.Modifiers() {
			if _, list, ok := strings.Cut(c.Rest[0].Documentation, typ+" :"); !ok || !strings.Contains(strings.SplitN(list, ";", 2)[0], m) {
				t.Errorf("the modifier :%s of %s is not told: %s", m, typ, c.Rest[0].Documentation)
			}
		}
	}
	tries := map[string]func(typ string) answer{
		"read":  func(typ string) answer { return ask(t, app, "GET", "/"+typ+"/x", "") },
		"vread": func(typ string) answer { return ask(t, app, "GET", "/"+typ+"/x/_history/1", "") },
		"update": func(typ string) answer {
			return ask(t, app, "PUT", "/"+typ+"/x", `{"resourceType":"`+typ+`"}`, "Content-Type", fhirJSON)
		},
		"patch": func(typ string) answer {
			return ask(t, app, "PATCH", "/"+typ+"/x", `{"resourceType":"`+typ+`"}`, "Content-Type", fhirJSON)
		},
		"delete":           func(typ string) answer { return ask(t, app, "DELETE", "/"+typ+"/x", "") },
		"history-instance": func(typ string) answer { return ask(t, app, "GET", "/"+typ+"/x/_history", "") },
		"history-type":     func(typ string) answer { return ask(t, app, "GET", "/"+typ+"/_history", "") },
		"create": func(typ string) answer {
			return ask(t, app, "POST", "/"+typ, `{"resourceType":"`+typ+`"}`, "Content-Type", fhirJSON)
		},
		"search-type":    func(typ string) answer { return ask(t, app, "GET", "/"+typ, "") },
		"history-system": func(string) answer { return ask(t, app, "GET", "/_history", "") },
		"search-system":  func(string) answer { return ask(t, app, "GET", "/", "") },
		"transaction":    func(string) answer { return ask(t, app, "POST", "/", `{"resourceType":"Bundle","type":"transaction"}`) },
		"batch":          func(string) answer { return ask(t, app, "POST", "/", `{"resourceType":"Bundle","type":"batch"}`) },
	}
	told, declared := map[string]bool{}, map[string]bool{}
	for _, r := range c.Rest[0].Resource {
		if r.Versioning != "versioned-update" || !r.ReadHistory || !r.UpdateCreate ||
			!r.ConditionalCreate || !r.ConditionalUpdate || r.ConditionalRead != "full-support" || r.ConditionalDelete != "multiple" || len(r.ReferencePolicy) == 0 {
			t.Errorf("%+v", r)
		}
		for _, i := range r.Interaction {
			told[i.Code] = true
			if a := tries[i.Code](r.Type); a.status == 405 || a.status >= 500 || a.status == 404 && strings.Contains(a.body, "URL") {
				t.Errorf("%s %s: %d %s", i.Code, r.Type, a.status, a.body)
			}
		}
		for _, p := range r.SearchParam {
			if registry.Param(r.Type, p.Name) == nil || registry.Param(r.Type, p.Name).Type != p.Type {
				t.Errorf("%s cannot be searched by %s", r.Type, p.Name)
			}
		}
		if n := len(r.SearchParam) + len(c.Rest[0].SearchParam); n < len(registry.Params(r.Type)) {
			t.Errorf("%s: %d of %d parameters are told", r.Type, n, len(registry.Params(r.Type)))
		}
		for _, def := range spec.R4().SearchParams(r.Type) {
			if !slices.ContainsFunc(slices.Concat(r.SearchParam, c.Rest[0].SearchParam), func(p coded) bool { return p.Name == def.Code && p.Type == def.Type }) {
				t.Errorf("%s is a search parameter of %s and is not told", def.Code, r.Type)
			}
			declared[def.URL] = true
		}
		for _, v := range r.SearchInclude {
			if q, err := registry.Parse(search.Request{Type: r.Type, Query: "_include=" + v}); err != nil || len(q.Include) == 0 && v != "*" {
				t.Errorf("%s: _include=%s: %v", r.Type, v, err)
			}
		}
		if len(r.SearchInclude) == 0 {
			t.Errorf("%s: no _include is told", r.Type)
		}
		for _, o := range r.Operation {
			ask(t, app, "POST", "/"+r.Type+"/x/$"+o.Name, "").is(200)
		}
		if slices.ContainsFunc(r.Operation, func(o coded) bool { return o.Name == "everything" }) != (r.Type == "Patient") {
			t.Errorf("%s: operations %v", r.Type, r.Operation)
		}
	}
	if len(declared) != len(spec.R4().AllSearchParams()) {
		t.Errorf("%d of %d search parameters are told", len(declared), len(spec.R4().AllSearchParams()))
	}
	if !slices.Contains(c.Rest[0].SearchParam, coded{Name: "_filter", Type: "special"}) {
		t.Error("_filter is not told")
	}
	for _, i := range c.Rest[0].Interaction {
		told[i.Code] = true
		tries[i.Code]("").is(200)
	}
	for code := range tries {
		if !told[code] {
			t.Errorf("%s is answered and not told", code)
		}
	}
	if o := c.Rest[0].Operation; len(o) != 1 || o[0].Name != "reindex" || o[0].Definition != "http://d/reindex" {
		t.Errorf("operations %v", o)
	}
	if len(c.Rest[0].Compartment) != 5 || !slices.Contains(c.PatchFormat, "application/json-patch+json") || !slices.Contains(c.Format, "json") {
		t.Errorf("%v %v %v", c.Rest[0].Compartment, c.PatchFormat, c.Format)
	}
}

func TestMetadataIsCached(t *testing.T) {
	t.Parallel()
	app := serve(newFake(), func(c *rest.Config) {
		c.Software.Released = noon
		c.Policy = rest.Policy{SingleDelete: true, Enforced: true}
	})
	first := ask(t, app, "GET", "/metadata", "").is(200).has("Cache-Control", "no-cache")
	tag := first.header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || !strings.Contains(first.body, `"conditionalDelete":"single"`) || !strings.Contains(first.body, `"enforced"`) {
		t.Errorf("%s %.300s", tag, first.body)
	}
	if got := ask(t, app, "GET", "/metadata", "", "If-None-Match", tag).is(304).has("ETag", tag); got.body != "" {
		t.Error("304 with a body")
	}
	for _, mode := range []string{"full", "normative", "terminology", "x"} {
		ask(t, app, "GET", "/metadata?mode="+mode, "").is(200).has("ETag", tag)
	}
	packed := ask(t, app, "GET", "/metadata", "", "Accept-Encoding", "br, gzip;q=0.5").is(200).has("Content-Encoding", "gzip", "ETag", tag)
	zr, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil || string(plain) != first.body {
		t.Errorf("gzip: %v", err)
	}
	ask(t, app, "GET", "/metadata", "", "Accept-Encoding", "gzip;q=0").is(200).has("Content-Encoding", "")
	pretty := ask(t, app, "GET", "/metadata?_pretty=true", "", "Accept-Encoding", "gzip").is(200).has("Content-Encoding", "")
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(pretty.body)); err != nil || compact.String() != first.body {
		t.Errorf("pretty: %v", err)
	}
	if got := ask(t, app, "GET", "/metadata?_elements=status", "").is(200); strings.Contains(got.body, "searchParam") || !strings.Contains(got.body, "SUBSETTED") {
		t.Errorf("elements: %.300s", got.body)
	}
	ask(t, app, "HEAD", "/metadata", "").is(200).has("ETag", tag)
}

// TestTerminologyCapabilities asks for the other statement, which is a valid
// resource and names the code systems of R4.
func TestTerminologyCapabilities(t *testing.T) {
	t.Parallel()
	app := serve(stored(), func(c *rest.Config) { c.Expansion = []string{"url", "filter"} })
	got := ask(t, app, "GET", "/metadata?mode=terminology", "").is(200)
	d, err := tree.Parse([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, issue := range validate.New(spec.R4()).Structure(d) {
		t.Errorf("%s: %s", issue.Expression, issue.Message)
	}
	for _, want := range []string{
		`"resourceType":"TerminologyCapabilities"`, `{"uri":"http://hl7.org/fhir/administrative-gender","version":[{"code":"4.0.1","isDefault":true}],"subsumption":true}`,
		`"version":[{"code":"2.3.1","isDefault":false},{"code":"2.7","isDefault":true}]`, `"parameter":[{"name":"url"},{"name":"filter"}]`,
	} {
		if strings.Count(got.body, want) != 1 {
			t.Errorf("there is no %s", want)
		}
	}
	ask(t, app, "GET", "/metadata?mode=terminology", "", "If-None-Match", got.header.Get("ETag")).is(304)
	if other := ask(t, app, "GET", "/metadata?mode=full", "").is(200); !strings.Contains(other.body, `"CapabilityStatement"`) {
		t.Error("the mode full is no CapabilityStatement")
	}
}
