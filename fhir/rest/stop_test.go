package rest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/rest"
)

// stoppable serves a fake and returns what stops it within that time.
func stoppable(t *testing.T, f *fake, ln net.Listener, within time.Duration) (stop func() error) {
	t.Helper()
	app := rest.NewApp()
	cfg := config()
	small(&cfg)
	rest.Mount(app.Group("/fhir"), f, cfg)
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(ln) }()
	return func() error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		err := app.Stop(ctx)
		return errors.Join(err, <-ended)
	}
}

// dial opens a connection and reads as many answers as it gets told.
func dial(t *testing.T, ln net.Listener) (net.Conn, func() *http.Response) {
	t.Helper()
	var conn net.Conn
	var err error
	if pipe, ok := ln.(*fasthttputil.InmemoryListener); ok {
		conn, err = pipe.Dial()
	} else {
		conn, err = net.Dial("tcp", ln.Addr().String())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	rd := bufio.NewReader(conn)
	return conn, func() *http.Response {
		t.Helper()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		res, err := http.ReadResponse(rd, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		return res
	}
}

// TestStopWaitsForRequestsOnly: whatever clients have begun or left on their
// connections, a stop does not wait for it when no request runs.
func TestStopWaitsForRequestsOnly(t *testing.T) {
	t.Parallel()
	const get = "GET /fhir/Patient/1 HTTP/1.1\r\nHost: h\r\n\r\n"
	post := func(length int, more string) string {
		return fmt.Sprintf("POST /fhir/Patient HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n%s\r\n", length, more)
	}
	for name, c := range map[string]struct {
		send    string
		answers int
		within  time.Duration
	}{
		"silent":                    {"", 0, 500 * time.Millisecond},
		"idle after one":            {get, 1, 500 * time.Millisecond},
		"idle after two":            {get + get, 2, 500 * time.Millisecond},
		"half of the headers":       {"GET /fhir/Patient/1 HTTP/1.1\r\nHost", 0, 3 * time.Second},
		"half of the next headers":  {get + "GET /fhir/Patient/1 HTTP/1.1\r\nHost", 1, 3 * time.Second},
		"half of a small body":      {post(2000, "") + "{", 0, 3 * time.Second},
		"half of a refused body":    {post(100_000, "") + strings.Repeat("x", 9000), 0, 3 * time.Second},
		"part of a huge body":       {post(200<<20, "") + strings.Repeat("x", 9000), 1, 500 * time.Millisecond},
		"part of a large body":      {post(100<<20, "") + strings.Repeat("x", 9000), 0, 3 * time.Second},
		"a body that was asked for": {post(2000, "Expect: 100-continue\r\n"), 1, 3 * time.Second},
		"refused, then idle":        {post(2, "") + "{}", 1, 500 * time.Millisecond},
	} {
		for _, inside := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in memory %t", name, inside), func(t *testing.T) {
				t.Parallel()
				var ln net.Listener = fasthttputil.NewInmemoryListener()
				if !inside {
					var err error
					if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
						t.Fatal(err)
					}
				}
				stop := stoppable(t, stored(), ln, 8*time.Second)
				conn, answer := dial(t, ln)
				go io.WriteString(conn, c.send) // the listener in memory takes little at once
				for range c.answers {
					answer()
				}
				time.Sleep(50 * time.Millisecond) // what was sent arrives
				begun := time.Now()
				if err := stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun); took > c.within {
					t.Errorf("the stop took %v", took)
				}
			})
		}
	}
}

// TestStopWithIdleClients: what a client of this language leaves behind, as
// it opens more connections than it comes to use.
func TestStopWithIdleClients(t *testing.T) {
	t.Parallel()
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		stop := stoppable(t, stored(), ln, 8*time.Second)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
		done := make(chan error, 8)
		for range cap(done) {
			go func() {
				res, err := client.Get("http://" + ln.Addr().String() + "/fhir/Patient/1")
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
				done <- err
			}()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		begun := time.Now()
		if err := stop(); err != nil || time.Since(begun) > time.Second {
			t.Fatalf("the stop took %v: %v", time.Since(begun), err)
		}
		client.CloseIdleConnections()
	}
}

// TestStopLetsRequestsEnd: a request that runs is answered, and the answer
// says that the connection ends. One that does not end is cut off.
func TestStopLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	for _, long := range []bool{false, true} {
		f := newFake()
		entered, leave := make(chan struct{}), make(chan struct{})
		f.read = func(ctx context.Context, k fhir.Key) (fhir.Resource, error) {
			close(entered)
			<-leave
			return fhir.Resource{Key: k, JSON: []byte(`{"resourceType":"Patient","id":"1"}`), Updated: noon}, nil
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		stop := stoppable(t, f, ln, 2*time.Second)
		conn, answer := dial(t, ln)
		fmt.Fprint(conn, "GET /fhir/Patient/1 HTTP/1.1\r\nHost: h\r\n\r\n")
		<-entered
		stopped := make(chan error, 1)
		begun := time.Now()
		go func() { stopped <- stop() }()
		if long {
			if err := <-stopped; !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 4*time.Second {
				t.Errorf("cut off after %v: %v", time.Since(begun), err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the connection is still open: %d %v", n, err)
			}
			close(leave)
			continue
		}
		time.Sleep(1200 * time.Millisecond) // longer than for what does not run
		close(leave)
		if res := answer(); res.StatusCode != 200 || !res.Close {
			t.Errorf("status %d, close %t", res.StatusCode, res.Close)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
			t.Error("connections are still taken")
		}
	}
}
