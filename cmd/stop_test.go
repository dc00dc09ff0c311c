package cmd_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestStopDoesNotWaitForConnections: SIGTERM ends a server well and soon while
// clients hold connections on which nothing was ever sent, on which half a
// request stands, or which wait for their next one.
func TestStopDoesNotWaitForConnections(t *testing.T) {
	t.Parallel()
	s := startServer(t, newData(t), nil)
	for _, sent := range []string{"", "GET /fhir/meta", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.Root, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond) // what was sent arrives
	begun := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("the server ended with %v: %s", err, s.log)
	}
	if took := time.Since(begun); took > 12*time.Second {
		t.Errorf("the stop took %v", took)
	}
}
