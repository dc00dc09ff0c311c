package importer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// MaxDocument is the largest single document that is read; memory is bounded
// by it. The largest bundle that a server takes by default is a quarter of it.
const MaxDocument = 256 << 20

// errTooLarge is the fate of a document over MaxDocument.
var errTooLarge = fmt.Errorf("larger than %d MB", MaxDocument>>20)

// Visit is called for each document. read may be called once, within the
// visit; a document that is not read costs next to nothing.
type Visit func(name string, read func() ([]byte, error)) error

// Source yields documents, the same ones in the same order each time.
type Source func(Visit) error

// Files yields every document below the paths: a file is .json, .ndjson or .jsonl (a document per line), any of these with
// .gz, or a .tar, .tar.gz or .tgz of them; a directory stands for everything
// below it. Files of other kinds inside directories and archives are passed
// over; a path that is given by name is read as JSON whatever it is called.
func Files(paths ...string) Source {
	return func(visit Visit) error { return walk(paths, visit) }
}

func walk(paths []string, visit Visit) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			if kindOf(path) == other {
				err = visit(path, func() ([]byte, error) { return readFile(path, false) })
			} else {
				err = walkFile(path, visit)
			}
			if err != nil {
				return err
			}
			continue
		}
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir(), strings.HasPrefix(d.Name(), "."):
				return nil
			}
			return walkFile(file, visit)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// kind is what a file holds, by its name.
type kind int

const (
	other kind = iota
	document
	lines
	archive
)

func kindOf(name string) kind {
	name = strings.ToLower(name)
	plain := strings.TrimSuffix(name, ".gz")
	switch {
	case strings.HasSuffix(plain, ".json"):
		return document
	case strings.HasSuffix(plain, ".ndjson"), strings.HasSuffix(plain, ".jsonl"):
		return lines
	case strings.HasSuffix(plain, ".tar"), strings.HasSuffix(name, ".tgz"):
		return archive
	}
	return other
}

func packed(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".tgz")
}

func walkFile(path string, visit Visit) error {
	switch kindOf(path) {
	case document:
		return visit(path, func() ([]byte, error) { return readFile(path, packed(path)) })
	case lines, archive:
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if kindOf(path) == lines {
			return walkLines(path, f, visit)
		}
		return walkArchive(path, f, visit)
	}
	return nil
}

func readFile(path string, gz bool) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, gz)
}

// readAll reads one document, unpacked if need be.
func readAll(r io.Reader, gz bool) ([]byte, error) {
	if gz {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		defer z.Close()
		r = z
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, MaxDocument+1)); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if b.Len() > MaxDocument {
		return nil, errTooLarge
	}
	return bytes.TrimPrefix(b.Bytes(), []byte("\xef\xbb\xbf")), nil
}

func walkArchive(path string, f io.Reader, visit Visit) error {
	if packed(path) {
		z, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", path, err)
		}
		defer z.Close()
		f = z
	}
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack %s: %w", path, err)
		}
		base := filepath.Base(h.Name)
		if h.Typeflag != tar.TypeReg || strings.HasPrefix(base, ".") {
			continue
		}
		name := path + ":" + h.Name
		switch kindOf(base) {
		case document:
			err = visit(name, func() ([]byte, error) { return readAll(t, packed(base)) })
		case lines:
			err = walkLines(name, t, visit)
		}
		if err != nil {
			return err
		}
	}
}

func walkLines(path string, r io.Reader, visit Visit) error {
	if packed(path) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", path, err)
		}
		defer z.Close()
		r = z
	}
	b := bufio.NewReaderSize(r, 256<<10)
	for n := 1; ; n++ {
		line, err := readLine(b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, errTooLarge) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if len(line) == 0 && err == nil {
			continue
		}
		if err := visit(fmt.Sprintf("%s:%d", path, n), func() ([]byte, error) { return line, err }); err != nil {
			return err
		}
	}
}

// readLine returns the next line without white space around it, and io.EOF
// after the last. A line over MaxDocument is passed over to its end.
func readLine(b *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := b.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxDocument; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(part) == 0 && len(line) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errTooLarge
		}
		return bytes.TrimSpace(line), nil
	}
}
