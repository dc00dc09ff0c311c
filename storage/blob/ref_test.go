package blob_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
)

// refOf computes a reference in the obvious way.
func refOf(content []byte) blob.Ref {
	ref := blob.Ref{SHA256: sha256.Sum256(content), Size: int64(len(content))}
	for rest := content; len(rest) > 0; {
		n := min(len(rest), blob.ChunkSize)
		ref.Chunks = append(ref.Chunks, sha256.Sum256(rest[:n]))
		rest = rest[n:]
	}
	return ref
}

func TestRefIsThatOfTheContent(t *testing.T) {
	t.Parallel()
	store, ctx := blob.New(openDir(t, t.TempDir()), ""), t.Context()
	rapid.Check(t, func(t *rapid.T) {
		content := blobtest.Bytes(rapid.IntRange(0, 3*blob.ChunkSize+2).Draw(t, "size"), rapid.Byte().Draw(t, "seed"))
		ref, err := store.Put(ctx, bytes.NewReader(content))
		if err != nil || !reflect.DeepEqual(ref, refOf(content)) {
			t.Fatalf("%d bytes: error %v", len(content), err)
		}
		compact, err := ref.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if limit := 40 + 32*len(ref.Chunks); len(ref.Chunks) < 2 && len(compact) > 40 || len(compact) > limit {
			t.Fatalf("%d bytes for %d chunks", len(compact), len(ref.Chunks))
		}
		var back blob.Ref
		if err := back.UnmarshalBinary(compact); err != nil || !reflect.DeepEqual(back, ref) {
			t.Fatalf("%d bytes: back %v, error %v", len(content), back, err)
		}
	})
}

func TestRefRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	good := refOf(blobtest.Bytes(blob.ChunkSize+1, 1))
	small := refOf([]byte("x"))
	for name, ref := range map[string]blob.Ref{
		"a hash too few":  {SHA256: good.SHA256, Size: good.Size, Chunks: good.Chunks[:1]},
		"a hash too many": {SHA256: small.SHA256, Size: 1, Chunks: good.Chunks},
		"negative":        {Size: -1},
		"one other chunk": {SHA256: small.SHA256, Size: 1, Chunks: good.Chunks[:1]},
	} {
		if _, err := ref.MarshalBinary(); err == nil {
			t.Errorf("%s: marshalled", name)
		}
		if r, err := blob.New(openDir(t, t.TempDir()), "").Open(t.Context(), ref, 0, -1); err == nil {
			r.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func FuzzRefUnmarshal(f *testing.F) {
	for _, size := range []int{0, 1, 200, blob.ChunkSize, blob.ChunkSize + 1, 3 * blob.ChunkSize} {
		compact, err := refOf(blobtest.Bytes(size, 1)).MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(compact)
		f.Add(compact[:len(compact)-1])
		f.Add(append(compact, 0))
	}
	f.Fuzz(func(t *testing.T, compact []byte) {
		var ref blob.Ref
		if ref.UnmarshalBinary(compact) != nil {
			if !reflect.DeepEqual(ref, blob.Ref{}) {
				t.Error("changed by what was refused")
			}
			return
		}
		again, err := ref.MarshalBinary()
		if err != nil || !bytes.Equal(again, compact) {
			t.Errorf("%x became %x, error %v", compact, again, err)
		}
	})
}
