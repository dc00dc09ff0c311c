package cmd

// The law of fences: what a caller cannot see must not show in anything the
// server says. Two servers are filled with the same records, one with all of
// them and one with those only that the caller may see; then every kind of
// request goes to both, behind the same policy, and status, headers, body,
// totals and links have to be the same.

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// policy refuses some types, opens some and fences the rest.
type policy struct {
	refused, open []string
	within        []string
}

// homes are the compartments of the policy.
func (p policy) homes() []fhir.Homes {
	var homes fhir.Homes
	for _, w := range p.within {
		typ, id, _ := strings.Cut(w, "/")
		homes = append(homes, fhir.Home{Key: fhir.Key{Type: typ, ID: id}})
	}
	return []fhir.Homes{homes}
}

func (p policy) Permit(_ context.Context, a fhir.Access) (fhir.Grant, error) {
	for _, t := range p.refused {
		if t == a.Type {
			return fhir.Grant{}, fhir.Errorf(fhir.Forbidden, "you have no access to this type")
		}
	}
	for _, t := range p.open {
		if t == a.Type {
			return fhir.Grant{Anywhere: true}, nil
		}
	}
	return fhir.Grant{Slices: []fhir.Slice{{Within: p.homes()}}}, nil
}

// world is a server whose clock and ids are turned by the test.
type world struct {
	open, fenced *fiber.App // the same store behind two gates
	now          time.Time
	ids          int
}

func newWorld(t *testing.T, p engine.Gate) *world {
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
	w := &world{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	params := search.NewRegistry(spec.R4())
	pages, err := search.NewPages(make([]byte, search.PageKeySize))
	if err != nil {
		t.Fatal(err)
	}
	app := func(g engine.Gate) *fiber.App {
		e := &engine.Engine{Spec: spec.R4(), Params: params, Store: storage.NewResources(db, params), Gate: g, Pages: pages,
			Objects:    storage.NewObjects(db, blob.New(dir, "")),
			Operations: ownOperations(),
			Now:        func() time.Time { return w.now },
			NewID:      func() string { w.ids++; return fmt.Sprintf("made-%d", w.ids) },
		}
		a := rest.NewApp()
		rest.Mount(a.Group("/fhir"), e, rest.Config{Base: "http://test/fhir", Spec: spec.R4(), Params: params, Now: func() time.Time { return w.now }})
		return a.App
	}
	w.open, w.fenced = app(authz.Open{}), app(p)
	return w
}

// request is one thing that is asked; lines after the first are headers, the
// body follows an empty line.
type request string

func (r request) send(t *testing.T, app *fiber.App) (status int, header http.Header, body string) {
	t.Helper()
	head, content, _ := strings.Cut(string(r), "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, url, _ := strings.Cut(lines[0], " ")
	req := httptest.NewRequest(method, "/fhir/"+url, strings.NewReader(content))
	req.Host = "test"
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Accept", "application/fhir+json")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := app.Test(req, 60_000)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

var (
	cursors = regexp.MustCompile(`_(cursor|page)=[^"&]+`)
	nexts   = regexp.MustCompile(`"relation":"next","url":"http://test/fhir/([^"]+)"`)
)

// same sends a request to both worlds and compares all that comes back. It
// follows the pages, and returns the first body.
func same(t *testing.T, all, visible *world, r request) (first string) {
	t.Helper()
	all.now = all.now.Add(time.Second)
	visible.now = all.now
	for a, b, page := r, r, 0; page < 20; page++ {
		status1, header1, body1 := a.send(t, all.fenced)
		status2, header2, body2 := b.send(t, visible.fenced)
		if status1 >= 500 || status2 >= 500 {
			t.Errorf("%s\nanswered %d and %d: %s", r, status1, status2, body1)
		}
		if status1 != status2 {
			t.Errorf("%s\nstatus %d with hidden data, %d without\n%.400s\n%.400s", r, status1, status2, body1, body2)
			return first
		}
		for _, name := range []string{"Etag", "Last-Modified", "Location", "Content-Type", "Content-Length", "Retry-After"} {
			if name != "Content-Length" && header1.Get(name) != header2.Get(name) {
				t.Errorf("%s\n%s %q with hidden data, %q without", r, name, header1.Get(name), header2.Get(name))
			}
		}
		if x, y := cursors.ReplaceAllString(body1, "_page="), cursors.ReplaceAllString(body2, "_page="); x != y {
			t.Errorf("%s\nbody with hidden data\n%.1500s\nand without\n%.1500s", r, x, y)
			return first
		}
		n1, n2 := nexts.FindStringSubmatch(body1), nexts.FindStringSubmatch(body2)
		if page == 0 {
			first = body1
		}
		if n1 == nil || n2 == nil {
			return first
		}
		unescape := strings.NewReplacer(`\u0026`, "&")
		a, b = request("GET "+unescape.Replace(n1[1])), request("GET "+unescape.Replace(n2[1]))
	}
	t.Errorf("%s: more than 20 pages", r)
	return first
}

// seed is the records: of patient 1, who asks, and of patient 2, who is hidden.
func seed() (visible, hidden []request) {
	put := func(id, body string) request {
		return request("PUT " + id + "\n\n" + body)
	}
	both := func(format string) {
		for _, p := range []string{"1", "2"} {
			r := strings.ReplaceAll(format, "#", p)
			id, body, _ := strings.Cut(r, " ")
			if p == "1" {
				visible = append(visible, put(id, body))
			} else {
				hidden = append(hidden, put(id, body))
			}
		}
	}
	visible = append(visible,
		put("Organization/org", `{"resourceType":"Organization","id":"org","name":"Clinic","identifier":[{"system":"urn:x","value":"org"}]}`),
		put("Practitioner/doc", `{"resourceType":"Practitioner","id":"doc","name":[{"family":"House"}],"identifier":[{"system":"urn:x","value":"doc"}]}`))
	hidden = append(hidden,
		put("Basic/b", `{"resourceType":"Basic","id":"b","code":{"text":"of a refused type"},"subject":{"reference":"Patient/1"}}`))
	both(`Patient/# {"resourceType":"Patient","id":"#","identifier":[{"system":"urn:mrn","value":"m#"}],"name":[{"family":"Family#"}],"birthDate":"198#-02-03","gender":"female","generalPractitioner":[{"reference":"Practitioner/doc"}]}`)
	for i := range 5 {
		both(fmt.Sprintf(`Observation/o#%d {"resourceType":"Observation","id":"o#%d","status":"final","identifier":[{"system":"urn:obs","value":"#%d"}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/#"},"effectiveDateTime":"2020-0%d-01","valueQuantity":{"value":7%d,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}`, i, i, i, i+1, i))
	}
	both(`Condition/c# {"resourceType":"Condition","id":"c#","code":{"text":"x"},"subject":{"reference":"Patient/#"},"asserter":{"reference":"Practitioner/doc"}}`)
	both(`Binary/b# {"resourceType":"Binary","id":"b#","contentType":"text/plain","data":"aGVsbG8="}`)
	both(`Observation/moved# {"resourceType":"Observation","id":"moved#","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/#"}}`)
	hidden = append(hidden,
		request("DELETE Observation/o20"),
		put("Observation/o21", `{"resourceType":"Observation","id":"o21","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/2"}}`),
		put("Observation/away", `{"resourceType":"Observation","id":"away","status":"final","code":{"text":"first mine, then not"},"subject":{"reference":"Patient/2"}}`))
	visible = append(visible, put("Observation/o11", `{"resourceType":"Observation","id":"o11","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/1"}}`), request("DELETE Observation/o14"))
	return visible, hidden
}

func worlds(t *testing.T, p policy) (all, some *world) {
	t.Helper()
	visible, hidden := seed()
	return worldsOf(t, p, visible, hidden)
}

func worldsOf(t *testing.T, p engine.Gate, visible, hidden []request) (all, some *world) {
	t.Helper()
	all, some = newWorld(t, p), newWorld(t, p)
	mix := rand.New(rand.NewPCG(1, 2)) // hidden records lie between the others
	for len(visible)+len(hidden) > 0 {
		all.now = all.now.Add(time.Second)
		some.now = all.now
		fill := func(r request, worlds ...*world) {
			for _, w := range worlds {
				if status, _, body := r.send(t, w.open); status >= 300 {
					t.Fatalf("%s: %d %s", r, status, body)
				}
			}
		}
		if len(visible) > 0 && (len(hidden) == 0 || mix.IntN(2) == 0) {
			fill(visible[0], all, some)
			visible = visible[1:]
			continue
		}
		fill(hidden[0], all)
		hidden = hidden[1:]
	}
	return all, some
}

// every is each kind of request, aimed at what is hidden, at what is missing
// and at what is visible.
func every() []request {
	var list []request
	add := func(r ...request) { list = append(list, r...) }
	for _, id := range []string{"Observation/o22", "Observation/nothing", "Observation/o12", "Observation/o20", "Observation/o14", "Observation/away", "Patient/2", "Patient/1", "Condition/c2", "Binary/b2", "Basic/b", "Organization/org"} {
		add(request("GET "+id), request("HEAD "+id), request("GET "+id+"/_history"), request("GET "+id+"/_history/1"), request("GET "+id+"/_history/2"),
			request("GET "+id+"?_summary=true"), request("GET "+id+"\nIf-None-Match: W/\"1\""), request("GET "+id+"\nIf-Modified-Since: Fri, 01 Jan 2027 00:00:00 GMT"))
	}
	add("GET Binary/b2\nAccept: */*", "GET Binary/b2\nAccept: */*\nRange: bytes=0-1", "GET Binary/nothing\nAccept: */*")
	for _, q := range []string{
		"Observation", "Observation?_count=2", "Observation?_summary=count", "Observation?_count=0", "Observation?_total=accurate&_count=1", "Observation?_sort=-_lastUpdated",
		"Observation?_sort=date", "Observation?_sort=-date&_count=2", "Observation?code=http://loinc.org|8867-4", "Observation?code=8867-4&_count=1", "Observation?subject=Patient/2", "Observation?patient=2", "Observation?patient=1",
		"Observation?subject=Patient/1&_include=Observation:subject", "Observation?_include=Observation:subject&_count=3", "Observation?_include=*", "Condition?_include=Condition:asserter",
		"Practitioner?_revinclude=Condition:asserter", "Practitioner?_revinclude=Patient:general-practitioner", "Practitioner?_id=doc&_revinclude=Condition:asserter&_revinclude=Patient:general-practitioner",
		"Patient", "Patient?_id=1,2", "Patient?name=family", "Patient?family=Family2", "Patient?birthdate=1982-02-03", "Patient?birthdate=gt1980", "Patient?identifier=urn:mrn|m2", "Patient?identifier=m2&_summary=count",
		"Patient?_lastUpdated=gt2020-01-01&_total=accurate", "Patient?gender=female&_total=accurate", "Observation?value-quantity=gt71&_total=accurate", "Observation?date=ge2020-03&_total=accurate", "Observation?identifier=urn:obs|22",
		"Observation?status=final&_elements=status", "Observation?status:not=final", "Basic", "Basic?subject=Patient/1", "Patient/1/Observation", "Patient/2/Observation", "Patient/2/*", "Patient/1/Condition?_count=1", "Patient/3/Observation",
		"Patient/1/$everything", "Patient/2/$everything", "Patient/3/$everything", "Patient/1/$everything?_count=2", "Patient/2/$everything?_count=2&_type=Observation", "Patient/1/$everything?start=2020-02&end=2020-03",
		"Patient/$everything", "Patient/$everything?_count=3", "Patient/$everything?_type=Observation&_since=2026-01-01T00:00:12Z", "Encounter/2/$everything", "Patient/1/$everything?nonsense=1",
		"Observation/$lastn?patient=2&code=8867-4", "Observation/$lastn?patient=1&code=8867-4&max=3", "Observation/$lastn?subject=Patient/1&category:missing=true&max=2", "Basic/$lastn", "Observation/1/$lastn",
		"Binary", "?_type=Patient,Observation", "?_type=Observation&_count=2", "?_type=Basic", "?_id=2", "Observation?_has:Condition:subject:code=x", "Observation?subject:Patient.name=Family2", "Observation?nonsense=1",
	} {
		add(request("GET " + q))
	}
	add("POST Observation/_search\nContent-Type: application/x-www-form-urlencoded\n\nsubject=Patient/2&_total=accurate")
	for _, h := range []string{"_history", "_history?_count=3", "Patient/_history", "Observation/_history?_count=2", "Observation/_history?_since=2026-01-01T00:00:10Z", "Basic/_history", "Observation/_history?_at=2026-01-01T00:00:20Z"} {
		add(request("GET " + h))
	}
	// Writes.
	const obs = `{"resourceType":"Observation","status":"final","code":{"text":"new"},"subject":{"reference":"Patient/%s"}%s}`
	body := func(patient, more string) string { return "\n\n" + fmt.Sprintf(obs, patient, more) }
	add(
		request("POST Observation"+body("1", "")), request("POST Observation"+body("2", "")), request("POST Observation"+body("3", "")),
		request("POST Observation\nIf-None-Exist: identifier=urn:obs|22"+body("1", `,"identifier":[{"system":"urn:obs","value":"22"}]`)),
		request("POST Observation\nIf-None-Exist: identifier=urn:obs|12"+body("1", "")),
		request("POST Patient\nIf-None-Exist: identifier=urn:mrn|m2\n\n"+`{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"m2"}]}`),
		request("PUT Observation/o22"+body("1", `,"id":"o22"`)), request("PUT Observation/nothing"+body("1", `,"id":"nothing"`)),
		request("PUT Observation/o22\nIf-Match: W/\"1\""+body("1", `,"id":"o22"`)), request("PUT Observation/o12\nIf-Match: W/\"7\""+body("1", `,"id":"o12"`)),
		request("PUT Observation/o22\nIf-None-Match: *"+body("1", `,"id":"o22"`)),
		request("PUT Observation/o12"+body("1", `,"id":"o12"`)), request("PUT Observation/o12"+body("2", `,"id":"o12"`)), request("PUT Observation/o12"+body("3", `,"id":"o12"`)),
		request("PUT Observation/o14"+body("1", `,"id":"o14"`)), request("PUT Observation/o20"+body("1", `,"id":"o20"`)),
		request("PUT Observation?identifier=urn:obs|23"+body("1", "")), request("PUT Observation?identifier=urn:obs|13"+body("1", `,"identifier":[{"system":"urn:obs","value":"13"}]`)),
		request("PUT Observation?identifier=urn:obs|13"+body("2", "")),
		request("PUT Observation?identifier=urn:obs|none"+body("1", `,"id":"o22"`)), request("PUT Observation?identifier=urn:obs|none"+body("1", `,"id":"nothing"`)),
		request("PUT Observation?identifier=urn:obs|none"+body("1", `,"id":"o12"`)),
		"PATCH Observation/o22\nContent-Type: application/json-patch+json\n\n"+`[{"op":"replace","path":"/status","value":"amended"}]`,
		"PATCH Observation/nothing\nContent-Type: application/json-patch+json\n\n"+`[{"op":"replace","path":"/status","value":"amended"}]`,
		"PATCH Observation/o12\nContent-Type: application/json-patch+json\n\n"+`[{"op":"replace","path":"/subject/reference","value":"Patient/2"}]`,
		"PATCH Observation/o22\nContent-Type: application/json-patch+json\n\n"+`[{"op":"test","path":"/status","value":"x"}]`,
		"PATCH Observation?identifier=urn:obs|22\nContent-Type: application/json-patch+json\n\n"+`[{"op":"replace","path":"/status","value":"amended"}]`,
		"DELETE Observation/o22", "DELETE Observation/nothing", "DELETE Observation/o20", "DELETE Observation/o22\nIf-Match: W/\"1\"", "DELETE Patient/2", "DELETE Basic/b",
		"DELETE Observation?identifier=urn:obs|22", "DELETE Observation?subject=Patient/2", "DELETE Observation?identifier=urn:obs|12",
	)
	// Bundles.
	entry := func(method, url, resource, more string) string {
		if resource != "" {
			resource = `"resource":` + resource + `,`
		}
		return `{` + resource + `"request":{"method":"` + method + `","url":"` + url + `"` + more + `}}`
	}
	bundle := func(kind string, entries ...string) request {
		return request("POST \n\n" + `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`)
	}
	for _, kind := range []string{"transaction", "batch"} {
		add(
			bundle(kind, entry("GET", "Observation/o22", "", "")), bundle(kind, entry("GET", "Observation?subject=Patient/2", "", "")), bundle(kind, entry("GET", "Patient/2/_history", "", "")),
			bundle(kind, entry("GET", "Patient/1", "", ""), entry("GET", "Observation?_total=accurate", "", "")),
			bundle(kind, entry("POST", "Observation", fmt.Sprintf(obs, "2", ""), "")),
			bundle(kind, entry("POST", "Observation", fmt.Sprintf(obs, "1", ""), ""), entry("POST", "Observation", fmt.Sprintf(obs, "2", ""), "")),
			bundle(kind, entry("POST", "Observation", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=urn:mrn|m2"}}`, "")),
			bundle(kind, entry("POST", "Observation", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=urn:mrn|m1"}}`, "")),
			bundle(kind, entry("POST", "Observation", fmt.Sprintf(obs, "1", ""), `,"ifNoneExist":"identifier=urn:obs|23"`)),
			bundle(kind, entry("PUT", "Observation/o23", fmt.Sprintf(obs, "1", `,"id":"o23"`), "")), bundle(kind, entry("DELETE", "Observation/o23", "", "")),
			bundle(kind, entry("DELETE", "Observation?subject=Patient/2", "", "")), bundle(kind, entry("GET", "Basic/b", "", "")),
		)
	}
	add("GET Observation?_total=accurate", "GET _history?_count=5", "GET metadata")
	return list
}

func TestHiddenDataLeaveNoTrace(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]policy{
		"compartment":         {refused: []string{"Basic"}, open: []string{"Organization", "Practitioner"}, within: []string{"Patient/1"}},
		"compartment of none": {refused: []string{"Basic"}, open: []string{"Organization", "Practitioner", "Location"}, within: []string{"Patient/1", "Patient/absent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, some := worlds(t, p)
			for _, r := range every() {
				same(t, all, some, r)
			}
		})
	}
}

// TestFenceOpensWhatItShould keeps the comparison honest: a server that hides
// everything would pass it.
func TestFenceOpensWhatItShould(t *testing.T) {
	t.Parallel()
	all, _ := worlds(t, policy{refused: []string{"Basic"}, open: []string{"Organization", "Practitioner"}, within: []string{"Patient/1"}})
	for _, c := range []struct {
		r    request
		want string
	}{
		{"GET Patient/1", `"Family1"`},
		{"GET Observation?_summary=count", `"total":5`},
		{"GET Observation/o11/_history", `"total":2`},
		{"GET Patient/1/Condition", `"c1"`},
		{"GET Condition?_include=Condition:asserter", `"House"`},
		{"GET Observation/o14/_history/1", `"o14"`},
		{"GET Practitioner?_revinclude=Condition:asserter", `"c1"`},
		{"GET ?_type=Patient,Organization&_total=accurate", `"total":2`},
		{"POST Observation\n\n" + `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/1"}}`, `"made-1"`},
	} {
		status, _, body := c.r.send(t, all.fenced)
		if status >= 300 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d, no %s in %.600s", c.r, status, c.want, body)
		}
	}
	status, _, body := request("GET Basic/b").send(t, all.fenced)
	if status != 403 || strings.Contains(body, "refused type") {
		t.Errorf("a refused type answered %d %s", status, body)
	}
}
