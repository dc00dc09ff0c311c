// Package blobtest is what a blob.Backend must pass, and a blob.Store over it.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// Exercise runs the suite. Open makes a backend that is empty.
func Exercise(t *testing.T, open func(t *testing.T) blob.Backend) {
	for _, c := range []struct {
		name string
		test func(*testing.T, blob.Backend, *blob.Store)
	}{
		{"sizes", sizes},
		{"ranges", ranges},
		{"parts", parts},
		{"same content at once", sameContent},
		{"damaged", damaged},
		{"missing", missing},
		{"broken uploads", brokenUploads},
		{"cancelled", cancelled},
		{"delete and walk", deleteAndWalk},
		{"backend contract", contract},
		{"sweep", sweep},
		{"sweep against put", sweepAgainstPut},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			backend := open(t)
			if err := backend.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			store := blob.New(backend, t.TempDir())
			if err := store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.test(t, backend, store)
		})
	}
}

// Bytes are size bytes that do not repeat, the same for the same seed.
func Bytes(size int, seed byte) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return b
}

// Key is where the store keeps content, as blob documents it.
func Key(content []byte) string {
	h := fmt.Sprintf("%x", sha256.Sum256(content))
	return h[:2] + "/" + h
}

func put(t *testing.T, s *blob.Store, content []byte) blob.Ref {
	t.Helper()
	ref, err := s.Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if ref.SHA256 != sha256.Sum256(content) || ref.Size != int64(len(content)) {
		t.Fatalf("reference to %d bytes: %s, %d", len(content), ref, ref.Size)
	}
	return ref
}

// read reads a part and closes.
func read(ctx context.Context, s *blob.Store, ref blob.Ref, offset, length int64) ([]byte, error) {
	r, err := s.Open(ctx, ref, offset, length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func same(t *testing.T, s *blob.Store, ref blob.Ref, content []byte) {
	t.Helper()
	got, err := read(t.Context(), s, ref, 0, -1)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("read %d of %d bytes, equal %v, error %v", len(got), len(content), bytes.Equal(got, content), err)
	}
}

// keys are the keys of all objects.
func keys(t *testing.T, b blob.Backend) (all []string) {
	t.Helper()
	if err := b.Walk(context.WithoutCancel(t.Context()), func(key string, _ int64, _ time.Time) error {
		all = append(all, key)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func sizes(t *testing.T, b blob.Backend, s *blob.Store) {
	const c = blob.ChunkSize
	for i, size := range []int{0, 1, 2, 1000, c - 1, c, c + 1, 2*c - 1, 2 * c, 2*c + 1, 5*c + 17} {
		content := Bytes(size, byte(i))
		for name, r := range map[string]io.Reader{
			"whole":       bytes.NewReader(content),
			"in drops":    iotest.HalfReader(bytes.NewReader(content)),
			"eof at last": iotest.DataErrReader(bytes.NewReader(content)),
		} {
			ref, err := s.Put(t.Context(), r)
			if err != nil {
				t.Fatalf("%d bytes %s: %v", size, name, err)
			}
			same(t, s, ref, content)
		}
	}
	if n := len(keys(t, b)); n != 11 {
		t.Errorf("%d objects for 11 contents", n)
	}
}

func ranges(t *testing.T, _ blob.Backend, s *blob.Store) {
	const c = blob.ChunkSize
	content := Bytes(3*c+100, 1)
	ref := put(t, s, content)
	size := int64(len(content))
	for _, p := range [][2]int64{
		{0, 0}, {0, 1}, {0, c}, {1, c}, {c - 1, 2}, {c, c}, {c, 1}, {2*c - 1, c + 2}, {3 * c, 100}, {3*c + 99, 1},
		{size, 0}, {0, size}, {17, size - 34}, {5, -1}, {size, -1}, {c, -1},
	} {
		want := content[p[0]:]
		if p[1] >= 0 {
			want = want[:p[1]]
		}
		got, err := read(t.Context(), s, ref, p[0], p[1])
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d from %d: %d bytes, equal %v, error %v", p[1], p[0], len(got), bytes.Equal(got, want), err)
		}
		r, err := s.Open(t.Context(), ref, p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, want); err != nil && len(want) < 1000 {
			t.Errorf("%d from %d: %v", p[1], p[0], err)
		}
		r.Close()
	}
	for _, p := range [][2]int64{{-1, 1}, {0, size + 1}, {size, 1}, {size + 1, 0}, {size + 1, -1}, {1, -2}, {1 << 62, 1 << 62}} {
		if r, err := s.Open(t.Context(), ref, p[0], p[1]); err == nil {
			r.Close()
			t.Errorf("%d from %d was opened", p[1], p[0])
		}
	}
}

// parts are what S3 uploads large objects in.
func parts(t *testing.T, b blob.Backend, s *blob.Store) {
	content := Bytes(20<<20+123, 1)
	ref := put(t, s, content)
	same(t, s, ref, content)
	got, err := read(t.Context(), s, ref, 17<<20, 1<<20)
	if err != nil || !bytes.Equal(got, content[17<<20:18<<20]) {
		t.Errorf("a part: %d bytes, error %v", len(got), err)
	}
	var size int64
	err = b.Walk(t.Context(), func(_ string, n int64, _ time.Time) error { size += n; return nil })
	if err != nil || size != int64(len(content)) {
		t.Errorf("%d bytes are stored, error %v", size, err)
	}
}

func sameContent(t *testing.T, b blob.Backend, s *blob.Store) {
	for _, size := range []int{100, blob.ChunkSize + 100} {
		content := Bytes(size, 9)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 3 {
					ref, err := s.Put(t.Context(), bytes.NewReader(content))
					if err != nil {
						t.Error(err)
						return
					}
					got, err := read(t.Context(), s, ref, 0, -1)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%d bytes, error %v", len(got), err)
					}
				}
			})
		}
		wg.Wait()
	}
	if got := keys(t, b); len(got) != 2 {
		t.Errorf("objects: %v", got)
	}
}

func deleteAndWalk(t *testing.T, b blob.Backend, s *blob.Store) {
	begun := time.Now().Add(-5 * time.Second) // clocks of services differ a little
	want := map[[32]byte]int64{}
	var refs []blob.Ref
	for i := range 25 {
		ref := put(t, s, Bytes(i*10, byte(i)))
		want[ref.SHA256] = ref.Size
		refs = append(refs, ref)
	}
	// Not ours, and left alone.
	stranger := strings.NewReader("hello")
	if err := b.Put(t.Context(), "aa/bb/readme", stranger, 5); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		got := map[[32]byte]int64{}
		err := s.Walk(t.Context(), func(sum [32]byte, size int64, modified time.Time) error {
			got[sum] = size
			if modified.Before(begun) || modified.After(time.Now().Add(5*time.Second)) {
				t.Errorf("stored at %v", modified)
			}
			return nil
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("round %d: %d of %d objects, error %v", round, len(got), len(want), err)
		}
		for _, ref := range refs[:10] {
			if err := s.Delete(t.Context(), ref); err != nil { // twice is no error
				t.Fatal(err)
			}
			delete(want, ref.SHA256)
		}
	}
	stop := errors.New("enough")
	if err := s.Walk(t.Context(), func([32]byte, int64, time.Time) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("walk ended with %v", err)
	}
	if len(keys(t, b)) != 16 {
		t.Error("the stranger's object is gone")
	}
}

// contract is what the backend itself promises.
func contract(t *testing.T, b blob.Backend, _ *blob.Store) {
	content := Bytes(1000, 8)
	key := Key(content)
	if _, err := b.Get(t.Context(), key, 0, 10); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	if err := b.Delete(t.Context(), key); err != nil {
		t.Errorf("delete of nothing: %v", err)
	}
	body := bytes.NewReader(content)
	if _, err := body.Seek(500, io.SeekStart); err != nil { // it reads from the start all the same
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), key, body, 1000); err != nil {
		t.Fatal(err)
	}
	for _, p := range [][3]int64{{0, 1000, 1000}, {0, 5000, 1000}, {990, 100, 10}, {1000, 1, 0}, {2000, 1, 0}, {3, 4, 4}} {
		r, err := b.Get(t.Context(), key, p[0], p[1])
		if err != nil {
			t.Errorf("%d from %d: %v", p[1], p[0], err)
			continue
		}
		got, err := io.ReadAll(r)
		r.Close()
		from := min(p[0], 1000)
		if err != nil || !bytes.Equal(got, content[from:from+p[2]]) {
			t.Errorf("%d from %d: %d bytes, error %v", p[1], p[0], len(got), err)
		}
	}
	if err := b.Put(t.Context(), key, strings.NewReader("other"), 5); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), key, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); string(got) != "other" || err != nil {
		t.Errorf("after replacing: %q, error %v", got, err)
	}
	if err := b.Put(t.Context(), "aa/short", strings.NewReader("abc"), 5); err == nil {
		t.Error("fewer bytes than announced were taken")
	}
	if _, err := b.Get(t.Context(), "aa/short", 0, 5); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the short upload: %v", err)
	}
}
