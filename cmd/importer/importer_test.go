package importer

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tree of files below a directory, by name.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func packedText(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func archiveText(t *testing.T, members ...string) string {
	t.Helper()
	var b strings.Builder
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: members[i], Mode: 0o644, Size: int64(len(members[i+1])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"a.json":         "A",
		"b.json.gz":      packedText(t, "B"),
		"c.ndjson":       "C1\n\n  C3  \r\nC4",
		"d.ndjson.gz":    packedText(t, "D1\nD2\n"),
		"e.tar.gz":       packedText(t, archiveText(t, "x/e1.json", "E1", "x/e2.json.gz", packedText(t, "E2"), "x/e3.ndjson", "E3a\nE3b\n", "x/readme.md", "no", "x/.hidden.json", "no")),
		"f.tgz":          packedText(t, archiveText(t, "f1.json", "F1")),
		"g.tar":          archiveText(t, "g1.json", "G1"),
		"h/deep/er.JSON": "H",
		"i.txt":          "no",
		".hidden.json":   "no",
		"bom.json":       "\xef\xbb\xbfBOM",
	})
	var got []string
	visit := func(name string, load func() ([]byte, error)) error {
		body, err := load()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		got = append(got, rel+"="+string(body))
		return nil
	}
	if err := Files(dir)(visit); err != nil {
		t.Fatal(err)
	}
	want := []string{"a.json=A", "b.json.gz=B", "bom.json=BOM", "c.ndjson:1=C1", "c.ndjson:3=C3", "c.ndjson:4=C4", "d.ndjson.gz:1=D1", "d.ndjson.gz:2=D2",
		"e.tar.gz:x/e1.json=E1", "e.tar.gz:x/e2.json.gz=E2", "e.tar.gz:x/e3.ndjson:1=E3a", "e.tar.gz:x/e3.ndjson:2=E3b", "f.tgz:f1.json=F1", "g.tar:g1.json=G1", "h/deep/er.JSON=H"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	// A name that says nothing is read as JSON when somebody gives it.
	got = nil
	if err := Files(filepath.Join(dir, "i.txt"))(visit); err != nil || !slices.Equal(got, []string{"i.txt=no"}) {
		t.Errorf("got %q %v", got, err)
	}
	if err := Files(filepath.Join(dir, "nowhere"))(visit); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing path is %v", err)
	}
}

func TestLongLine(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"x.ndjson": "first\n" + strings.Repeat("x", MaxDocument+10) + "\nlast\n"})
	var got []string
	err := Files(dir)(func(_ string, load func() ([]byte, error)) error {
		body, err := load()
		got = append(got, fmt.Sprint(string(body), " ", err))
		return nil
	})
	if want := []string{"first <nil>", " " + errTooLarge.Error(), "last <nil>"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v", got, err)
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	set := func(names string) map[string]bool {
		m := map[string]bool{}
		for name := range strings.FieldsSeq(names) {
			m[name] = true
		}
		return m
	}
	for _, row := range []struct {
		name string
		docs [][2]string // provides, needs
		want map[string]int
	}{
		{"hospital, doctors, patients", [][2]string{{"Patient Encounter", "Practitioner Organization"}, {"Practitioner Role", "Organization"}, {"Organization", ""}},
			map[string]int{"Organization": 0, "Practitioner": 1, "Role": 1, "Patient": 2, "Encounter": 2}},
		{"chain", [][2]string{{"A", "B"}, {"B", "C"}, {"C", ""}}, map[string]int{"A": 2, "B": 1, "C": 0}},
		{"circle shares a rank", [][2]string{{"A", "B"}, {"B", "A C"}, {"C", ""}, {"D", "A"}}, map[string]int{"A": 1, "B": 1, "C": 0, "D": 2}},
		{"to itself", [][2]string{{"A", "A"}}, map[string]int{"A": 0}},
		{"what nobody provides does not count", [][2]string{{"A", "X"}}, map[string]int{"A": 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := graph{}
			for _, d := range row.docs {
				g.add(set(d[0]), set(d[1]))
			}
			if got := g.ranks(); !maps.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, body, want string }{
		{"with id", `{"resourceType":"Basic","id":"a"}`, `PUT Basic/a {"resourceType":"Basic","id":"a"}`},
		{"without id", `{"resourceType":"Basic"}`, `POST Basic {"resourceType":"Basic"}`},
		{"bad id", `{"resourceType":"Basic","id":"a b"}`, `error Basic.id is not an id`},
		{"transaction", `{"resourceType":"Bundle","type":"transaction"}`, `POST  {"resourceType":"Bundle","type":"transaction"}`},
		{"batch", `{"resourceType":"Bundle","type":"batch","entry":[{"x":1},{"y":2}]}`,
			`POST  {"resourceType":"Bundle","type":"batch","entry":[{"x":1}]} | POST  {"resourceType":"Bundle","type":"batch","entry":[{"y":2}]}`},
		{"collection", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Basic","id":"a"}},{"fullUrl":"x"},{"resource":{"resourceType":"Basic"}}]}`,
			`PUT Basic/a {"resourceType":"Basic","id":"a"} | POST Basic {"resourceType":"Basic"}`},
		{"linked collection", `{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Basic"}},{"resource":{"resourceType":"Basic","id":"b","subject":{"reference":"urn:uuid:1"}}}]}`,
			`POST  {"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Basic"},"request":{"method":"POST","url":"Basic"}},` +
				`{"resource":{"resourceType":"Basic","id":"b","subject":{"reference":"urn:uuid:1"}},"request":{"method":"PUT","url":"Basic/b"}}]}`},
		{"no type", `{"resourceType":"Bundle"}`, ``},
		{"history", `{"resourceType":"Bundle","type":"history"}`, `error a bundle of type history tells what happened elsewhere; it cannot be taken in`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := read([]byte(row.body))
			if err != nil {
				t.Fatal(err)
			}
			requests, err := c.requests([]byte(row.body))
			var got []string
			for _, r := range requests {
				got = append(got, r.method+" "+r.path+" "+string(r.body))
			}
			if err != nil {
				got = []string{"error " + err.Error()}
			}
			if text := strings.Join(got, " | "); text != row.want {
				t.Errorf("got  %s\nwant %s", text, row.want)
			}
		})
	}
}

// target is the world outside: a server that has moods.
type target struct {
	mu    sync.Mutex
	order []string
	keys  map[string]bool
	busy  int // answers 503 that many times first
}

func (s *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	switch {
	case s.busy > 0:
		s.busy--
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	case s.keys[key]:
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"duplicate"}]}`)
	case strings.Contains(string(body), "refuse"):
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","diagnostics":"no","expression":["Basic.code[3]"]}]}`)
	default:
		s.keys[key] = true
		s.order = append(s.order, strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(http.StatusCreated)
	}
}

func run(t *testing.T, s *target, dir string) (*Report, error) {
	t.Helper()
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	server := httptest.NewServer(s)
	defer server.Close()
	im := &Importer{Base: server.URL, Client: server.Client(), Concurrency: 4, Budget: 1 << 20, Log: slog.New(slog.DiscardHandler)}
	return im.Run(context.Background(), Files(dir))
}

func TestImportOrdersAndRepeats(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"1.json": `{"resourceType":"Visit","id":"v","who":{"reference":"Person/p"}}`,
		"2.json": `{"resourceType":"Person","id":"p","at":{"reference":"Place?name=x"}}`,
		"3.json": `{"resourceType":"Place","id":"x"}`,
		"4.json": `{"not":"fhir"}`,
	})
	s := &target{busy: 1}
	report, err := run(t, s, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Place/x", "Person/p", "Visit/v"}; !slices.Equal(s.order, want) {
		t.Errorf("order %v", s.order)
	}
	if d := report.Done; d.Taken != 3 || d.Before != 0 || d.Passed != 1 || d.Documents != 3 || report.Refused() != 0 {
		t.Errorf("report %+v", d)
	}
	if report, err = run(t, s, dir); err != nil {
		t.Fatal(err)
	}
	if d := report.Done; d.Taken != 0 || d.Before != 3 {
		t.Errorf("second report %+v", d)
	}
}

func TestImportReportsRefusals(t *testing.T) {
	t.Parallel()
	content := map[string]string{"broken.json": `{"resourceType":`}
	for i := range 7 {
		content[fmt.Sprintf("%d.json", i)] = fmt.Sprintf(`{"resourceType":"Basic","id":"%d","x":"refuse"}`, i)
	}
	report, err := run(t, &target{}, files(t, content))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	report.Write(&b)
	for _, want := range []string{"taken in: 0 resources; refused: 8\n", "\n7 × 422 processing: no (Basic.code[n])\n", ", Basic.code[3]\n", "  and 2 more\n", "\n1 × structure: the JSON text ends too early"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

func TestServerAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	im := &Importer{Base: "http://127.0.0.1:1", Client: http.DefaultClient, Concurrency: 2, Budget: 1, Log: slog.New(slog.DiscardHandler)}
	dir := files(t, map[string]string{"a.json": `{"resourceType":"Basic"}`})
	if _, err := im.Run(ctx, Files(dir)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled import ends with %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic"}}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Basic","id":"a","x":{"reference":"Basic/b"}}},{"resource":7},[]]}`))
	f.Add([]byte(`{"resourceType":"Basic","reference":"Basic?x=1"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := read(body)
		if err != nil {
			return
		}
		requests, err := c.requests(body)
		if err != nil {
			return
		}
		for _, r := range requests {
			if !json.Valid(r.body) {
				t.Errorf("request is not JSON: %s", r.body)
			}
		}
	})
}
