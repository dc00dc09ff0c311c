package spec

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
)

//go:embed definitions.gz
var definitionsGZ []byte

//go:embed codes.gz
var codesGZ []byte

// unzip returns the text of a table. Every name and code of the definitions
// is a part of it and keeps it alive.
func unzip(data []byte) (string, error) {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("unzip: %w", err)
	}
	// The last four bytes of a gzip are its length (RFC 1952), so that the
	// text is read into one piece of memory.
	var text strings.Builder
	if n := len(data); n >= 4 {
		text.Grow(int(data[n-4]) | int(data[n-3])<<8 | int(data[n-2])<<16 | int(data[n-1])<<24)
	}
	if _, err := io.Copy(&text, zr); err != nil {
		return "", fmt.Errorf("unzip: %w", err)
	}
	return text.String(), nil
}

// row is the fields of one line; those that are not there are empty.
type row [12]string

// split cuts a line at its tabs into r and returns what did not fit.
func (r *row) split(line string) (rest string) {
	*r = row{}
	for i := range r {
		var more bool
		if r[i], line, more = strings.Cut(line, "\t"); !more {
			return ""
		}
	}
	return line
}

// list splits codes joined by commas.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
