//go:build unix

package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	socketPort = "5432" // only a part of the socket's name
	socketName = ".s.PGSQL." + socketPort
	// pathLimit is the longest path of a unix socket that every system
	// takes: BSD and macOS allow 103 bytes, Linux 107.
	pathLimit = 103
)

// runDir makes the directory of the socket: "run" beside the cluster or, when
// that path is too long for a socket, a short one that is derived from the
// long one and therefore the same at every start.
func runDir(dir string, as identity) (string, error) {
	run := filepath.Join(dir, "run")
	if len(filepath.Join(run, socketName)) > pathLimit {
		base := os.Getenv("XDG_RUNTIME_DIR")
		if info, err := os.Stat(base); base == "" || as.other || err != nil || !info.IsDir() {
			base = os.TempDir()
		}
		sum := sha256.Sum256([]byte(dir))
		run = filepath.Join(base, fmt.Sprintf("webdoctor-%d-%s", os.Geteuid(), hex.EncodeToString(sum[:8])))
		if len(filepath.Join(run, socketName)) > pathLimit {
			return "", fmt.Errorf("no place for a socket: both %s and %s are too long", dir, base)
		}
	}
	return run, secure(run, as)
}

// secure makes run a directory that only the server's user and we can enter.
// Its name can be guessed and it may lie in a public place, so one that is not
// ours is never used: trust in the socket is trust in its directory. It is
// made anew, as it is when the server's user has changed, or else refused.
func secure(run string, as identity) error {
	info, err := os.Lstat(run)
	if err == nil {
		uid, _, err := owner(run)
		if err != nil {
			return err
		}
		if !info.IsDir() || uid != os.Geteuid() && uid != as.uid {
			if err := os.RemoveAll(run); err != nil {
				return fmt.Errorf("%s belongs to somebody else: %w", run, err)
			}
		}
	}
	if err := os.Mkdir(run, 0o700); errors.Is(err, fs.ErrExist) {
		if uid, _, err := owner(run); err != nil || uid != os.Geteuid() && uid != as.uid {
			return fmt.Errorf("%s belongs to somebody else", run)
		}
	} else if err != nil {
		return err
	}
	if err := os.Chmod(run, 0o700); err != nil {
		return err
	}
	if as.uid >= 0 {
		return os.Lchown(run, as.uid, as.gid)
	}
	return nil
}

// clearSocket removes the socket of a postmaster that is known to be dead. Its
// lock file would keep the next one from starting if the number in it has
// passed to another process.
func clearSocket(run string, as identity) error {
	if err := secure(run, as); err != nil { // temporary directories get swept
		return err
	}
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(run, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
