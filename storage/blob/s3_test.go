package blob_test

import (
	"testing"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func openS3(t *testing.T, c blob.S3Config) blob.Backend {
	t.Helper()
	b, err := blob.S3(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestS3(t *testing.T) {
	t.Parallel()
	blobtest.Exercise(t, func(t *testing.T) blob.Backend { return openS3(t, storagetest.S3(t)) })
}
