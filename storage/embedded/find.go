//go:build unix

package embedded

import (
	"context"
	"path/filepath"
)

// FindPostgres says which installation StartPostgres would use for a
// directory, without making or starting anything. The errors are those of
// StartPostgres.
func FindPostgres(ctx context.Context, dir string) (bin, version string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	b, _, err := choose(ctx, dir, filepath.Join(dir, "cluster"))
	return b.dir, b.version, err
}
