package embedded

import (
	"os"
	"strconv"
	"strings"
)

// memorySettings give Postgres its part of the machine: an eighth of the
// memory for its own buffers, within bounds, and the knowledge that half of
// the memory will hold its files. Buffers are taken from the machine when they
// are first used, not at the start.
func memorySettings(memory int64) map[string]string {
	const mb = 1 << 20
	buffers := min(max(memory/8/mb, 128), 4096)
	return map[string]string{
		"shared_buffers":       strconv.FormatInt(buffers, 10) + "MB",
		"effective_cache_size": strconv.FormatInt(max(memory/2/mb, 4*buffers), 10) + "MB",
	}
}

// limitOf is the limit of memory in a file of a control group, 0 if there is
// none.
func limitOf(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n >= 1<<60 {
		return 0
	}
	return n
}
