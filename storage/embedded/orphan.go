//go:build unix

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// evict ends the server processes that still run on a cluster whose lock we
// hold. Whoever started them is dead; normally they are already on their way
// out and need only be waited for. Then it removes a pid file whose number
// has meanwhile passed to a stranger, which PostgreSQL would take for a rival.
func evict(ctx context.Context, log *slog.Logger, cluster string) error {
	begun := time.Now()
	for sent := time.Duration(0); ; {
		pids := clusterProcesses(cluster)
		if len(pids) == 0 {
			break
		}
		waited := time.Since(begun)
		switch {
		case waited > 20*time.Second:
			return fmt.Errorf("processes of an earlier server do not end: %v", pids)
		case waited > 12*time.Second && sent < 12*time.Second:
			send(pids, syscall.SIGKILL)
			sent = waited
		case waited > 8*time.Second && sent < 8*time.Second:
			send(pids, syscall.SIGQUIT)
			sent = waited
		case waited > 300*time.Millisecond && sent == 0:
			log.Warn("an earlier postgres still runs on this data, stopping it", "pids", fmt.Sprint(pids))
			if pid := pidFile(cluster); slices.Contains(pids, pid) {
				send([]int{pid}, syscall.SIGINT) // shuts down in order
			} else {
				send(pids, syscall.SIGQUIT) // a backend without a postmaster
			}
			sent = waited
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	if pid := pidFile(cluster); pid != 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		if err := os.Remove(filepath.Join(cluster, "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// send also wakes those who were stopped, or they would not hear it.
func send(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s) // it may have ended since we looked
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// pidFile is the process id in the cluster's pid file, 0 if there is none.
func pidFile(cluster string) int {
	f, err := os.Open(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}
