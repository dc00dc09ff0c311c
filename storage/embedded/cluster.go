//go:build unix

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clusterVersion is the major version that wrote the cluster, 0 if there is
// no cluster yet.
func clusterVersion(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(cluster); err == nil {
			return 0, fmt.Errorf("%s exists and is not a PostgreSQL cluster (it has no PG_VERSION)", cluster)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s holds %q, which is no version", filepath.Join(cluster, "PG_VERSION"), text)
	}
	return major, nil
}

// initialise makes the cluster if there is none. It is made beside its place
// and renamed, so that a half-made one is never taken for a cluster; and
// synced once as a whole, because initdb would do it file by file. A server
// told not to sync gets a cluster that is not synced.
func (p *Postgres) initialise(ctx context.Context) error {
	if version, err := clusterVersion(p.cluster); err != nil || version != 0 {
		return err
	}
	begun := time.Now()
	fresh := p.cluster + ".new"
	if err := evict(ctx, p.log, fresh); err != nil {
		return err
	}
	// C.UTF-8 sorts by code point and knows the case of all letters; where
	// the system lacks it, the C locale sorts the same.
	var failed error
	for _, locale := range [][]string{{"--locale=C.UTF-8"}, {"--no-locale"}} {
		if err := os.RemoveAll(fresh); err != nil {
			return err
		}
		if failed = p.initdb(ctx, fresh, locale...); failed == nil {
			break
		}
	}
	if failed != nil {
		return failed
	}
	if p.settings["fsync"] != "off" {
		if err := syncTree(fresh); err != nil {
			return fmt.Errorf("sync %s: %w", fresh, err)
		}
	}
	if err := os.Rename(fresh, p.cluster); err != nil {
		return err
	}
	if err := syncDir(p.dir); err != nil {
		return err
	}
	p.log.Info("postgres cluster made", "version", p.bin.version, "after", time.Since(begun).Round(time.Millisecond).String())
	return nil
}

func (p *Postgres) initdb(ctx context.Context, dir string, more ...string) error {
	args := append([]string{"-D", dir, "-U", superuser, "-E", "UTF8", "--data-checksums",
		"--auth-local=trust", "--auth-host=reject", "--no-sync", "--no-instructions"}, more...)
	cmd := exec.CommandContext(ctx, p.bin.path("initdb"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment(), p.as.attr()
	runtime.LockOSThread() // the death signal is bound to the forking thread
	defer runtime.UnlockOSThread()
	dieWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(out.String()))
	}
	return nil
}

// syncDir makes renames and new names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
