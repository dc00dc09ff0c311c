package storagetest_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/storagetest"
)

const childVariable = "WEBDOCTOR_TEST_USES_SERVERS"

// TestChild is not a test but another test process: it does nothing unless told.
func TestChild(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		return
	}
	for _, address := range []string{storagetest.Postgres(t), storagetest.Redis(t), storagetest.S3(t).Endpoint} {
		if _, err := os.Stdout.WriteString(address + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	select {}
}

// TestKilledTestsLeaveNothing: no server, no file.
func TestKilledTestsLeaveNothing(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	// Its own temporary directory, so that what it leaves can be told.
	place := t.TempDir()
	cmd.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+place)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			t.Fatalf("the other process ended: %v", lines.Err())
		}
	}
	if n := len(uses(place)); n < 4 { // postmaster, redis, s3, the janitor
		t.Errorf("%d processes are at work", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		// Redis works in t.TempDir, which nobody removes for a killed process.
		left, err := filepath.Glob(filepath.Join(place, "webdoctor-test-*"))
		if err != nil {
			t.Fatal(err)
		}
		running := uses(place)
		if len(left)+len(running) == 0 {
			return
		}
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("left: %v, running: %q", left, running)
		}
	}
}

// uses are the command lines of the processes that were started for a place.
func uses(place string) (found []string) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		if text, err := os.ReadFile(name); err == nil && bytes.Contains(text, []byte(place)) {
			found = append(found, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return found
}
