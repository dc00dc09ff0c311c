package client_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/webdoctor/webdoctor/bench/client"
)

func TestLocation(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][3]string{
		"http://h:1/fhir/Patient/7/_history/3": {"Patient", "7", "3"},
		"Patient/7/_history/1":                 {"Patient", "7", "1"},
		"/fhir/Patient/7":                      {"Patient", "7", ""},
		"Patient/7":                            {"Patient", "7", ""},
		"nonsense":                             {"", "", ""},
		"":                                     {"", "", ""},
	} {
		typ, id, version := client.Location(s)
		if got := [3]string{typ, id, version}; got != want {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestBaseMustBeAnAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "fhir", "/fhir", "ftp://h/fhir", "http://"} {
		if _, err := client.New(bad, ""); err == nil {
			t.Errorf("took %q", bad)
		}
	}
}

func TestRequestsAreWhatTheyShouldBe(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%s|%s", r.Method, r.URL, h.Get("Accept"), h.Get("Content-Type"), h.Get("Authorization"), h.Get("Range"), body)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c, err := client.New(server.URL+"/fhir/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	conn := c.Conn()
	defer conn.Close()
	for _, x := range []struct {
		method, path, body string
		headers            []client.Header
		want               string
	}{
		{"GET", "/Patient/7", "", nil, "GET /fhir/Patient/7|application/fhir+json||Bearer secret||"},
		{"POST", "", "{}", nil, "POST /fhir|application/fhir+json|application/fhir+json|Bearer secret||{}"},
		{"POST", "/Binary", "x", []client.Header{{"Content-Type", "text/plain"}}, "POST /fhir/Binary|application/fhir+json|text/plain|Bearer secret||x"},
		{"GET", "/Binary/1", "", []client.Header{{"Accept", "*/*"}, {"Range", "bytes=0-1"}}, "GET /fhir/Binary/1|*/*||Bearer secret|bytes=0-1|"},
		{"GET", "/Patient?name=a%7Cb", "", nil, "GET /fhir/Patient?name=a%7Cb|application/fhir+json||Bearer secret||"},
		{"DELETE", "/Patient/7", "", nil, "DELETE /fhir/Patient/7|application/fhir+json||Bearer secret||"},
	} {
		var body []byte
		if x.body != "" {
			body = []byte(x.body)
		}
		resp, err := conn.Do(x.method, x.path, body, x.headers...)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(resp.Body()); got != x.want {
			t.Errorf("%s\nwant %s", got, x.want)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for one worker", n)
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	body := bytes.Repeat([]byte("webdoctor bench "), size/16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			h := sha256.New()
			n, _ := io.Copy(h, r.Body)
			fmt.Fprintf(w, "%d %d %x", r.ContentLength, n, h.Sum(nil))
			return
		}
		_, _ = w.Write(body)
	}))
	defer server.Close()
	c, err := client.New(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	conn := c.Conn()
	defer conn.Close()
	resp, err := conn.Send(http.MethodPost, "/Binary", bytes.NewReader(body), size)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d %d %x", size, size, sha256.Sum256(body)); string(resp.Body()) != want {
		t.Errorf("the server saw %s, sent were %s", resp.Body(), want)
	}
	var got bytes.Buffer
	status, n, err := conn.Receive("/Binary/1", &got)
	if status != 200 || n != size || err != nil || !bytes.Equal(got.Bytes(), body) {
		t.Errorf("status %d, %d bytes, %v", status, n, err)
	}
	if resp, err := conn.Get("/Binary/1"); err != nil || len(resp.Body()) != size {
		t.Errorf("after a stream an ordinary request gives %v", err)
	}
	if _, err := conn.Get("/" + strings.Repeat("x", 10)); err != nil {
		t.Error(err)
	}
}
