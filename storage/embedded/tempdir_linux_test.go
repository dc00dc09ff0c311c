package embedded_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// tempDir is a directory in memory, where there is room: a cluster is a
// thousand files, and these tests make many.
func tempDir(t *testing.T) string {
	t.Helper()
	const memory, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < room || os.Getenv("TMPDIR") != "" {
		return t.TempDir()
	}
	top, err := os.MkdirTemp(memory, "webdoctor-embedded-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(top); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(top, "001")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
