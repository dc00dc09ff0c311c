package storagetest

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Redis returns the URL of an empty Redis server that nobody else uses. It is
// the real one, unlike that of storage/embedded, and ends with the test.
func Redis(t testing.TB) string {
	t.Helper()
	binary, err := find("redis-server", "valkey-server")
	if err != nil {
		t.Fatal(err)
	}
	var url string
	thrice(t, func() error {
		port, err := freePort()
		if err != nil {
			return err
		}
		password := rand.Text()
		c, err := run(nil, binary, "--port", port, "--bind", "127.0.0.1", "--requirepass", password,
			"--save", "", "--appendonly", "no", "--dir", t.TempDir())
		if err != nil {
			return err
		}
		address := net.JoinHostPort("127.0.0.1", port)
		if err := c.answers(func() error { return ping(address, password) }); err != nil {
			c.stop()
			return err
		}
		t.Cleanup(c.stop)
		url = "redis://default:" + password + "@" + address + "/0"
		return nil
	})
	return url
}

// find looks for a programme by its names.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the tests need %s: `make test` installs it, or do it yourself (Debian: apt-get install %s, macOS: brew install redis)", names[0], names[0])
}

// ping asks a Redis server for a sign of life, in its own words: this room has
// no client library.
func ping(address, password string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\nPING\r\nQUIT\r\n", password); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if want := "+OK\r\n+PONG\r\n"; !strings.HasPrefix(string(answer), want) {
		return fmt.Errorf("redis answers %q", answer)
	}
	return nil
}
