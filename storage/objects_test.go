package storage_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestSweep: what no version mentions goes, what one mentions stays, and
// bytes that are gone are an alarm and never a short body.
func TestSweep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var log bytes.Buffer
	db, err := storage.Open(ctx, storagetest.Postgres(t), storage.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	place := t.TempDir()
	dir, err := blob.Dir(place)
	if err != nil {
		t.Fatal(err)
	}
	objects, store := storage.NewObjects(db, blob.New(dir, "")), storage.NewResources(db, search.NewRegistry(spec.R4()))
	put := func(text string) engine.Object {
		t.Helper()
		o, err := objects.Put(ctx, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	read := func(o engine.Object) (string, error) {
		body, err := objects.Open(ctx, o, 0, -1)
		if err != nil {
			return "", err
		}
		defer body.Close()
		text, err := io.ReadAll(body)
		return string(text), err
	}
	kept, lost := put("kept"), put("lost")
	w := first("Binary", "b", "x", now)
	w.Blobs = []engine.BlobAt{{Offset: 5, Object: kept}}
	if err := commit(t, store, everything, w); err != nil {
		t.Fatal(err)
	}
	got, err := store.Read(ctx, everything, fhir.Key{Type: "Binary", ID: "b"})
	if err != nil || len(got.Blobs) != 1 || got.Blobs[0].Offset != 5 || got.Blobs[0].Object.SHA256 != kept.SHA256 {
		t.Fatalf("%+v %v", got.Blobs, err)
	}
	if s, err := objects.Sweep(ctx, time.Hour); err != nil || s.Rows != 0 || s.Missing != 0 {
		t.Errorf("young objects were swept: %+v %v", s, err)
	}
	if text, err := read(lost); err != nil || text != "lost" {
		t.Errorf("%q %v", text, err)
	}
	for range 3 { // an object is put aside before it goes for good
		time.Sleep(20 * time.Millisecond)
		if s, err := objects.Sweep(ctx, 10*time.Millisecond); err != nil || s.Missing != 0 {
			t.Errorf("%+v %v", s, err)
		}
	}
	if _, err := read(lost); fhir.CodeOf(err) != fhir.Corrupt {
		t.Errorf("what nobody mentions is still there: %v", err)
	}
	if text, err := read(kept); err != nil || text != "kept" {
		t.Errorf("%q %v", text, err)
	}

	// The bytes of the mentioned object vanish.
	err = filepath.WalkDir(place, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Remove(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(kept); fhir.CodeOf(err) != fhir.Corrupt {
		t.Errorf("a missing object: %v", err)
	}
	log.Reset()
	s, err := objects.Sweep(ctx, time.Hour)
	if err != nil || s.Missing != 1 || !strings.Contains(log.String(), "object is missing") {
		t.Errorf("%+v %v, log %q", s, err, log.String())
	}
	put("kept")
	if text, err := read(kept); err != nil || text != "kept" {
		t.Errorf("storing it again does not heal it: %q %v", text, err)
	}
}
