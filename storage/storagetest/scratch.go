package storagetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// prefix of the directories of test processes in the temporary place. The
// name goes on with the number of the process.
const prefix = "webdoctor-test-"

// janitor is what removes the directory of a test process. Its input is a pipe
// whose other end only the test process holds, so it wakes up when that ends,
// in whatever way. Postgres and Redis are by then on their way out; it gives
// them time to let go of their files.
const janitor = `cat >/dev/null
n=0
while [ -e "$1/postgres/cluster/postmaster.pid" ] && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.05; done
rm -rf "$1"; sleep 0.2; rm -rf "$1"`

// scratch is a directory below that of this test process, and made with it.
func scratch(name string) (string, error) {
	top, err := home()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(top, name)
	return dir, os.Mkdir(dir, 0o700)
}

var home = sync.OnceValues(func() (string, error) {
	sweep()
	dir, err := os.MkdirTemp(place(), prefix+strconv.Itoa(os.Getpid())+"-*")
	if err != nil {
		return "", err
	}
	hold, held, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", janitor, "janitor", dir)
	cmd.Dir, cmd.Stdin = "/", hold
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the tests
	err = cmd.Start()
	hold.Close()
	if err != nil {
		held.Close()
		return "", fmt.Errorf("start the janitor of %s: %w", dir, err)
	}
	go func() {
		_ = cmd.Wait()
		held.Close() // until here it is held: the collector closes a file that nothing refers to
	}()
	return dir, nil
})

// sweep removes the directories of test processes that are gone and whose
// janitor is gone too, as after a reboot. What is not ours stays.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(place(), prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		pid, err := strconv.Atoi(number)
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}
