//go:build unix && !linux

package embedded

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// identities lists whom to run PostgreSQL as, best first.
func identities(dir string) []identity {
	if os.Geteuid() != 0 {
		return []identity{oneself()}
	}
	return others(dir)
}

// dieWithParent does nothing here: there is no such promise of the kernel's.
// A server left behind is found and ended at the next start.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// clusterProcesses is the postmaster the cluster's pid file names, if it lives
// and is one.
func clusterProcesses(cluster string) []int {
	pid := pidFile(cluster)
	if pid == 0 {
		return nil
	}
	out, err := exec.Command("ps", "-o", "stat=,comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || strings.HasPrefix(string(out), "Z") || !strings.Contains(string(out), "postgres") {
		return nil
	}
	return []int{pid}
}

// syncTree makes everything below dir durable.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncDir(path)
	})
}

// memory is not known here, so that Postgres gets the least.
func memory() int64 { return 0 }
