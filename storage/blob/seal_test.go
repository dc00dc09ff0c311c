package blob_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// aKey is the text of a fresh key.
func aKey() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return base64.StdEncoding.EncodeToString(secret)
}

func seal(t *testing.T, b blob.Backend, keys ...string) blob.Backend {
	t.Helper()
	parsed, err := blob.ParseKeys(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := blob.Sealed(b, parsed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedDir(t *testing.T) {
	t.Parallel()
	blobtest.Exercise(t, func(t *testing.T) blob.Backend { return seal(t, openDir(t, t.TempDir()), aKey()) })
}

func TestSealedS3(t *testing.T) {
	t.Parallel()
	blobtest.Exercise(t, func(t *testing.T) blob.Backend { return seal(t, openS3(t, storagetest.S3(t)), aKey()) })
}

func putAll(t *testing.T, s *blob.Store, content []byte) blob.Ref {
	t.Helper()
	ref, err := s.Put(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func readAll(t *testing.T, s *blob.Store, ref blob.Ref) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), ref, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// files are the contents of all files below a directory.
func files(t *testing.T, root string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// halting stops in the middle of an upload.
type halting struct {
	io.Reader
	at func()
}

func (h *halting) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	if err == io.EOF {
		h.at()
	}
	return n, err
}

// TestNoClearTextOnDisk looks at every file while an upload is under way and
// afterwards.
func TestNoClearTextOnDisk(t *testing.T) {
	t.Parallel()
	root, spool := t.TempDir(), t.TempDir()
	store := blob.New(seal(t, openDir(t, root), aKey()), spool)
	secret := []byte("a sentence that must not be found on the disk")
	content := bytes.Repeat(secret, 20_000)
	clear := func(when string, dirs ...string) int {
		size := 0
		for _, dir := range dirs {
			for path, found := range files(t, dir) {
				size += len(found)
				if bytes.Contains(found, secret) {
					t.Errorf("%s: clear text in %s", when, path)
				}
			}
		}
		return size
	}
	waiting := 0
	ref, err := store.Put(t.Context(), &halting{bytes.NewReader(content), func() { waiting = clear("under way", root, spool) }})
	if err != nil {
		t.Fatal(err)
	}
	if waiting < len(content)/2 {
		t.Errorf("only %d bytes had been spooled: the test did not look at the upload", waiting)
	}
	if size := clear("afterwards", root, spool); size < len(content) {
		t.Errorf("%d bytes are kept of %d", size, len(content))
	}
	if got, err := readAll(t, store, ref); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes back, error %v", len(got), err)
	}
}

// TestTampering changes the stored form in every way that an owner of the
// backend without the key could try. What is opened through the backend alone,
// where no hash of the contents helps, must fail too.
func TestTampering(t *testing.T) {
	t.Parallel()
	const header = 92
	frame := blob.ChunkSize + 16
	root := t.TempDir()
	inner := openDir(t, root)
	sealed := seal(t, inner, aKey())
	content := blobtest.Bytes(3*blob.ChunkSize, 1) // ends with a full frame
	key, other := blobtest.Key(content), blobtest.Key([]byte("other"))
	for k, c := range map[string][]byte{key: content, other: blobtest.Bytes(3*blob.ChunkSize, 2)} {
		if err := sealed.Put(t.Context(), k, bytes.NewReader(c), int64(len(c))); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, filepath.FromSlash(key))
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(other)))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	for name, bad := range map[string][]byte{
		"name of the key":       flip(20),
		"nonce":                 flip(35),
		"wrapped key":           flip(50),
		"first frame":           flip(header),
		"last frame":            flip(header + 2*frame + 5),
		"tag":                   flip(len(good) - 1),
		"cut in a frame":        good[:len(good)-100],
		"cut between frames":    good[:header+2*frame],
		"nothing but a header":  good[:header],
		"frames exchanged":      slices.Concat(good[:header], good[header+frame:header+2*frame], good[header:header+frame], good[header+2*frame:]),
		"frame left out":        slices.Concat(good[:header], good[header+frame:]),
		"frame of another":      slices.Concat(good[:header], foreign[header:header+frame], good[header+frame:]),
		"envelope of another":   slices.Concat(foreign[:header], good[header:]),
		"last frame twice":      slices.Concat(good, good[header+2*frame:]),
		"first frame once more": slices.Concat(good[:header+2*frame], good[header:header+frame]),
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := sealed.Get(t.Context(), key, 0, int64(len(content))+1)
		var got []byte
		if err == nil {
			got, err = io.ReadAll(r)
			r.Close()
		}
		switch {
		case name == "last frame twice": // what follows the end is not read
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes, error %v", name, len(got), err)
			}
		case !errors.Is(err, blob.ErrCorrupt) && !errors.Is(err, blob.ErrDenied):
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		case !bytes.HasPrefix(content, got):
			t.Errorf("%s: bytes were handed out that were never put", name)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	inner := openDir(t, t.TempDir())
	first, second := aKey(), aKey()
	small, large := []byte("a letter"), blobtest.Bytes(2*blob.ChunkSize+5, 3)
	before := putAll(t, blob.New(inner, ""), []byte("from before there was a key"))
	old := blob.New(seal(t, inner, first), t.TempDir())
	refs := []blob.Ref{before, putAll(t, old, small), putAll(t, old, large)}
	both := seal(t, inner, second, first)
	readable := func(name string, b blob.Backend) {
		t.Helper()
		for i, want := range [][]byte{[]byte("from before there was a key"), small, large} {
			if got, err := readAll(t, blob.New(b, t.TempDir()), refs[i]); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: object %d: %d bytes, error %v", name, i, len(got), err)
			}
		}
	}
	readable("both keys", both)
	if _, err := readAll(t, blob.New(seal(t, inner, second), t.TempDir()), refs[1]); !errors.Is(err, blob.ErrDenied) {
		t.Errorf("without its key: %v", err)
	}
	if done, err := blob.Rewrap(t.Context(), both); err != nil || done != (blob.Rewrapped{Objects: 3, Sealed: 1, Renewed: 2}) {
		t.Errorf("rewrap: %+v, %v", done, err)
	}
	if done, err := blob.Rewrap(t.Context(), both); err != nil || done != (blob.Rewrapped{Objects: 3}) {
		t.Errorf("rewrap again: %+v, %v", done, err)
	}
	readable("the new key alone", seal(t, inner, second))
	if _, err := readAll(t, blob.New(seal(t, inner, first), t.TempDir()), refs[2]); !errors.Is(err, blob.ErrDenied) {
		t.Errorf("with the old key alone: %v", err)
	}
	if _, err := blob.Rewrap(t.Context(), inner); err == nil {
		t.Error("rewrapped without a key")
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n", "x", aKey()[1:], aKey() + "," + "AAAA"} {
		if _, err := blob.ParseKeys(text); err == nil {
			t.Errorf("%q was taken", text)
		} else if len(text) > 4 && strings.Contains(err.Error(), text[:4]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
	if keys, err := blob.ParseKeys(aKey() + "\r\n" + aKey() + ", " + aKey() + "\n"); err != nil || len(keys) != 3 {
		t.Errorf("%d keys, error %v", len(keys), err)
	}
}
