//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockDir takes the directory for this process. The lock is the kernel's and
// ends with the process, so it is never stale; the number in the file is only
// there for the message.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		// A process that was killed may hold it a moment longer, in a
		// child that it had forked and that has not become another
		// programme yet.
		if err == nil || time.Since(begun) > 500*time.Millisecond {
			break
		}
	}
	if err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock: %w", err)
		}
		text := make([]byte, 20)
		n, _ := f.Read(text)
		return nil, fmt.Errorf("another WebDoctor server uses this directory (process %s): stop it, or give this one a directory of its own", strings.TrimSpace(string(text[:n])))
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		unlock(f)
		return nil, fmt.Errorf("lock: %w", err)
	}
	return f, nil
}

// unlock gives the directory back. Closing alone would leave it taken for as
// long as a child that is just being forked has the file open as well.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	f.Close()
}
