package blob_test

import (
	"bytes"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
)

// run does a task in namespaces of its own, where it may mount, or plainly if
// the kernel allows no such thing: the task then has another way.
func run(t *testing.T, job task) {
	t.Helper()
	cmd := other(t, job)
	one := func(id int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: one(os.Getuid()), GidMappings: one(os.Getgid())}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		cmd = other(t, job)
		cmd.SysProcAttr = plainly(t, job.Dir)
		out, err = cmd.CombinedOutput()
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// plainly is an ordinary user who owns the directory, whom permissions bind.
func plainly(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	run(t, task{Do: "full disk", Dir: t.TempDir()})
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	run(t, task{Do: "read-only disk", Dir: t.TempDir()})
}

func platformTask(t *testing.T, job task) {
	switch job.Do {
	case "full disk":
		fullDisk(t, job.Dir)
	case "read-only disk":
		readOnlyDisk(t, job.Dir)
	}
}

const megabyte = 1 << 20

func fullDisk(t *testing.T, dir string) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		// No disk of our own: a limit on the size of files must do.
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 2 * megabyte, Max: 2 * megabyte}); err != nil {
			t.Fatal(err)
		}
	}
	b := openDir(t, dir)
	store := blob.New(b, "")
	first := blobtest.Bytes(megabyte, 1)
	ref, err := store.Put(t.Context(), bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // each leaves the room that it found
		if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(3*megabyte, 2))); !errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("a large one: %v", err)
		}
		if err := b.Put(t.Context(), "aa/bb", bytes.NewReader(blobtest.Bytes(3*megabyte, 2)), 3*megabyte); !errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("a large one, without a spool: %v", err)
		}
	}
	if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(megabyte/2, 3))); err != nil {
		t.Errorf("one that has room: %v", err)
	}
	if err := closing(store.Open(t.Context(), ref, 0, -1)); err != nil {
		t.Errorf("the first: %v", err)
	}
}

func readOnlyDisk(t *testing.T, dir string) {
	content := []byte("scan")
	store := blob.New(openDir(t, dir), "")
	lock := func(readOnly bool) error {
		mode := os.FileMode(0o700)
		if readOnly {
			mode = 0o500
		}
		return errors.Join(os.Chmod(dir, mode), os.Chmod(filepath.Join(dir, "tmp"), mode))
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err == nil {
		store = blob.New(openDir(t, dir), "")
		lock = func(readOnly bool) error {
			flags := uintptr(syscall.MS_REMOUNT)
			if readOnly {
				flags |= syscall.MS_RDONLY
			}
			return syscall.Mount("tmpfs", dir, "tmpfs", flags, "")
		}
	}
	ref, err := store.Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock(true); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"check": store.Check(t.Context()),
		"put":   second(store.Put(t.Context(), bytes.NewReader([]byte("other")))),
		"large": second(store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(megabyte, 1)))),
		"start": second(blob.Dir(dir)),
	} {
		if !errors.Is(err, blob.ErrDenied) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := closing(store.Open(t.Context(), ref, 0, -1)); err != nil {
		t.Errorf("what is there can be read: %v", err)
	}
	if err := lock(false); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), bytes.NewReader([]byte("other"))); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
