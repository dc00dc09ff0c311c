package proc

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Memory of a process in bytes.
type Memory struct {
	RSS  int64 // resident now
	Peak int64 // resident at most since the start or the last ResetPeak
}

// ReadMemory reads the memory of a process.
func ReadMemory(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	return parseMemory(string(text))
}

func parseMemory(status string) (Memory, error) {
	var m Memory
	for line := range strings.Lines(status) {
		name, rest, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &m.RSS, "VmHWM": &m.Peak}[name]
		if into == nil {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return Memory{}, fmt.Errorf("proc: %s: %w", name, err)
		}
		*into = kb * 1024
	}
	if m.RSS == 0 {
		return Memory{}, fmt.Errorf("proc: no VmRSS in status")
	}
	return m, nil
}

// ResetPeak lets the peak start again from the present. It needs a process of
// our own user.
func ResetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// Peak watches a process while work runs and returns the most memory it had
// resident meanwhile. It looks every ten milliseconds, and asks the kernel as
// well where the kernel lets us.
func Peak(ctx context.Context, pid int, work func() error) (int64, error) {
	reset := ResetPeak(pid) == nil
	watching, stop := context.WithCancel(ctx)
	defer stop()
	seen := make(chan int64)
	go func() {
		var top int64
		for {
			if m, err := ReadMemory(pid); err == nil {
				top = max(top, m.RSS)
			}
			select {
			case <-watching.Done():
				seen <- top
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	err := work()
	stop()
	top := <-seen
	if m, readErr := ReadMemory(pid); readErr == nil && reset {
		top = max(top, m.Peak)
	}
	return top, err
}
