package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Claim is a data directory taken by this process. The lock is the kernel's
// and ends with the process, so that it is never stale; the text in the file
// tells others who holds it and where to find them.
type Claim struct{ file *os.File }

// Holder is who holds a data directory.
type Holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	Base    string `json:"base,omitempty"`   // FHIR base of a server that is ready, else ""
	Socket  string `json:"socket,omitempty"` // where the operator reaches it

	Database string `json:"database,omitempty"` // of that server: a socket in a directory that only its user can enter
}

// taken is returned when another process holds the data directory.
type taken struct {
	dir    string
	holder Holder
}

func (t *taken) Error() string {
	return fmt.Sprintf("the data directory %s is in use by \"webdoctor %s\" (process %d): stop it, or choose another directory with --data", t.dir, t.holder.Command, t.holder.PID)
}

// claim takes a data directory, making it if there is none.
func claim(dir, command string) (*Claim, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "server.json"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim the data directory: %w", err)
	}
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		// A killed process may hold the lock a moment longer, through a
		// child that it was just forking.
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil || time.Since(begun) > 300*time.Millisecond {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		defer f.Close()
		t := &taken{dir: dir}
		text, _ := io.ReadAll(f)
		_ = json.Unmarshal(text, &t.holder) // it may be just being written
		return nil, t
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("claim the data directory: %w", err)
	}
	c := &Claim{file: f}
	if err := c.Announce(Holder{PID: os.Getpid(), Command: command}); err != nil {
		c.Release()
		return nil, err
	}
	return c, nil
}

// Announce tells other processes who holds the directory.
func (c *Claim) Announce(h Holder) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := c.file.Truncate(0); err != nil {
		return fmt.Errorf("announce in the data directory: %w", err)
	}
	if _, err := c.file.WriteAt(append(text, '\n'), 0); err != nil {
		return fmt.Errorf("announce in the data directory: %w", err)
	}
	return nil
}

// Release gives the directory back.
func (c *Claim) Release() {
	_ = c.file.Truncate(0)
	_ = syscall.Flock(int(c.file.Fd()), syscall.LOCK_UN) // closing alone would wait for a child that is being forked
	c.file.Close()
}
