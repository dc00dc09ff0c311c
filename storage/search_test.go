package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// base is the server's own base URL in the cases.
const base = "http://127.0.0.1:8080/fhir"

// shelf is a store with the parameters of R4.
type shelf struct {
	testing.TB
	*storage.Resources
	registry *search.Registry
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s := &shelf{TB: t, Resources: open(t, storagetest.Postgres(t)), registry: search.NewRegistry(spec.R4())}
	s.registry.Base = base
	s.registry.Now = func() time.Time { return now }
	return s
}

// write is the creation of a resource as the engine would write it.
func (s *shelf) write(json string, at time.Time) engine.Write {
	s.Helper()
	d, err := tree.Parse([]byte(strings.TrimSpace(json)))
	if err != nil {
		s.Fatalf("%v in %s", err, json)
	}
	values, err := s.registry.Extract(d)
	if err != nil {
		s.Fatal(err)
	}
	key := fhir.Key{Type: d.Text(d.Find("resourceType")), ID: d.Text(d.Find("id")), Version: 1}
	return engine.Write{Resource: fhir.Resource{Key: key, Updated: at, Method: fhir.PUT, JSON: d.Bytes()}, New: values}
}

// put creates resources, a second apart from each other.
func (s *shelf) put(list ...string) {
	s.Helper()
	var writes []engine.Write
	for i, json := range list {
		writes = append(writes, s.write(json, now.Add(time.Duration(i)*time.Second)))
	}
	if err := commit(s, s.Resources, everything, writes...); err != nil {
		s.Fatal(err)
	}
}

// ask runs "Type?query", "?query" or "Type/id/Type?query" behind a fence and
// follows the pages.
func (s *shelf) ask(f engine.Fence, text string) (answer, error) {
	s.Helper()
	path, query, _ := strings.Cut(text, "?")
	r := search.Request{Type: path, Query: query}
	if parts := strings.Split(path, "/"); len(parts) == 3 {
		r.Compartment, r.Type = fhir.Key{Type: parts[0], ID: parts[1]}, strings.TrimPrefix(parts[2], "*")
	}
	var a answer
	for page := 0; ; page++ {
		q, err := s.registry.Parse(r)
		if err != nil {
			return a, err
		}
		found, err := s.Search(context.Background(), f, q)
		if err != nil {
			return a, err
		}
		if page == 0 {
			a.total = found.Total
		}
		for _, m := range found.Match {
			a.match = append(a.match, m.Current().String())
		}
		for _, m := range found.Include {
			a.include = append(a.include, m.Current().String())
		}
		if len(found.Match) > q.Count {
			s.Errorf("%s: page %d has %d matches", text, page, len(found.Match))
		}
		if (found.Prev != nil) != (page > 0) {
			s.Errorf("%s: page %d: previous page %v", text, page, found.Prev)
		}
		if found.Next == nil {
			return a, nil
		}
		r.Query = query + "&_cursor=" + found.Next.Encode()
	}
}

type answer struct {
	match, include []string
	total          *int
}

// String is the answer as the cases write it.
func (a answer) String() string {
	var parts []string
	parts = append(parts, a.match...)
	for _, i := range a.include {
		parts = append(parts, "+"+i)
	}
	if a.total != nil {
		parts = append(parts, fmt.Sprintf("total=%d", *a.total))
	}
	return strings.Join(parts, " ")
}

// TestSearchCases runs the conformance cases of fhir/search/testdata. A file
// has resources, and queries with what they find: in any order if the query
// does not sort, "+" before what is included, "error code [parameter]" for
// refusals.
func TestSearchCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../fhir/search/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newShelf(t)
			for _, part := range archive.Files {
				lines := slices.DeleteFunc(strings.Split(string(part.Data), "\n"), func(l string) bool { return l == "" || strings.HasPrefix(l, "#") })
				if part.Name == "resources" {
					s.put(lines...)
					continue
				}
				for _, line := range lines {
					query, want, ok := strings.Cut(line, " => ")
					if !ok {
						query, ok = strings.CutSuffix(line, " =>")
					}
					if !ok {
						t.Fatalf("not a case: %s", line)
					}
					s.check(strings.TrimSpace(query), strings.TrimSpace(want))
				}
			}
		})
	}
}

// check asks three times: as it stands, in pages of one, and behind a fence
// that hides nothing but stands in the statement.
func (s *shelf) check(query, want string) {
	s.Helper()
	whole := engine.Fence{Types: map[string]engine.Area{}}
	for _, typ := range spec.R4().ResourceTypes() {
		whole.Types[typ] = entire
	}
	paged := query + "&_count=1"
	if !strings.Contains(query, "?") {
		paged = query + "?_count=1"
	}
	for _, ask := range []struct {
		query string
		fence engine.Fence
	}{{query, everything}, {paged, everything}, {query, whole}} {
		if ask.query == paged && (strings.Contains(query, "_count=") || strings.Contains(query, "include=")) {
			continue
		}
		a, err := s.ask(ask.fence, ask.query)
		got := a.String()
		if err != nil {
			got = "error " + string(fhir.CodeOf(err))
			if e, ok := err.(*fhir.Error); ok && e.Expression != "" {
				got += " " + e.Expression
			}
		}
		if sortWords(got, query) != sortWords(want, query) {
			s.Errorf("%s\n got %s\nwant %s (%v)", ask.query, got, want, err)
		}
	}
}

func sortWords(s, query string) string {
	if strings.Contains(query, "_sort=") || strings.HasPrefix(s, "error ") {
		return s
	}
	words := strings.Fields(s)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// TestPagesBackwards walks to the last page and back: every page is found
// again, in every kind of order.
func TestPagesBackwards(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	var list []string
	for i := range 7 {
		birth := fmt.Sprintf(`,"birthDate":"19%02d"`, 80+i%3)
		if i == 5 {
			birth = ""
		}
		list = append(list, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","gender":"male","name":[{"family":"%c"}]%s}`, i, 'A'+i%2, birth))
	}
	s.put(list...)
	for _, query := range []string{"", "gender=male", "_sort=birthdate", "_sort=-birthdate,family", "family=a&_sort=-birthdate", "_sort=-_lastUpdated", "_sort=_id", "_sort=-_id", "gender=male&_sort=-_id", "family=a,b"} {
		for count := 1; count <= 4; count++ {
			var pages []string
			var prev *search.Cursor
			ask := func(after *search.Cursor) engine.SearchPage {
				q, err := s.registry.Parse(search.Request{Type: "Patient", Query: fmt.Sprintf("%s&_count=%d", query, count)})
				if err != nil {
					t.Fatal(err)
				}
				if after != nil {
					if q.After, err = search.DecodeCursor(after.Encode()); err != nil {
						t.Fatal(err)
					}
				}
				page, err := s.Search(context.Background(), everything, q)
				if err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				return page
			}
			text := func(page engine.SearchPage) string {
				var ids []string
				for _, m := range page.Match {
					ids = append(ids, m.ID)
				}
				return strings.Join(ids, " ")
			}
			for page := ask(nil); ; page = ask(page.Next) {
				pages = append(pages, text(page))
				if prev = page.Prev; page.Next == nil {
					break
				}
			}
			for i := len(pages) - 2; i >= 0; i-- {
				page := ask(prev)
				if got := text(page); got != pages[i] {
					t.Fatalf("%q by %d: page %d is %q, going back it is %q", query, count, i, pages[i], got)
				}
				if again := text(ask(page.Next)); again != pages[i+1] {
					t.Fatalf("%q by %d: after page %d comes %q, coming back it is %q", query, count, i, pages[i+1], again)
				}
				prev = page.Prev
			}
			if prev != nil {
				t.Errorf("%q by %d: there is a page before the first", query, count)
			}
		}
	}
}

// TestSearchFenced: what a fence hides is in no match, page, total or
// inclusion.
func TestSearchFenced(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(
		`{"resourceType":"Patient","id":"1","generalPractitioner":[{"reference":"Practitioner/p"}]}`, `{"resourceType":"Patient","id":"2","gender":"female"}`,
		`{"resourceType":"Practitioner","id":"p"}`, `{"resourceType":"Organization","id":"o"}`,
		`{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/1"},"performer":[{"reference":"Organization/o"}]}`,
		`{"resourceType":"Observation","id":"b","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/2"},"effectiveDateTime":"2020","hasMember":[{"reference":"Observation/a"}]}`,
		`{"resourceType":"Observation","id":"c","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/2"},"derivedFrom":[{"reference":"Observation/b"}],"performer":[{"reference":"Patient/1"}]}`)
	for query, want := range map[string]string{
		"Observation?":                                          "Observation/a Observation/c",
		"Observation?_count=1&_total=accurate":                  "Observation/a Observation/c total=2",
		"Observation?status=final":                              "Observation/a Observation/c",
		"Observation?status=final&_summary=count":               "total=2",
		"Observation?status:not=x":                              "Observation/a Observation/c",
		"Observation?subject=Patient/2":                         "Observation/c",
		"Observation?date=2020":                                 "",
		"Observation?date:missing=true":                         "Observation/a Observation/c",
		"Observation?_id=a,b":                                   "Observation/a",
		"Observation?_id=b":                                     "",
		"Observation?_lastUpdated=gt2000&_sort=-_lastUpdated":   "Observation/c Observation/a",
		"Observation?status=final&_sort=date":                   "Observation/a Observation/c",
		"Patient/2/Observation":                                 "Observation/c",
		"Patient?":                                              "Patient/1",
		"Organization?":                                         "",
		"?_id=1,2,o,p,b":                                        "Patient/1 Practitioner/p",
		"Observation?_id=a&_include=Observation:performer":      "Observation/a",
		"Observation?_id=c&_include=Observation:*":              "Observation/c +Patient/1",
		"Observation?_id=a&_revinclude=Observation:has-member":  "Observation/a",
		"Patient?_id=1&_revinclude=Observation:patient":         "Patient/1 +Observation/a",
		"Patient?_id=1&_revinclude=Observation:performer":       "Patient/1 +Observation/c",
		"Patient?_id=1&_include=Patient:general-practitioner":   "Patient/1 +Practitioner/p",
		"Patient?_id=2&_revinclude=Observation:patient":         "",
		"Observation?_include:iterate=Observation:derived-from": "Observation/a Observation/c",
	} {
		a, err := s.ask(within("1"), query)
		if got := a.String(); err != nil || sortWords(got, query) != sortWords(want, query) {
			t.Errorf("%s: %q %v, want %q", query, got, err, want)
		}
	}
	// A clause of a grant narrows a type, also where it is only looked at.
	for clause, cases := range map[string]map[string]string{
		"gender=female":                         {"Patient?": "Patient/2", "Patient?_id=1": "", "Patient?_total=accurate": "Patient/2 total=1", "Observation?subject:Patient._id=1": "", "Observation?subject:Patient._id=2": "Observation/b Observation/c", "Observation?_id=a&_include=Observation:subject": "Observation/a"},
		"_has:Observation:patient:code=nothing": {"Patient?": ""},
		"general-practitioner.name=nobody":      {"Patient?": "", "Observation?patient.gender=female": ""},
	} {
		q, err := s.registry.Parse(search.Request{Type: "Patient", Query: clause, Criteria: true})
		if err != nil {
			t.Fatal(err)
		}
		f := engine.Fence{Types: map[string]engine.Area{"Observation": entire, "Patient": where(q)}}
		for query, want := range cases {
			a, err := s.ask(f, query)
			if got := a.String(); err != nil || sortWords(got, query) != sortWords(want, query) {
				t.Errorf("%s behind %s: %q %v, want %q", query, clause, got, err, want)
			}
		}
	}
	if a, err := s.ask(engine.Fence{}, "Observation?status=final&_total=accurate"); err != nil || a.String() != "total=0" {
		t.Errorf("the fence that shows nothing shows %q %v", a, err)
	}
}
