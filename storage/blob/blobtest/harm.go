package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// damaged: whatever happened to the object, no wrong byte comes out.
func damaged(t *testing.T, b blob.Backend, s *blob.Store) {
	const c = blob.ChunkSize
	content := Bytes(3*c+50, 3)
	ref := put(t, s, content)
	flip := func(at int) []byte {
		bad := bytes.Clone(content)
		bad[at] ^= 1
		return bad
	}
	for _, d := range []struct {
		name   string
		stored []byte
		good   int // bytes that come before the damaged chunk
	}{
		{"first bit", flip(0), 0},
		{"last bit", flip(3*c + 49), 3 * c},
		{"in the second chunk", flip(c + 5), c},
		{"cut to nothing", nil, 0},
		{"cut in the first chunk", content[:c-1], 0},
		{"cut at a chunk's end", content[:2*c], 2 * c},
		{"cut by a byte", content[:3*c+49], 3 * c},
		{"other bytes of the same size", Bytes(3*c+50, 4), 0},
		{"two chunks swapped", append(append(bytes.Clone(content[c:2*c]), content[:c]...), content[2*c:]...), 0},
	} {
		if err := b.Put(t.Context(), Key(content), bytes.NewReader(d.stored), int64(len(d.stored))); err != nil {
			t.Fatal(err)
		}
		got, err := read(t.Context(), s, ref, 0, -1)
		if !errors.Is(err, blob.ErrCorrupt) || !bytes.Equal(got, content[:d.good]) {
			t.Errorf("%s: %d bytes instead of %d, error %v", d.name, len(got), d.good, err)
		}
		if d.good == 0 {
			if r, err := s.Open(t.Context(), ref, 0, -1); err == nil {
				r.Close()
				t.Errorf("%s: not known when opened", d.name)
			}
		}
		if part, err := read(t.Context(), s, ref, 0, int64(d.good)); err != nil || !bytes.Equal(part, content[:d.good]) {
			t.Errorf("%s: the good part: %d bytes, error %v", d.name, len(part), err)
		}
		if part, err := read(t.Context(), s, ref, int64(len(content))-1, 1); err == nil && part[0] != content[len(content)-1] {
			t.Errorf("%s: a wrong last byte", d.name)
		}
	}
	put(t, s, content) // heals
	same(t, s, ref, content)
}

func missing(t *testing.T, _ blob.Backend, s *blob.Store) {
	for _, size := range []int{1, blob.ChunkSize + 1} {
		content := Bytes(size, 5)
		ref := put(t, s, content)
		if err := s.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context(), ref, 0, -1); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// brokenUploads end with an error that is not the end.
func brokenUploads(t *testing.T, b blob.Backend, s *blob.Store) {
	for _, size := range []int{0, 10, blob.ChunkSize, blob.ChunkSize + 1, 3 * blob.ChunkSize} {
		for _, cause := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
			_, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(Bytes(size, 6)), iotest.ErrReader(cause)))
			if !errors.Is(err, cause) {
				t.Errorf("after %d bytes: %v instead of %v", size, err, cause)
			}
		}
	}
	if got := keys(t, b); len(got) != 0 {
		t.Errorf("objects: %v", got)
	}
}

// cancelled uploads leave nothing, whenever they are cancelled.
func cancelled(t *testing.T, b blob.Backend, s *blob.Store) {
	content := Bytes(18<<20, 7)
	for _, after := range []int{0, 100, blob.ChunkSize, 9 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		r := io.MultiReader(bytes.NewReader(content[:after]), call(cancel), bytes.NewReader(content[after:]))
		if _, err := s.Put(ctx, r); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
	// In the backend's own part of the work.
	ctx, cancel := context.WithCancel(t.Context())
	body := &cancelling{Reader: bytes.NewReader(content), cancel: cancel, after: int64(len(content) / 2)}
	if err := b.Put(ctx, Key(content), body, int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("in the middle: %v", err)
	}
	body.over.Store(true)
	if got := keys(t, b); len(got) != 0 {
		t.Errorf("objects: %v", got)
	}
	ctx, cancel = context.WithCancel(t.Context())
	ref := put(t, s, content)
	r, err := s.Open(ctx, ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) || n > blob.ChunkSize {
		t.Errorf("a cancelled download: %d bytes, error %v", n, err)
	}
}
