//go:build unix

package embedded

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// This test is inside the package: no server writes enough to be tested with.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "postgres.log")
	line := bytes.Repeat([]byte("x"), 1023)
	write := func(from, to int) {
		l, err := openLog(name)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for i := from; i < to; i++ {
			text := append(fmt.Appendf(nil, "%08d ", i), line...)
			if n, err := l.Write(append(text[:1023], '\n')); n != 1024 || err != nil {
				t.Fatal(n, err)
			}
		}
		if tail := l.Tail(); len(tail) > tailLimit || !strings.HasPrefix(tail, fmt.Sprintf("%08d ", to-1)) {
			t.Errorf("tail of %d bytes: %.20q", len(tail), tail)
		}
		l.Close()
		if _, err := l.Write(line); err != nil { // dropped
			t.Error(err)
		}
	}
	const each = logLimit / 1024
	write(0, each/2) // two servers, one after the other
	write(each/2, 3*each+10)
	for file, first := range map[string]int{name: 3 * each, name + ".1": 2 * each} {
		text, err := os.ReadFile(file)
		if err != nil || len(text) > logLimit || !bytes.HasPrefix(text, fmt.Appendf(nil, "%08d ", first)) {
			t.Errorf("%s: %d bytes from %.10q on, error %v", file, len(text), text, err)
		}
	}
}
