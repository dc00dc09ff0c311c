package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/webdoctor/webdoctor/bench/benchtest"
	"github.com/webdoctor/webdoctor/bench/report"
)

// TestMain lets the test binary stand in for WebDoctor when it is started as
// the bench starts that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		flags := flag.NewFlagSet("serve", flag.ExitOnError)
		addr, _ := flags.String("addr", "", ""), flags.String("data", "", "")
		_ = flags.Parse(os.Args[2:])
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() { panic(http.ListenAndServe(*addr, benchtest.New())) }()
		<-stop
		return
	}
	os.Exit(m.Run())
}

// A whole run, from the first start to the tables, against a server that is
// right; then one that is compared with it.
func TestWholeRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.json")
	args := []string{"--binary", self, "--quick", "--max-other", "100", "--duration", "60ms", "--load", "8", "--concurrency", "1,4", "--repeats", "2",
		"--scenarios", "metadata,read,update,crud9,tx100", "--out", file}
	var out, log bytes.Buffer
	if code := run(t.Context(), args, &out, &log); code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, &out, &log)
	}
	r, err := report.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cells) != 10 {
		t.Errorf("%d cells", len(r.Cells))
	}
	for _, c := range r.Cells {
		if c.Server == nil || c.Server.Ops == 0 || c.Server.Errors != 0 || c.Server.P50 <= 0 || c.Server.Max < c.Server.P99 || c.RSS == 0 {
			t.Errorf("%s c=%d: %+v", c.Scenario, c.Concurrency, c)
			continue
		}
		if c.Scenario == "metadata" {
			continue
		}
		if c.Raw == nil || c.Raw.Errors != 0 || c.Ratio == nil || c.Ratio.Median <= 0 || c.Raw.Rate.Min > c.Raw.Rate.Max {
			t.Errorf("%s c=%d: raw %+v ratio %+v", c.Scenario, c.Concurrency, c.Raw, c.Ratio)
		}
		if writes := c.Scenario == "tx100" || c.Scenario == "update"; writes && c.Raw.WAL < 1000 {
			t.Errorf("%s wrote %v bytes of log per operation", c.Scenario, c.Raw.WAL)
		}
	}
	if s := r.Start; s == nil || len(s.Cold) != 1 || len(s.Warm) != 2 || s.IdleRSS == 0 || s.Binary == 0 {
		t.Errorf("start %+v", s)
	}
	if r.Load.Resources != 800 || r.Disk.Raw < 500 || r.Disk.RawWAL < 1000 || r.Server.Raw["synchronous_commit"] != "on" {
		t.Errorf("load %+v, disk %+v, settings %v", r.Load, r.Disk, r.Server.Raw)
	}
	for _, want := range []string{"Rates and latencies", "tx100", "res/s", "Targets", "--server-postgres"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the tables do not mention %q:\n%s", want, &out)
		}
	}

	out.Reset()
	args = []string{"--binary", self, "--no-raw", "--quick", "--max-other", "100", "--duration", "30ms", "--load", "4", "--concurrency", "1",
		"--scenarios", "read", "--markdown", "--against", file}
	if code := run(t.Context(), args, &out, &log); code != 0 || !strings.Contains(out.String(), "### Compared with") {
		t.Errorf("exit %d\n%s", code, &out)
	}
}

func TestWrongServerIsNotTimed(t *testing.T) {
	t.Parallel()
	s := benchtest.New()
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusTeapot)
		}
		return r.Method == http.MethodPut
	}
	web := httptest.NewServer(s)
	defer web.Close()
	var out bytes.Buffer
	code := run(t.Context(), []string{"--base", web.URL + "/fhir", "--no-raw", "--quick", "--max-other", "100", "--duration", "30ms", "--load", "4",
		"--concurrency", "2", "--scenarios", "read,update", "--json"}, &out, io.Discard)
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(path)
	if err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if u := r.Find("update", 0); u == nil || !strings.Contains(u.Wrong, "418") || u.Server != nil {
		t.Errorf("update: %+v", u)
	}
	if c := r.Find("read", 2); c == nil || c.Server.Ops == 0 {
		t.Errorf("read: %+v", c)
	}
}

func TestOnlyLoad(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(benchtest.New())
	defer web.Close()
	var out bytes.Buffer
	code := run(t.Context(), []string{"--base", web.URL + "/fhir", "--no-raw", "--only-load", "--load", "16"}, &out, io.Discard)
	if code != 0 || !strings.Contains(out.String(), "load of 16 bundles") {
		t.Errorf("exit %d: %s", code, &out)
	}
}

// At each level the searches are measured over what is loaded then; what writes
// comes once, at the end.
func TestLevels(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(benchtest.New())
	defer web.Close()
	path := filepath.Join(t.TempDir(), "r.json")
	var out, log bytes.Buffer
	code := run(t.Context(), []string{"--base", web.URL + "/fhir", "--no-raw", "--quick", "--max-other", "100", "--duration", "30ms", "--levels", "2,5",
		"--concurrency", "2", "--scenarios", "s_ident,s_page50,mixed,create", "--out", path}, &out, &log)
	if code != 0 || !strings.Contains(out.String(), "Growth") || !strings.Contains(out.String(), "s_page50 is left out with 5 bundles") {
		t.Fatalf("exit %d: %s\n%s", code, &out, &log)
	}
	r, err := report.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Cells {
		got = append(got, fmt.Sprint(c.Scenario, " ", c.Level))
	}
	if want := "s_ident 2,s_ident 5,create 5"; strings.Join(got, ",") != want { // too few bundles for what is mixed of sixteen
		t.Errorf("measured %v", got)
	}
	if len(r.Levels) != 2 || r.Levels[1].Resources != 500 || r.Levels[1].Load.Resources != 300 {
		t.Errorf("levels %+v", r.Levels)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		code int
		says string
	}{
		"help":               {"--help", 0, "--quick"},
		"unknown flag":       {"--quik", 2, "quik"},
		"unknown scenario":   {"--scenarios reed", 2, "reed"},
		"too many workers":   {"--quick --concurrency 200", 2, "concurrency 200"},
		"fewer than workers": {"--load 4 --concurrency 16", 2, "4 bundles"},
		"two servers":        {"--base http://127.0.0.1:1 --server-env A=B", 2, "--base"},
		"two wishes":         {"--no-raw --postgres postgres://x", 2, "--no-raw"},
		"falling levels":     {"--levels 9,4", 2, "rise"},
		"levels and load":    {"--levels 9 --load 4", 2, "exclude"},
		"keep what writes":   {"--keep x --scenarios create", 2, "create writes"},
		"keep another's":     {"--keep x --base http://127.0.0.1:1", 2, "--keep"},
		"no report":          {"--against main.go", 2, "no report"},
		"nobody there":       {"--base http://127.0.0.1:1/fhir --no-raw --quick", 1, "refused"},
	} {
		var out bytes.Buffer
		code := run(t.Context(), strings.Fields(c.args), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit %d, says %s", name, code, &out)
		}
	}
}
