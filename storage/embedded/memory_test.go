package embedded

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemorySettings(t *testing.T) {
	t.Parallel()
	const gb = 1 << 30
	for _, row := range []struct {
		memory         int64
		buffers, cache string
	}{
		{0, "128MB", "512MB"}, // not known
		{gb / 2, "128MB", "512MB"},
		{4 * gb, "512MB", "2048MB"},
		{24 * gb, "3072MB", "12288MB"},
		{512 * gb, "4096MB", "262144MB"},
	} {
		got := memorySettings(row.memory)
		if got["shared_buffers"] != row.buffers || got["effective_cache_size"] != row.cache {
			t.Errorf("%d bytes: %v", row.memory, got)
		}
	}
}

func TestLimitOf(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "memory.max")
	for text, want := range map[string]int64{"max\n": 0, "536870912\n": 512 << 20, "9223372036854771712\n": 0, "": 0} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := limitOf(file); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
	if got := limitOf(file + "x"); got != 0 {
		t.Errorf("no file: %d", got)
	}
}
