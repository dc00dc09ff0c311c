package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"sync/atomic"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// reference is the reference of a content that fits into one chunk, without
// storing it.
func reference(content []byte) blob.Ref {
	sum := sha256.Sum256(content)
	return blob.Ref{SHA256: sum, Size: int64(len(content)), Chunks: [][32]byte{sum}}
}

// call is an empty reader that calls f when it is read.
type call func()

func (f call) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// cancelling is a body that cancels its upload when it has been read up to a
// point, and that must not be read when the upload is over.
type cancelling struct {
	*bytes.Reader
	cancel context.CancelFunc
	after  int64
	read   atomic.Int64
	over   atomic.Bool
}

func (c *cancelling) count(n int, err error) (int, error) {
	if c.over.Load() {
		panic("a body was read after its upload")
	}
	if c.read.Add(int64(n)) >= c.after {
		c.cancel()
	}
	return n, err
}

func (c *cancelling) Read(b []byte) (int, error) {
	return c.count(c.Reader.Read(b[:min(len(b), 32<<10)]))
}

func (c *cancelling) ReadAt(b []byte, offset int64) (int, error) {
	return c.count(c.Reader.ReadAt(b, offset))
}

// WriteTo would read all at once.
func (c *cancelling) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}
