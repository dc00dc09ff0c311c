package terminology_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// server is what is stored, and the service that a caller talks to.
type server struct {
	fhir.Service
	mu         sync.Mutex
	resources  map[fhir.Key]fhir.Resource
	hidden     map[fhir.Key]bool
	generation int64
	finds      int
}

// zoo is a server with the resources of testdata/zoo.txtar.
func zoo(t testing.TB) (*server, *terminology.Registry) {
	t.Helper()
	text, err := os.ReadFile("testdata/zoo.txtar")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{resources: map[fhir.Key]fhir.Resource{}, hidden: map[fhir.Key]bool{}, generation: 1}
	for _, f := range txtar.Parse(text).Files {
		s.put(t, string(f.Data))
	}
	r := terminology.New(spec.R4(), s)
	r.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	return s, r
}

// put stores a resource, as the next version if it is there.
func (s *server) put(t testing.TB, text string) {
	t.Helper()
	var r struct{ ResourceType, ID string }
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %.100s", err, text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := fhir.Key{Type: r.ResourceType, ID: r.ID}
	version := s.resources[k].Version + 1
	s.resources[k] = fhir.Resource{Key: fhir.Key{Type: k.Type, ID: k.ID, Version: version}, JSON: []byte(text)}
	s.generation++
}

func (s *server) Generation(context.Context, bool) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation, nil
}

// Find knows the search parameters that the registry uses.
func (s *server) Find(_ context.Context, typ, query string) ([]fhir.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds++
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	var list []fhir.Resource
	for k, res := range s.resources {
		var r struct {
			URL, Supplements string
			Group            []struct{ Source, Target string }
		}
		if k.Type != typ || json.Unmarshal(res.JSON, &r) != nil {
			continue
		}
		has := map[string][]string{"url": {r.URL}, "supplements": {r.Supplements}}
		for _, g := range r.Group {
			has["source-system"], has["target-system"] = append(has["source-system"], g.Source), append(has["target-system"], g.Target)
		}
		for name, wanted := range values {
			if slices.Contains(has[name], strings.ReplaceAll(wanted[0], `\`, "")) {
				list = append(list, res)
			}
		}
	}
	slices.SortFunc(list, func(a, b fhir.Resource) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

func (s *server) Read(_ context.Context, k fhir.Key) (fhir.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	res, ok := s.resources[k]
	if !ok || s.hidden[k] {
		return fhir.Resource{}, fhir.Errorf(fhir.NotFound, "there is none")
	}
	return res, nil
}

// Search says how many of one id there are that the caller may see.
func (s *server) Search(_ context.Context, q fhir.Search) (fhir.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _, _ := strings.Cut(strings.TrimPrefix(q.Query, "_id="), "&")
	n := 0
	if k := (fhir.Key{Type: q.Type, ID: id}); s.resources[k].JSON != nil && !s.hidden[k] {
		n = 1
	}
	return fhir.Page{Total: &n}, nil
}

// call runs an operation: Type/$name?query or Type/id/$name?query, with a body
// or without.
func call(r *terminology.Registry, svc fhir.Service, request, body string) (string, error) {
	path, query, _ := strings.Cut(request, "?")
	parts := strings.Split(path, "/")
	op := fhir.Operation{Method: fhir.GET, Key: fhir.Key{Type: parts[0]}, Name: strings.TrimPrefix(parts[len(parts)-1], "$"), Query: query}
	if len(parts) == 3 {
		op.Key.ID = parts[1]
	}
	if body != "" {
		op.Method, op.JSON = fhir.POST, []byte(body)
	}
	for _, o := range r.Operations() {
		if o.Name == op.Name && o.Resource == op.Key.Type && (op.Key.ID == "" && o.Type || op.Key.ID != "" && o.Instance) {
			res, err := o.Do(context.Background(), svc, op)
			return string(res.Resource.JSON), err
		}
	}
	return "", fhir.Errorf(fhir.NotFound, "there is no such operation")
}

// parses says whether a resource is JSON that a server would have stored.
func (s *server) parses(typ, id string) bool {
	_, err := tree.Parse(s.resources[fhir.Key{Type: typ, ID: id}].JSON)
	return err == nil
}
