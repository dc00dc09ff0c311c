package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
)

// closing is the error of an Open.
func closing(r io.ReadCloser, err error) error {
	if err == nil {
		r.Close()
	}
	return err
}

func second[T any](_ T, err error) error { return err }

// broken is an upload whose connection breaks at the end.
func broken(content []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(content), iotest.ErrReader(io.ErrUnexpectedEOF))
}

// flaky is a backend whose answers break off.
type flaky struct {
	blob.Backend
	breaks int // of so many answers, one after the other
	after  int64
	cause  error
	gets   int
}

func (f *flaky) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	r, err := f.Backend.Get(ctx, key, offset, length)
	if f.gets++; err != nil || f.breaks == 0 {
		return r, err
	}
	f.breaks--
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r, f.after), iotest.ErrReader(f.cause)), r}, nil
}

// TestDownloadGoesOnWhereItBroke: a caller does not notice a broken connection.
func TestDownloadGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	content := blobtest.Bytes(4*blob.ChunkSize+10, 1)
	for _, c := range []struct {
		name   string
		breaks int
		after  int64
		cause  error
		good   int // bytes that come
		gets   int
	}{
		{"in the first chunk", 1, 100, blob.ErrUnavailable, len(content), 2},
		{"between chunks", 1, 2 * blob.ChunkSize, blob.ErrUnavailable, len(content), 2},
		{"twice in the third", 2, 2*blob.ChunkSize + 5, blob.ErrUnavailable, len(content), 3},
		{"for good", 99, 100, blob.ErrUnavailable, 0, 3},
		{"by a fault of ours", 99, blob.ChunkSize + 5, errors.New("fault"), blob.ChunkSize, 1},
	} {
		f := &flaky{Backend: openDir(t, t.TempDir()), cause: c.cause, after: c.after}
		store := blob.New(f, t.TempDir())
		ref, err := store.Put(t.Context(), bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		f.breaks = c.breaks
		var got []byte
		r, err := store.Open(t.Context(), ref, 0, -1)
		if err == nil {
			got, err = io.ReadAll(r)
			r.Close()
		}
		if !bytes.Equal(got, content[:c.good]) || (err == nil) != (c.good == len(content)) || err != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: %d bytes, error %v", c.name, len(got), err)
		}
		if f.gets != c.gets {
			t.Errorf("%s: asked %d times, want %d", c.name, f.gets, c.gets)
		}
	}
}

// TestErrorsStay: what comes after a damaged chunk is never handed out.
func TestErrorsStay(t *testing.T) {
	t.Parallel()
	b := openDir(t, t.TempDir())
	store := blob.New(b, "")
	content := blobtest.Bytes(3*blob.ChunkSize, 1)
	ref, err := store.Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(content)
	bad[blob.ChunkSize+1] ^= 4
	if err := b.Put(t.Context(), blobtest.Key(content), bytes.NewReader(bad), int64(len(bad))); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != blob.ChunkSize || !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("%d bytes, error %v", n, err)
	}
	for range 3 {
		if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("then %d bytes, error %v", n, err)
		}
	}
	r.Close()
	if n, err := r.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("after close %d bytes, error %v", n, err)
	}
}

func TestSpoolOfItsOwn(t *testing.T) {
	t.Parallel()
	spool := t.TempDir()
	store := blob.New(&flaky{Backend: openDir(t, t.TempDir())}, spool) // hides that it is a directory
	if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(1<<20, 1))); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), broken(blobtest.Bytes(1<<20, 2))); err == nil {
		t.Fatal("a broken upload was taken")
	}
	if entries, err := os.ReadDir(spool); err != nil || len(entries) != 0 {
		t.Errorf("spool %v, error %v", entries, err)
	}
	if err := os.Remove(spool); err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("without a spool: %v", err)
	}
	if _, err := store.Put(t.Context(), bytes.NewReader(blobtest.Bytes(1<<20, 1))); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("without a spool: %v", err)
	}
}
