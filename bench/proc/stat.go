package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// hz is the unit of the times in /proc, which is 100 on every Linux that Go
// runs on whatever the kernel's own tick is.
const hz = 100

// Stat is what /proc/PID/stat says of a process.
type Stat struct {
	PID, Parent int
	Command     string
	Own         float64 // seconds of CPU of the process itself
	Reaped      float64 // and of its children that have ended
}

// Read is the state of one process.
func Read(pid int) (Stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Stat{}, err
	}
	return parseStat(text)
}

// parseStat splits at the last parenthesis, because a command may contain
// spaces and parentheses of its own.
func parseStat(text []byte) (Stat, error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Stat{}, errors.New("proc: no command in stat")
	}
	f := strings.Fields(string(text[end+1:]))
	if len(f) < 15 {
		return Stat{}, errors.New("proc: stat is too short")
	}
	var n [6]int
	for i, field := range []string{string(bytes.TrimSpace(text[:open])), f[1], f[11], f[12], f[13], f[14]} {
		v, err := strconv.Atoi(field)
		if err != nil {
			return Stat{}, fmt.Errorf("proc: stat: %w", err)
		}
		n[i] = v
	}
	return Stat{
		PID: n[0], Parent: n[1], Command: string(text[open+1 : end]),
		Own: float64(n[2]+n[3]) / hz, Reaped: float64(n[4]+n[5]) / hz,
	}, nil
}

// All is every process there is. One that ends while we look is left out.
func All() ([]Stat, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := make([]Stat, 0, len(dirs))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if s, err := Read(pid); err == nil {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("proc: no processes to be seen")
	}
	return all, nil
}

// below is the processes under root, root itself left out. Subtrees whose root
// is skipped are left out whole.
func below(all []Stat, root int, skip func(Stat) bool) []Stat {
	var found []Stat
	for _, s := range all {
		if s.Parent == root && s.PID != root && !skip(s) {
			found = append(found, s)
			found = append(found, below(all, s.PID, skip)...)
		}
	}
	return found
}

// Postmaster is the first process named postgres under root, 0 if there is
// none: the private database of a server we have started.
func Postmaster(root int) int {
	all, err := All()
	if err != nil {
		return 0
	}
	for _, s := range below(all, root, func(Stat) bool { return false }) {
		if s.Command == "postgres" {
			return s.PID
		}
	}
	return 0
}

// Flag is the value that follows a flag on the command line of a process.
func Flag(pid int, flag string) (string, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", false
	}
	args := strings.Split(string(text), "\x00")
	for i, a := range args[:len(args)-1] {
		if a == flag {
			return args[i+1], true
		}
	}
	return "", false
}
