package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is "webdoctor serve" as a process of its own: the real binary.
type server struct {
	Root string // http://127.0.0.1:port
	Base string // FHIR base
	Data string // data directory, "" with a configured database

	cmd    *exec.Cmd
	log    *output
	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// output collects what a process writes; it may be read at any time.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// readyLine is what serve says to a person.
var readyLine = regexp.MustCompile(`WebDoctor is ready: FHIR R4 at https?://[^ ]+/fhir, health at (https?://[^ ]+)/readyz,`)

// start runs the server and waits until it says that it is ready. dir is its
// working directory.
func start(dir, data string, env []string, args ...string) (*server, error) {
	s := &server{Data: data, log: &output{}, exited: make(chan struct{})}
	args = append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)
	if data != "" {
		args = append(args, "--data", data)
	}
	s.cmd = exec.Command("webdoctor", args...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = dir, env, s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		text, _ := r.ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, r)
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	select {
	case text := <-line:
		m := readyLine.FindStringSubmatch(text)
		if m == nil {
			_ = s.cmd.Process.Kill() // it has ended by itself, unless it says something strange
			<-s.exited
			return nil, fmt.Errorf("serve ended with %v: %s%s", s.err, text, s.log)
		}
		s.Root, s.Base = m[1], m[1]+"/fhir"
		return s, nil
	case <-time.After(60 * time.Second):
		_ = s.cmd.Process.Kill()
		return nil, fmt.Errorf("serve did not become ready: %s", s.log)
	}
}

// stop asks the server to end and returns how it did.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	return s.ended(40 * time.Second)
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

func (s *server) ended(within time.Duration) error {
	select {
	case <-s.exited:
		return s.err
	case <-time.After(within):
		_ = s.cmd.Process.Kill()
		<-s.exited
		return errors.New("the server did not stop in time")
	}
}

// postmaster is the process id of the private Postgres.
func (s *server) postmaster() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.Data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(strings.TrimSpace(line))
}

// orphans are the processes that work in the cluster of a data directory.
func orphans(data string) []string {
	cluster, err := filepath.EvalSymlinks(filepath.Join(data, "postgres", "cluster"))
	if err != nil {
		return nil
	}
	var left []string
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == cluster {
			left = append(left, filepath.Base(filepath.Dir(link)))
		}
	}
	return left
}

// noOrphans waits until nothing of the private Postgres is left.
func noOrphans(data string) error {
	var left []string
	for range 400 {
		if left = orphans(data); len(left) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("processes of the private Postgres are still there: %v", left)
}

// template is a data directory with an empty, migrated cluster. It is made
// once, because initdb is half of the time of a short test.
var template = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "webdoctor-template-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("webdoctor", "migrate", "--data", dir).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make the template: %w: %s", err, out)
	}
	return dir, nil
})

// plant makes a data directory from the template.
func plant(dir string) error {
	from, err := template()
	if err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", from, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the template: %w: %s", err, out)
	}
	return nil
}

// plain is an environment without settings of the person who runs the tests.
func plain(more ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	if dir := os.Getenv("WEBDOCTOR_PG_BIN"); dir != "" {
		env = append(env, "WEBDOCTOR_PG_BIN="+dir)
	}
	return append(env, more...)
}

// startServer is start for a test: with a data directory of its own unless a
// database is configured, and killed at the end.
func startServer(t *testing.T, data string, env []string, args ...string) *server {
	t.Helper()
	s, err := start(t.TempDir(), data, plain(env...), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if data != "" { // its Postgres still writes for a moment, into a directory that is about to be removed
			if err := noOrphans(data); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.log)
		}
	})
	return s
}

// newData is a data directory of the test's own.
func newData(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := plant(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// call sends one request and reads the whole answer.
func call(ctx context.Context, method, url, body string, headers ...string) (status int, h http.Header, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/fhir+json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "Host") {
			req.Host = strings.TrimSpace(value)
		}
		req.Header.Set(name, strings.TrimSpace(value))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(text), err
}
