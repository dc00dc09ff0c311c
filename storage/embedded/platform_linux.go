package embedded

import (
	"bytes"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// identities lists whom to run PostgreSQL as, best first. For root that is
// root itself seen from inside a user namespace, where it has an ordinary
// number: the server is content, and on disk everything stays root's, so it
// works below directories that nobody else may enter. Where namespaces are
// forbidden (some containers), another user must do.
//
// A namespace also helps a user whose number has no name, as containers are
// often run: initdb refuses to work for one.
func identities(dir string) []identity {
	self := os.Geteuid()
	if self == 0 {
		return append([]identity{inside("root in a user namespace", 0)}, others(dir)...)
	}
	if _, err := user.LookupId(strconv.Itoa(self)); err != nil {
		return []identity{inside("this user in a user namespace", -1), oneself()}
	}
	return []identity{oneself()}
}

// inside is ourselves in a user namespace, under the number of somebody who
// has a name. Files belong to owner, as seen from outside.
func inside(name string, owner int) identity {
	uid, gid := 1000, 1000
	for _, known := range servants {
		if u, g, ok := numbers(known); ok {
			uid, gid = u, g
			break
		}
	}
	return identity{name: name, uid: owner, gid: owner, attr: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{
			Setpgid:     true,
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: os.Getegid(), Size: 1}},
		}
	}}
}

// dieWithParent asks the kernel to send the child a signal when the thread
// that starts it ends, which is at the latest when this process does.
func dieWithParent(attr *syscall.SysProcAttr, s syscall.Signal) { attr.Pdeathsig = s }

// clusterProcesses are the living PostgreSQL processes whose working directory
// is the cluster, which every process of its server has. Zombies have none.
func clusterProcesses(cluster string) []int {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var pids []int
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != cluster {
			continue
		}
		name, err := os.ReadFile(filepath.Join(filepath.Dir(link), "comm"))
		if err != nil || !bytes.HasPrefix(name, []byte("postgres")) && !bytes.HasPrefix(name, []byte("postmaster")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// syncTree makes everything below dir durable, by asking once for the whole
// file system: a new cluster is a thousand files.
func syncTree(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return unix.Syncfs(int(d.Fd()))
}

// memory is how many bytes this process and its children may use: those of
// the machine, or of the container when it has fewer.
func memory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	bytes := int64(info.Totalram) * int64(info.Unit)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if limit := limitOf(file); limit > 0 {
			bytes = min(bytes, limit)
		}
	}
	return bytes
}
