package main

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
	"regexp"
	"strings"
)

// The package the table is made from. The integrity is the one the registry
// states for this version; a tarball that differs in a byte is refused.
const (
	packageSpec = "@atomic-ehr/ucum@0.2.5"
	integrity   = "sha512-AJG6RiSubIzQ1zcJosDQOJ8hXZVIWff09q8JN9Yvsi+1npPeRCLAREOOR16SNJLaGzXEDtYc8N8jhEWRA3BtXA=="
	packageDir  = "package/src"
)

// open reads the sources of the package from a tarball, or fetches it with npm
// when local is empty.
func open(local string) (map[string][]byte, error) {
	if local == "" {
		dir, err := os.MkdirTemp("", "units")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, packageSpec)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("npm pack %s: %w", packageSpec, err)
		}
		local = filepath.Join(dir, path.Base(strings.TrimSpace(string(out))))
	}
	data, err := os.ReadFile(local)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return nil, fmt.Errorf("%s has integrity %s, want %s", filepath.Base(local), got, integrity)
	}
	zr, err := gzip.NewReader(bytes.NewReader(data))
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
		if path.Dir(h.Name) != packageDir {
			continue
		}
		if files[path.Base(h.Name)], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
}

// entry is a prefix or a unit as the package has it.
type entry struct {
	code, value, unit, function string
	metric, base                bool
}

// The lines of an entry. The package writes one member a line, and tells by
// the indentation to what it belongs.
var (
	beginning = regexp.MustCompile(`^  "(.+)": \{$`)
	member    = regexp.MustCompile(`^( {4}|      |        )(\w+): "?(.*?)"?,?$`)
)

func read(source []byte) ([]entry, error) {
	var list []entry
	for line := range strings.Lines(string(source)) {
		line = strings.TrimRight(line, "\n")
		if m := beginning.FindStringSubmatch(line); m != nil {
			list = append(list, entry{code: m[1]})
			continue
		}
		m := member.FindStringSubmatch(line)
		if m == nil || len(list) == 0 {
			continue
		}
		e, depth := &list[len(list)-1], len(m[1])/2
		switch name := m[2]; {
		case depth == 2 && name == "isMetric":
			e.metric = m[3] == "true"
		case depth == 2 && name == "isBaseUnit":
			e.base = m[3] == "true"
		case name == "value" && m[3] != "{" && m[3] != "undefined":
			e.value = m[3]
		case name == "Unit":
			e.unit = m[3]
		case depth == 4 && name == "name":
			e.function = m[3]
		}
	}
	for _, e := range list {
		if e.value == "" {
			return nil, fmt.Errorf("%s has no value", e.code)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("there are none")
	}
	return list, nil
}
