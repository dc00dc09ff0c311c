//go:build unix

package embedded

import (
	"context"
	"os"
	"path/filepath"
)

// FindPostgres says which installation StartPostgres would use for a
// directory, without making or starting anything. The errors are those of
// StartPostgres.
func FindPostgres(ctx context.Context, dir string) (bin, version string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	cluster := filepath.Join(dir, "cluster")
	for parent := filepath.Dir(dir); parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		if _, err := os.Stat(parent); err == nil {
			break
		}
		dir = parent // what is not there will be made below what is
	}
	b, _, err := choose(ctx, dir, cluster)
	return b.dir, b.version, err
}
