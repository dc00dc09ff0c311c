package scenario_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/benchtest"
	"github.com/webdoctor/webdoctor/bench/client"
	"github.com/webdoctor/webdoctor/bench/raw"
	"github.com/webdoctor/webdoctor/bench/scenario"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

var postgres *embedded.Postgres

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "scenario")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	postgres, err = embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	defer postgres.Stop(ctx)
	return m.Run()
}

// env is a loaded server with or without a raw side.
func env(t *testing.T, s *benchtest.Server, bundles int, db *raw.Database) *scenario.Env {
	t.Helper()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	c, err := client.New(web.URL+"/fhir", "")
	if err != nil {
		t.Fatal(err)
	}
	e := &scenario.Env{Client: c, Raw: db, Exact: true, Fresh: true, Pages: 2}
	res, err := e.Load(t.Context(), bundles, 2, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if res.Bundles != bundles || res.Resources != bundles*b100.Size || len(e.Loaded) != bundles || res.Server <= 0 || (res.Raw > 0) != (db != nil) {
		t.Fatalf("%+v", res)
	}
	return e
}

// check prepares and checks one scenario.
func check(t *testing.T, e *scenario.Env, s scenario.Scenario) error {
	t.Helper()
	if s.Writes { // and so do the checks before it
		e.Fresh = false
	}
	if s.Prepare != nil {
		if err := s.Prepare(t.Context(), e); err != nil {
			return err
		}
	}
	conn := e.Client.Conn()
	defer conn.Close()
	return s.Check(t.Context(), e, conn)
}

func TestRightServerPassesEveryCheck(t *testing.T) {
	t.Parallel()
	e := env(t, benchtest.New(), 20, nil)
	for _, s := range scenario.Table() {
		if s.Check == nil || s.Group == scenario.Shapes {
			continue // shapes30 asks the same
		}
		if err := check(t, e, s); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// One way to be wrong per row, and the scenarios that have to notice.
func TestWrongServerIsFoundOut(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(with), 1) }
	}
	answer := func(match func(*http.Request) bool, status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if match(r) {
				w.Header().Set("Content-Type", client.FHIRJSON)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}
			return match(r)
		}
	}
	type spoil = func([]byte) []byte
	type before = func(http.ResponseWriter, *http.Request) bool
	for name, c := range map[string]struct {
		spoil   spoil
		before  before
		noticed string
		may     bool // be noticed by other searches as well, depending on what is drawn
	}{
		"rewrites a number":               {replace(`129.16,`, `129.160,`), nil, "read tx100 batch100 crud9 everything mixed", false},
		"sorts members":                   {replace(`"code":"MR","display":"Medical Record Number"`, `"display":"Medical Record Number","code":"MR"`), nil, "read create update history crud9 tx100 batch100 everything mixed", true},
		"loses an extension":              {replace(`{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"F"},`, ``), nil, "read update history mixed", true},
		"loses a profile":                 {replace(`"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-encounter"]`, `"tag":[]`), nil, "read tx100 batch100 crud9 everything s_enc_pat_sort s_include mixed", true},
		"does not resolve references":     {replace(`"subject":{"reference":"Patient/`, `"subject":{"reference":"Patient/0`), nil, "mixed read tx2 tx100 batch100 crud9 s_obs_pat_code s_obs_pat_cat_sort s_enc_pat_sort s_chain s_has s_include s_revinclude everything", true},
		"answers creates by 200":          {nil, answer(func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/fhir/Patient" }, 200, "{}"), "create update history crud9 mixed", false},
		"knows no Range":                  {nil, func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }, "binary_range", false},
		"has no capabilities":             {nil, answer(func(r *http.Request) bool { return r.URL.Path == "/fhir/metadata" }, 200, "{}"), "metadata", false},
		"answers searches by nothing":     {nil, answer(func(r *http.Request) bool { return r.URL.RawQuery != "" }, 200, `{"resourceType":"Bundle","type":"searchset","total":0,"link":[{}]}`), "search mixed", true},
		"deletes without effect":          {nil, answer(func(r *http.Request) bool { return r.Method == "DELETE" }, 204, ""), "crud9", false},
		"takes a history for a searchset": {nil, answer(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "_history") }, 200, `{"resourceType":"Bundle","type":"searchset"}`), "history", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := benchtest.New()
			e := env(t, s, 4, nil)
			s.Before, s.Spoil = c.before, c.spoil
			for _, sc := range scenario.Table() {
				if sc.Check == nil {
					continue
				}
				if !c.may && sc.Searches() && sc.Group != scenario.Search || sc.Group == scenario.Shapes {
					continue // shapes30 asks the same
				}
				must := false
				for _, n := range strings.Fields(c.noticed) {
					must = must || n == sc.Name || n == sc.Group
				}
				err := check(t, e, sc)
				if errors.Is(err, scenario.ErrTooFew) || c.may && sc.Searches() && !must {
					continue
				}
				if (err != nil) != must {
					t.Errorf("%s: should it notice? %v; it says: %v", sc.Name, must, err)
				}
			}
		})
	}
}

// Another server may order members as it likes, as long as it says the same.
func TestOrderIsOursAlone(t *testing.T) {
	t.Parallel()
	s := benchtest.New()
	e := env(t, s, 2, nil)
	s.Spoil = func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"code":"MR","display":"Medical Record Number"`), []byte(`"display":"Medical Record Number", "code":"MR"`), 1)
	}
	chosen, err := scenario.Select([]string{"create"})
	if err != nil {
		t.Fatal(err)
	}
	if err := check(t, e, chosen[0]); err == nil {
		t.Error("other bytes passed for the same")
	}
	e.Exact = false
	if err := check(t, e, chosen[0]); err != nil {
		t.Errorf("the same in another order was refused: %v", err)
	}
}

func TestBothSidesWork(t *testing.T) {
	t.Parallel()
	db, err := raw.Open(t.Context(), postgres.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	e := env(t, benchtest.New(), 14, db)
	if err := db.ForSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := slices.DeleteFunc(scenario.Table(), func(s scenario.Scenario) bool {
		return s.Server == nil || s.Group == scenario.Shapes // shapes30 asks the same
	})
	for _, s := range all {
		if err := check(t, e, s); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	for _, s := range all {
		times := 6
		switch {
		case s.Name == "crud9":
			times = 80 // two rounds and a bit
		case s.Searches():
			times = 2
		}
		for n := range 3 {
			worker := func() *scenario.Worker {
				w := &scenario.Worker{N: n, Of: 3, Rand: b100.Rand(uint64(n)), HTTP: e.Client.Conn()}
				if w.PG, err = db.Conn(t.Context()); err != nil {
					t.Fatal(err)
				}
				return w
			}
			w := worker()
			do := s.Server(t.Context(), e, w)
			for range times {
				if err := do(); err != nil {
					t.Fatalf("%s on the server: %v", s.Name, err)
				}
			}
			if s.Raw != nil {
				do := s.Raw(t.Context(), e, w)
				for range times {
					if err := do(); err != nil {
						t.Fatalf("%s on raw postgres: %v", s.Name, err)
					}
				}
			}
			w.HTTP.Close()
			if err := w.PG.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLargeBinary(t *testing.T) {
	chosen, err := scenario.Select([]string{"binary_64m"})
	if err != nil || len(chosen) != 1 {
		t.Fatal(err)
	}
	e := env(t, benchtest.New(), 1, nil)
	l, err := chosen[0].Once(t.Context(), e)
	if err != nil || l.UploadMBps <= 0 || l.DownloadMBps <= 0 || l.Watched {
		t.Errorf("%+v, %v", l, err)
	}
	e.PID = os.Getpid() // this server keeps everything in the memory of the test
	l, err = chosen[0].Once(t.Context(), e)
	if err == nil || !strings.Contains(err.Error(), "grew") || l.UploadGrew < 32<<20 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"tx2", "read"}, "read tx2"},
		{[]string{"binary"}, "binary_get binary_range binary_post binary_put binary_64m"},
		{nil, "metadata read history create update crud9 tx2 tx100 batch100 mixed binary_get binary_range binary_post binary_put binary_64m"},
	} {
		chosen, err := scenario.Select(c.names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range chosen {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v chose %v", c.names, got)
		}
	}
	if _, err := scenario.Select([]string{"reed"}); err == nil {
		t.Error("took a scenario that does not exist")
	}
}
