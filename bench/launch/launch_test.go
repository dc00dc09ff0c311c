package launch_test

import (
	"flag"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/launch"
)

// TestMain lets the test binary stand in for the server: called as one, it
// behaves as the variable says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve()
		return
	}
	os.Exit(m.Run())
}

func serve() {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	addr, _ := flags.String("addr", "", ""), flags.String("data", "", "")
	_ = flags.Parse(os.Args[2:])
	mode := os.Getenv("FAKE")
	if mode == "refuses" {
		println("no disk")
		os.Exit(3)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	if mode == "configured" && os.Getenv("DATABASE_URL")+os.Getenv("PGHOST") != "" {
		os.Exit(4)
	}
	begun := time.Now()
	go func() {
		_ = http.ListenAndServe(*addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" || time.Since(begun) < 100*time.Millisecond {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
	}()
	<-stop
	if mode == "ends badly" {
		os.Exit(5)
	}
}

func start(t *testing.T, mode string) (*launch.Server, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launch.Start(t.Context(), launch.Options{Binary: self, Dir: t.TempDir(), Env: []string{"FAKE=" + mode}})
}

func TestServerStartsAndStops(t *testing.T) {
	t.Parallel()
	s, err := start(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if s.Started < 100*time.Millisecond || s.Started > 10*time.Second {
		t.Errorf("ready after %v, and not before 0.1 s", s.Started)
	}
	if s.PID() == os.Getpid() || !strings.HasSuffix(s.Base(), "/fhir") {
		t.Errorf("pid %d base %s", s.PID(), s.Base())
	}
	if pid, _ := s.Postgres(); pid != 0 {
		t.Errorf("a postmaster %d that nobody started", pid)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	if err := syscall.Kill(s.PID(), 0); err == nil {
		t.Error("the process is still there")
	}
}

func TestFailureSaysWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	if _, err := start(t, "refuses"); err == nil || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("%v", err)
	}
	s, err := start(t, "ends badly")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err == nil {
		t.Error("a bad end went unnoticed")
	}
}

func TestServerIsNotConfiguredByOurProfile(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://elsewhere/x")
	t.Setenv("PGHOST", "elsewhere")
	s, err := start(t, "configured")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	root, err := launch.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root + "/go.mod"); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module x\n")
	write("main.go", "package main\nfunc main() {}\n")
	if err := launch.Build(t.Context(), dir, dir+"/x"); err != nil {
		t.Error(err)
	}
	write("main.go", "package main\nfunc main() { wrong }\n")
	if err := launch.Build(t.Context(), dir, dir+"/x"); err == nil || !strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}
