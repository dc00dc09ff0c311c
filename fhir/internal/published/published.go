// Package published reads what others have published, for the tests that hold
// it against this module: data sets as archives in the directory that
// WEBDOCTOR_SHARED names. It knows nothing of FHIR.
package published

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"testing"
)

// Resources visits the JSON files of data/<name>.tar.gz, in the order of the
// archive, without those that are about a package rather than in it.
func Resources(t *testing.T, name string, visit func(name string, text []byte)) {
	t.Helper()
	shared := os.Getenv("WEBDOCTOR_SHARED")
	if shared == "" {
		t.Fatalf("WEBDOCTOR_SHARED must name the directory that holds data/%s.tar.gz", name)
	}
	f, err := os.Open(filepath.Join(shared, "data", name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		base := path.Base(h.Name)
		if h.Typeflag != tar.TypeReg || path.Ext(base) != ".json" || base == "package.json" || base == ".index.json" {
			continue
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		visit(h.Name, text)
	}
}
