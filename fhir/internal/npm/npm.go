// Package npm reads the files of one version of an npm package, from which
// generators make their tables. It is not part of the programme.
package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Package is a version of a package and its integrity as the registry states
// it. A tarball that differs in a byte is refused.
type Package struct{ Spec, Integrity string }

// Read returns the files of one directory of the package, by their names. It
// reads the tarball at local, or fetches it with npm when local is empty.
func (p Package) Read(local, dir string) (map[string][]byte, error) {
	if local == "" {
		to, err := os.MkdirTemp("", "npm")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(to) }()
		if local, err = p.fetch(to); err != nil {
			return nil, fmt.Errorf("npm pack %s: %w", p.Spec, err)
		}
	}
	data, err := os.ReadFile(local)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
		return nil, fmt.Errorf("%s has integrity %s, want %s", filepath.Base(local), got, p.Integrity)
	}
	return unpack(data, path.Join("package", dir))
}

// fetch has npm download the tarball into a directory and returns its path.
func (p Package) fetch(dir string) (string, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, p.Spec)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, path.Base(strings.TrimSpace(string(out)))), nil
}

func unpack(tarball []byte, dir string) (map[string][]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if path.Dir(h.Name) != dir {
			continue
		}
		if files[path.Base(h.Name)], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
}
