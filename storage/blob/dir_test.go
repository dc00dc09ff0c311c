package blob_test

import (
	"testing"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
)

func openDir(t *testing.T, path string) blob.Backend {
	t.Helper()
	b, err := blob.Dir(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDir(t *testing.T) {
	t.Parallel()
	blobtest.Exercise(t, func(t *testing.T) blob.Backend { return openDir(t, t.TempDir()) })
}
