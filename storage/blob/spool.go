package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// spooler is a backend that can take a file from its own spool directory as
// an object, which saves writing everything twice.
type spooler interface {
	spool() string
	take(ctx context.Context, key string, f *os.File) error
}

// content is what has been received and hashed, and not stored yet.
type content struct {
	ref    Ref
	head   []byte             // all of it, when it fits into one chunk
	file   *os.File           // else the file that holds it
	veiled io.ReadWriteSeeker // what the file is written and read through, when the backend seals
}

// receive reads to the end of r. What is larger than a chunk goes to a file.
func (s *Store) receive(ctx context.Context, r io.Reader) (*content, error) {
	r = untilDone{ctx, r}
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, ChunkSize)
	switch {
	case err == io.EOF:
		c := &content{ref: Ref{SHA256: sha256.Sum256(head.Bytes()), Size: n}, head: head.Bytes()}
		if n > 0 {
			c.ref.Chunks = [][32]byte{c.ref.SHA256}
		}
		return c, nil
	case err != nil:
		return nil, err
	}
	f, err := os.CreateTemp(s.spool, "put-*")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", place(err))
	}
	c := &content{file: f}
	if _, seals := s.backend.(*sealed); seals {
		c.veiled = veil(f)
	}
	if err := c.fill(head.Bytes(), r); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// fill writes the first chunk and the rest to the file and computes the
// address.
func (c *content) fill(chunk []byte, rest io.Reader) error {
	whole := sha256.New()
	for {
		if len(chunk) > 0 {
			c.ref.Size += int64(len(chunk))
			c.ref.Chunks = append(c.ref.Chunks, sha256.Sum256(chunk))
			whole.Write(chunk)
			if _, err := c.body().Write(chunk); err != nil {
				return fmt.Errorf("spool: %w", place(err))
			}
		}
		if len(chunk) < ChunkSize {
			c.ref.SHA256 = [32]byte(whole.Sum(nil))
			return nil
		}
		n, err := full(rest, chunk)
		if err != nil && err != io.EOF {
			return err
		}
		chunk = chunk[:n]
	}
}

// keep stores the content under a key.
func (s *Store) keep(ctx context.Context, key string, c *content) error {
	if c.file == nil {
		return s.backend.Put(ctx, key, bytes.NewReader(c.head), c.ref.Size)
	}
	if b, ok := s.backend.(spooler); ok {
		return b.take(ctx, key, c.file)
	}
	return s.backend.Put(ctx, key, c.body(), c.ref.Size)
}

// body is how the file is written and read.
func (c *content) body() io.ReadWriteSeeker {
	if c.veiled != nil {
		return c.veiled
	}
	return c.file
}

// close removes the file, unless the backend has taken it.
func (c *content) close() {
	if c.file != nil {
		c.file.Close()
		_ = os.Remove(c.file.Name())
	}
}

// full reads until b is full or the reader ends with io.EOF. It is not
// io.ReadFull, which answers a short read with the same io.ErrUnexpectedEOF as
// a broken connection: the two must not be confused.
func full(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	if n == len(b) {
		err = nil
	}
	return n, err
}
