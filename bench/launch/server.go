package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/webdoctor/webdoctor/bench/proc"
)

// Options say how to run a server.
type Options struct {
	Binary string
	Dir    string   // its data are below, and its log
	Env    []string // in addition to what is passed on
}

// Server is a running server process.
type Server struct {
	Addr    string        // host:port
	Started time.Duration // from spawning the process to the first 200 of /readyz

	cmd    *exec.Cmd
	log    string
	exited chan struct{}
	err    error // of the process, readable once exited is closed
}

// startLimit is how long a server may take before we give up on it: one that
// has a million resources may have to bring its index up to date first.
const startLimit = 5 * time.Minute

// Start spawns "BINARY serve" and returns when it is ready.
func Start(ctx context.Context, o Options) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: addr, log: filepath.Join(o.Dir, "server.log"), exited: make(chan struct{})}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd = exec.Command(o.Binary, "serve", "--addr", addr, "--data", filepath.Join(o.Dir, "data"))
	s.cmd.Dir, s.cmd.Env = o.Dir, append(environment(), o.Env...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us; we stop it in order
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	s.Started = time.Since(begun)
	return s, nil
}

// await asks every two milliseconds, which is how exact a start time is.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended while starting (%v): %s", s.err, s.Log())
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready (%w): %s", ctx.Err(), s.Log())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Base is the FHIR base URL.
func (s *Server) Base() string { return "http://" + s.Addr + "/fhir" }

// PID is the process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log is the end of what the server has written.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return tail(string(text))
}

// Postgres is the process id of the server's own postmaster and the URL of a
// database on it; 0 if it has none that we can find.
func (s *Server) Postgres() (pid int, url func(database string) string) {
	pid = proc.Postmaster(s.PID())
	if pid == 0 {
		return 0, nil
	}
	socket, ok := proc.Flag(pid, "-k")
	if !ok {
		return 0, nil
	}
	port, ok := proc.Flag(pid, "-p")
	if !ok {
		port = "5432"
	}
	return pid, func(database string) string {
		return fmt.Sprintf("host=%s port=%s user=webdoctor dbname=%s sslmode=disable", socket, port, database)
	}
}

// Stop asks the server to end and waits for it; one that does not within a
// minute, in which its Postgres writes what it has in memory, is killed, which
// is an error.
func (s *Server) Stop() error {
	select {
	case <-s.exited:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-s.exited:
		if s.err != nil {
			return fmt.Errorf("the server ended badly (%w): %s", s.err, s.Log())
		}
		return nil
	case <-time.After(time.Minute):
	}
	err := s.cmd.Process.Kill()
	<-s.exited
	return errors.Join(errors.New("the server did not stop within a minute and was killed"), err)
}

// freeAddr is a loopback address that was free a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// environment is ours without the variables by which a server is configured:
// what is measured must not depend on the profile of whoever measures.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		configures := false
		for _, prefix := range []string{"WEBDOCTOR_", "DATABASE_", "PG", "REDIS_", "S3_"} {
			configures = configures || strings.HasPrefix(kv, prefix) && !strings.HasPrefix(kv, "WEBDOCTOR_PG_BIN=")
		}
		if !configures {
			env = append(env, kv)
		}
	}
	return env
}
