package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
)

// table collects lines of tab-separated fields. Empty fields at the end of a
// line are left out.
type table struct {
	buf bytes.Buffer
	err error
}

func (t *table) line(fields ...string) {
	for _, f := range fields {
		if strings.ContainsAny(f, "\t\r\n") && t.err == nil {
			t.err = fmt.Errorf("field %q would break the line", f)
		}
	}
	t.buf.WriteString(strings.TrimRight(strings.Join(fields, "\t"), "\t"))
	t.buf.WriteByte('\n')
}

func (t *table) bytes() ([]byte, error) { return t.buf.Bytes(), t.err }

// compress writes the gzip of data to file, without a name or time inside.
func compress(file string, data []byte) error {
	var out bytes.Buffer
	zw, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zw.Write(data); err != nil {
		return err
	}
	if err := zw.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// flagged is letter when on.
func flagged(letter string, on bool) string {
	if on {
		return letter
	}
	return ""
}
