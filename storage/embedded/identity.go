//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is a user that PostgreSQL can run as. The server refuses to run as
// root, and containers often are root, so there it must be somebody else.
type identity struct {
	name     string
	uid, gid int  // of the cluster's files as we see them, -1 to leave them alone
	other    bool // another user than ours: may not enter our private places
	attr     func() *syscall.SysProcAttr
}

// oneself is the identity of an ordinary user. The process group of its own
// keeps Ctrl-C for us, who will then stop the server in order.
func oneself() identity {
	return identity{name: "this user", uid: -1, gid: -1, attr: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Setpgid: true}
	}}
}

// servants are the users that the packages of PostgreSQL and the systems have
// for the purpose.
var servants = []string{"postgres", "_postgres", "nobody", "daemon"}

// numbers are those of a user, if there is one of that name and it is not root.
func numbers(name string) (uid, gid int, ok bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, false
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return uid, gid, uidErr == nil && gidErr == nil && uid > 0
}

// others are the users that root may hand the cluster to: the owner of the
// place where it lies, if it has a name, and the servants.
func others(dir string) []identity {
	var found []identity
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		if uid, gid, err := owner(at); err == nil && uid != 0 {
			if _, err := user.LookupId(strconv.Itoa(uid)); err == nil {
				found = append(found, other("the owner of "+at, uid, gid))
			}
			break
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	for _, name := range servants {
		if uid, gid, ok := numbers(name); ok {
			found = append(found, other("user "+name, uid, gid))
		}
	}
	return found
}

func other(name string, uid, gid int) identity {
	return identity{name: name, uid: uid, gid: gid, other: true, attr: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}}
}

// admit lets another user pass through the directories above ours, as far as
// they are root's and let nobody pass: a data directory that root has made is
// closed to all. The user's group may then walk through, and do nothing else. A
// home directory is never opened. The returned function takes it all back.
func (i identity) admit(dir string) (undo func()) {
	undo = func() {}
	if !i.other {
		return undo
	}
	home, _ := os.UserHomeDir()
	for at := filepath.Dir(dir); at != filepath.Dir(at) && at != home; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return undo
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		mode := info.Mode().Perm()
		if !ok || int(stat.Uid) != os.Geteuid() || mode&0o077 != 0 {
			continue // somebody else's, or opened to some by somebody: not ours to change
		}
		if os.Chown(at, -1, i.gid) != nil || os.Chmod(at, mode|0o010) != nil {
			return undo
		}
		earlier := undo
		undo = func() {
			_ = os.Chmod(at, mode)
			_ = os.Chown(at, -1, int(stat.Gid))
			earlier()
		}
	}
	return undo
}

// own makes the identity the owner of the directory and of all of the cluster
// in it. The cluster may have been made under another identity.
func (i identity) own(dir, cluster string) error {
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	if i.uid < 0 {
		return nil
	}
	if err := os.Chown(dir, i.uid, i.gid); err != nil {
		return err
	}
	uid, _, err := owner(cluster)
	if errors.Is(err, fs.ErrNotExist) || err == nil && uid == i.uid {
		return nil
	}
	if err != nil {
		return err
	}
	// The top is changed last: it is what tells an unfinished change.
	var paths []string
	err = filepath.WalkDir(cluster, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err != nil {
		return err
	}
	for n := len(paths) - 1; n >= 0; n-- {
		if err := os.Lchown(paths[n], i.uid, i.gid); err != nil {
			return fmt.Errorf("give the cluster to %s: %w", i.name, err)
		}
	}
	return nil
}

func owner(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("%s: owner unknown", path)
	}
	return int(stat.Uid), int(stat.Gid), nil
}
