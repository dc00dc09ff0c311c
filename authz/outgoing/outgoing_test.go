package outgoing_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz/outgoing"
)

// TestPrivateNetworks is the request forgery that the package is there for:
// addresses of the inside are refused by their text and, whatever the name
// was, when the connection is made.
func TestPrivateNetworks(t *testing.T) {
	t.Parallel()
	c := outgoing.New(false)
	for _, address := range []string{
		"https://127.0.0.1/jwks", "https://[::1]/jwks", "https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data",
		"https://[fe80::1]/", "https://[fd00::1]/", "https://0.0.0.0/", "https://100.64.0.1/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:169.254.169.254]/",
		"https://[64:ff9b::7f00:1]/", "https://224.0.0.1/", "https://255.255.255.255/", "https://192.0.2.1/", "https://localhost/", "https://LOCALHOST./", "https://x.localhost/", "https://metadata.google.internal/",
		"http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://user:secret@example.org/", "https:///x", "https://example.org/#x", "javascript:alert(1)", "",
	} {
		if err := c.Check(address); err == nil {
			t.Errorf("%s is let through", address)
		}
		if _, _, err := c.Get(t.Context(), address, time.Minute); err == nil {
			t.Errorf("%s is fetched", address)
		}
	}
	for _, address := range []string{"https://example.org/jwks", "https://1.1.1.1/jwks", "https://[2606:4700::1111]/"} {
		if err := c.Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNamesOfPrivateAddresses: the text says nothing, the resolved address
// does. A name that means this machine stands for any name that an attacker
// points at the inside.
func TestNamesOfPrivateAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:443", "10.0.0.1:443", "[::1]:443", "[fe80::1%eth0]:443", "169.254.169.254:80", "nonsense"} {
		if err := outgoing.Public(address); !errors.Is(err, outgoing.ErrAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := outgoing.Public("1.1.1.1:443"); err != nil {
		t.Error(err)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/short", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=120")
		w.Write([]byte(`{"keys":[]}`))
	})
	mux.HandleFunc("/old", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=120")
		w.Header().Set("Age", "100")
		w.Write([]byte(`{}`))
	})
	mux.HandleFunc("/never", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=120, no-store")
		w.Write([]byte(`{}`))
	})
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(`{}`)) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(strings.Repeat(" ", 70_000))) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(10 * time.Second):
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/short", http.StatusFound) })
	mux.HandleFunc("/fault", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusInternalServerError) })
	server := httptest.NewServer(mux)
	defer server.Close()
	c := outgoing.New(true)
	for _, row := range []struct {
		path string
		keep time.Duration
		ok   bool
	}{
		{"/short", 2 * time.Minute, true}, {"/old", 20 * time.Second, true}, {"/never", 0, true}, {"/silent", time.Minute, true},
		{"/long", 0, false}, {"/slow", 0, false}, {"/away", 0, false}, {"/fault", 0, false}, {"/none", 0, false},
	} {
		begun := time.Now()
		body, keep, err := c.Get(t.Context(), server.URL+row.path, time.Minute)
		if (err == nil) != row.ok || keep != row.keep || row.ok && len(body) == 0 {
			t.Errorf("%s: %q %v %v", row.path, body, keep, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %s", row.path, took)
		}
	}
	if _, _, err := outgoing.New(false).Get(t.Context(), strings.Replace(server.URL, "http:", "https:", 1)+"/short", time.Minute); !errors.Is(err, outgoing.ErrAddress) {
		t.Errorf("a server of this machine: %v", err)
	}
}
