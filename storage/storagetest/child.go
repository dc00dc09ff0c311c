package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// nurse runs a server and ends it when its own input does, which is at the
// latest when the test process ends, in whatever way.
const nurse = `"$@" </dev/null & child=$!
cat >/dev/null
kill -9 $child 2>/dev/null; wait $child 2>/dev/null`

// child is a server that a test needs.
type child struct {
	cmd   *exec.Cmd
	input io.Closer
	said  said
}

// run starts a server. What it says is kept for the error that says why it
// does not answer.
func run(env []string, name string, args ...string) (*child, error) {
	c := &child{cmd: exec.Command("/bin/sh", append([]string{"-c", nurse, "nurse", name}, args...)...)}
	c.cmd.Dir, c.cmd.Env = "/", append(os.Environ(), env...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the tests
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	c.cmd.WaitDelay = time.Second
	input, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.input = input
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// answers waits until a server answers as it should.
func (c *child) answers(ask func() error) error {
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Since(begun) > 15*time.Second {
			return fmt.Errorf("%s does not answer: %w; it says %q", c.cmd.Args[4], err, c.said.String())
		}
	}
}

// stop ends the server at once.
func (c *child) stop() {
	c.input.Close()
	_ = c.cmd.Wait() // the nurse ends with the status of a killed child
}

// said is the beginning of what a server printed.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := 4096 - s.text.Len(); room > 0 {
		s.text.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// freePort is a loopback port that was free a moment ago. Servers started on
// one prove by their password that they are the ones that got it.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// thrice tries to start a server, since a port may be lost to somebody else.
func thrice(t testing.TB, start func() error) {
	t.Helper()
	var errs []error
	for range 3 {
		err := start()
		if err == nil {
			return
		}
		errs = append(errs, err)
	}
	t.Fatal(errors.Join(errs...))
}
