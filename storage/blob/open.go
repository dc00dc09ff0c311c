package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
)

// attempts is how often a chunk is fetched before its failure is believed.
const attempts = 3

// Open reads length bytes of a binary from offset; length -1 means to the end.
// Every chunk is checked before any of its bytes is handed out, the first one
// before Open returns, so that most damage is known while a caller can still
// answer with an error. The reader ends with io.EOF after exactly the bytes
// asked for, or with another error.
//
// A missing object is ErrNotFound, a damaged or shortened one ErrCorrupt.
func (s *Store) Open(ctx context.Context, ref Ref, offset, length int64) (io.ReadCloser, error) {
	if err := ref.valid(); err != nil {
		return nil, err
	}
	if length == -1 {
		length = ref.Size - offset
	}
	if offset < 0 || length < 0 || offset > ref.Size || length > ref.Size-offset {
		return nil, fmt.Errorf("open binary %s: %d bytes from %d on are not all within its %d", ref, length, offset, ref.Size)
	}
	r := &reader{ctx: ctx, backend: s.backend, ref: ref, key: key(ref.SHA256), skip: offset % ChunkSize, left: length,
		next: offset / ChunkSize, end: chunks(offset + length)}
	if length > 0 {
		if err := r.fetch(); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// reader yields the checked bytes of a range of chunks.
type reader struct {
	ctx     context.Context
	backend Backend
	ref     Ref
	key     string
	places  int // how often the object was looked for in the other place

	next, end int64         // chunks still to fetch: [next, end)
	skip      int64         // bytes of the next chunk that come before the range
	left      int64         // bytes still to hand out
	body      io.ReadCloser // positioned at chunk next, nil when it must be opened
	buf       []byte
	checked   []byte // part of buf that may be handed out
	err       error
}

func (r *reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if err := r.ready(); err != nil {
		return 0, err
	}
	n := copy(b, r.checked)
	r.checked = r.checked[n:]
	r.left -= int64(n)
	return n, nil
}

// WriteTo saves io.Copy a buffer of its own.
func (r *reader) WriteTo(w io.Writer) (n int64, err error) {
	for {
		if err := r.ready(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		m, err := w.Write(r.checked)
		n += int64(m)
		r.checked = r.checked[m:]
		r.left -= int64(m)
		if err != nil {
			return n, err
		}
	}
}

// ready makes sure that there are checked bytes, or says why there are none.
func (r *reader) ready() error {
	if len(r.checked) == 0 && r.err == nil {
		if r.left == 0 {
			return io.EOF
		}
		return r.fetch()
	}
	if len(r.checked) == 0 {
		return r.err
	}
	return nil
}

// fetch reads and checks the next chunk. What goes wrong after a good
// beginning may be the fault of the way here rather than of the place, so it is
// tried again; an error that stays is kept, since what follows must not be read.
func (r *reader) fetch() error {
	start := r.next * ChunkSize
	size := min(ChunkSize, r.ref.Size-start)
	if r.buf == nil {
		r.buf = make([]byte, min(ChunkSize, r.ref.Size))
	}
	for attempt := 1; ; attempt++ {
		err := r.ctx.Err()
		if err == nil {
			err = r.read(r.buf[:size], start)
		}
		if err == nil && sha256.Sum256(r.buf[:size]) != r.ref.Chunks[r.next] {
			err = fmt.Errorf("%w: chunk %d has another hash", ErrCorrupt, r.next)
		}
		if err == nil {
			break
		}
		begun := r.body != nil
		r.drop()
		switch {
		case r.ctx.Err() != nil:
			err = r.ctx.Err()
		case errors.Is(err, ErrNotFound) && r.elsewhere():
			attempt--
			continue
		case begun && attempt < attempts && !errors.Is(err, errSilent) && (errors.Is(err, ErrUnavailable) || errors.Is(err, ErrCorrupt)):
			select {
			case <-r.ctx.Done():
			case <-time.After(20 * time.Millisecond << attempt):
			}
			continue
		}
		r.err = fmt.Errorf("open binary %s: %w", r.ref, err)
		return r.err
	}
	r.checked = r.buf[r.skip:size]
	r.checked = r.checked[:min(int64(len(r.checked)), r.left)]
	r.skip, r.places = 0, 0
	r.next++
	return nil
}

// elsewhere turns to the other place where a sweep may have put the object,
// and once more to the first, since it may be on its way back.
func (r *reader) elsewhere() bool {
	if r.places++; r.places > 2 {
		return false
	}
	if r.key == key(r.ref.SHA256) {
		r.key = condemnedKey(r.ref.SHA256)
	} else {
		r.key = key(r.ref.SHA256)
	}
	return true
}

// read fills b with the chunk at start.
func (r *reader) read(b []byte, start int64) (err error) {
	if r.body == nil {
		length := min(r.end*ChunkSize, r.ref.Size) - start
		if r.body, err = r.backend.Get(r.ctx, r.key, start, length); err != nil {
			r.body = nil
			return err
		}
	}
	_, err = full(r.body, b)
	if err == io.EOF {
		return fmt.Errorf("%w: chunk %d ends too early", ErrCorrupt, r.next)
	}
	return err
}

func (r *reader) drop() {
	if r.body != nil {
		r.body.Close()
		r.body = nil
	}
}

// Close gives back the connection or file. It may be called at any time.
func (r *reader) Close() error {
	r.drop()
	r.checked, r.err = nil, errors.New("the binary has been closed")
	return nil
}
