package blob_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

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

func TestDirOutlivesItsServer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b") // made with its parents
	content := blobtest.Bytes(2*blob.ChunkSize, 1)
	ref, err := blob.New(openDir(t, path), "").Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r, err := blob.New(openDir(t, path), "").Open(t.Context(), ref, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make([]byte, 3)
	if _, err := r.Read(got); err != nil || !bytes.Equal(got, content[5:8]) {
		t.Errorf("got %x, error %v", got, err)
	}
	for _, p := range []string{path, filepath.Join(path, blobtest.Key(content))} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
	}
}

func TestDirKeysStayInside(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	b := openDir(t, filepath.Join(top, "objects"))
	for _, key := range []string{"", "..", "../x", "a/../../x", "/etc/x", "a//b", "a/", "./a", "A", "a b", "a\x00b", `a\b`, "tmp/x", "é"} {
		if err := b.Put(t.Context(), key, bytes.NewReader([]byte("x")), 1); err == nil {
			t.Errorf("put %q", key)
		}
		if r, err := b.Get(t.Context(), key, 0, 1); err == nil {
			r.Close()
			t.Errorf("get %q", key)
		}
		if err := b.Delete(t.Context(), key); err == nil {
			t.Errorf("delete %q", key)
		}
	}
	entries, err := os.ReadDir(top)
	if err != nil || len(entries) != 1 {
		t.Errorf("entries %v, error %v", entries, err)
	}
}

// TestDirThatVanishes: a disk that is not mounted is no missing object.
func TestDirThatVanishes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "disk")
	store := blob.New(openDir(t, path), "")
	ref, err := store.Put(t.Context(), bytes.NewReader([]byte("scan")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"open":  closing(store.Open(t.Context(), ref, 0, -1)),
		"put":   second(store.Put(t.Context(), bytes.NewReader([]byte("other")))),
		"large": second(store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(1<<20, 1)))),
		"check": store.Check(t.Context()),
		"walk":  store.Walk(t.Context(), func([32]byte, int64, time.Time) error { return nil }),
	} {
		if !errors.Is(err, blob.ErrUnavailable) || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if err := closing(store.Open(t.Context(), ref, 0, -1)); err != nil {
		t.Error(err)
	}
}

func TestDirTidiesItsSpool(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	b := openDir(t, path)
	spool := filepath.Join(path, "tmp")
	for _, name := range []string{"put-old", "put-new"} {
		if err := os.WriteFile(filepath.Join(spool, name), []byte("half a scan"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Join(spool, "put-old"), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if err := b.Walk(t.Context(), func(key string, _ int64, _ time.Time) error { return errors.New(key) }); err != nil {
		t.Errorf("an unfinished upload shows: %v", err)
	}
	if err := b.Tidy(t.Context(), time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(spool)
	if err != nil || len(entries) != 1 || entries[0].Name() != "put-new" {
		t.Errorf("entries %v, error %v", entries, err)
	}
}

// TestDirLeavesNothingInItsSpool: neither success nor failure does.
func TestDirLeavesNothingInItsSpool(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	store := blob.New(openDir(t, path), "")
	for _, size := range []int{0, 10, blob.ChunkSize, 2 * blob.ChunkSize} {
		if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(size, 1))); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), broken(blobtest.Bytes(size, 2))); err == nil {
			t.Fatal("a broken upload was taken")
		}
	}
	if entries, err := os.ReadDir(filepath.Join(path, "tmp")); err != nil || len(entries) != 0 {
		t.Errorf("entries %v, error %v", entries, err)
	}
}
