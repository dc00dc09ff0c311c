//go:build unix

package cmd

import (
	"io/fs"
	"os"
	"syscall"
)

// ours says whether a file belongs to this user.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
