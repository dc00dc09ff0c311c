package blob

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Sealed is a backend that keeps encrypted what is put into it, in another
// backend. Every object has a random key of its own, which stands at its start
// under the newest of the keys, and is a row of frames of ChunkSize bytes,
// each sealed with AES-256-GCM under its number and whether it is the last:
// frames cannot be changed, exchanged, left out or cut off unnoticed.
//
// Objects that were there before are read as they are; Rewrap seals them. The
// names of objects stay hashes of their contents: who can list the backend
// and has a copy of a file can tell whether it is there.
func Sealed(inner Backend, keys Keys) (Backend, error) {
	if len(keys) == 0 {
		return nil, errors.New("sealing needs a key")
	}
	return &sealed{Backend: inner, keys: keys}, nil
}

type sealed struct {
	Backend
	keys Keys
}

// frameSize is what a full frame takes in the backend.
const frameSize = ChunkSize + 16

// sealedSize is what size bytes take in the backend.
func sealedSize(size int64) int64 {
	return headerSize + size + 16*max(chunks(size), 1)
}

// plainSize is the inverse of sealedSize.
func plainSize(size int64) int64 {
	if size < headerSize+16 {
		return size // not sealed
	}
	frames := (size - headerSize + frameSize - 1) / frameSize
	return size - headerSize - 16*frames
}

func (s *sealed) Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	own := make([]byte, keySize)
	_, _ = rand.Read(own) // never fails
	return s.Backend.Put(ctx, key, &sealing{header: s.keys.wrap(own), aead: gcm(own), body: body, size: size, frame: -1}, sealedSize(size))
}

// Walk tells the sizes of what was put. Objects that are not sealed are told
// a little too small.
func (s *sealed) Walk(ctx context.Context, f func(key string, size int64, modified time.Time) error) error {
	return s.Backend.Walk(ctx, func(key string, size int64, modified time.Time) error {
		return f(key, plainSize(size), modified)
	})
}

// nonce of a frame: its number, and whether it is the last. The key is the
// object's own, so that a nonce is used for one frame only.
func nonce(frame int64, last bool) []byte {
	n := binary.BigEndian.AppendUint64(make([]byte, 0, 12), uint64(frame))
	if last {
		return append(n, 0, 0, 0, 1)
	}
	return append(n, 0, 0, 0, 0)
}

// sealing reads as the sealed form of body. The same frame is sealed to the
// same bytes however often it is read, which a backend may do.
type sealing struct {
	header []byte
	aead   cipher.AEAD
	body   io.ReadSeeker
	size   int64

	at    int64  // position in the sealed form
	frame int64  // which frame is in out, -1 for none
	plain []byte // room for a frame
	out   []byte
}

func (s *sealing) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += sealedSize(s.size)
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	s.at = offset
	return offset, nil
}

func (s *sealing) Read(b []byte) (int, error) {
	if s.at < headerSize {
		n := copy(b, s.header[s.at:])
		s.at += int64(n)
		return n, nil
	}
	if s.at >= sealedSize(s.size) {
		return 0, io.EOF
	}
	frame := (s.at - headerSize) / frameSize
	if err := s.seal(frame); err != nil {
		return 0, err
	}
	n := copy(b, s.out[s.at-headerSize-frame*frameSize:])
	s.at += int64(n)
	return n, nil
}

// seal makes a frame the one in out.
func (s *sealing) seal(frame int64) error {
	if s.frame == frame {
		return nil
	}
	if s.plain == nil {
		s.plain = make([]byte, min(ChunkSize, s.size))
	}
	s.frame = -1
	start := frame * ChunkSize
	if _, err := s.body.Seek(start, io.SeekStart); err != nil {
		return err
	}
	plain := s.plain[:min(ChunkSize, s.size-start)]
	if _, err := full(s.body, plain); err == io.EOF {
		return fmt.Errorf("%d bytes were announced and fewer came: %w", s.size, io.ErrUnexpectedEOF)
	} else if err != nil {
		return err
	}
	s.out = s.aead.Seal(s.out[:0], nonce(frame, start+ChunkSize >= s.size), plain, nil)
	s.frame = frame
	return nil
}

// Get opens the frames that hold the part, and hands out no byte of a frame
// before all of it has been checked.
func (s *sealed) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	first := offset / ChunkSize
	frames := min((offset+min(length, 1<<60)+ChunkSize-1)/ChunkSize-first, 1<<40)
	var before []byte
	for {
		header, body, err := s.parts(ctx, key, first, frames)
		if err != nil {
			return nil, err
		}
		if !sealedAs(header) {
			body.Close()
			return s.Backend.Get(ctx, key, offset, length)
		}
		own, _, err := s.keys.unwrap(header)
		if err != nil {
			body.Close()
			return nil, err
		}
		o := &opening{body: body, aead: gcm(own), frame: first, skip: offset % ChunkSize, left: length}
		if o.err = o.next(); errors.Is(o.err, ErrCorrupt) && !bytes.Equal(header, before) {
			// The envelope and the frames come from two looks at the object,
			// and it may have been put anew between them.
			before = header
			body.Close()
			continue
		}
		return o, nil
	}
}

// parts reads the envelope of an object and goes on with its frames from
// first on.
func (s *sealed) parts(ctx context.Context, key string, first, frames int64) (header []byte, body io.ReadCloser, err error) {
	if first > 0 {
		if header, err = s.header(ctx, key); err != nil {
			return nil, nil, err
		}
		body, err = s.Backend.Get(ctx, key, headerSize+first*frameSize, frames*frameSize)
		return header, body, err
	}
	if body, err = s.Backend.Get(ctx, key, 0, headerSize+frames*frameSize); err != nil {
		return nil, nil, err
	}
	header = make([]byte, headerSize)
	n, err := full(body, header)
	if err != nil && err != io.EOF {
		body.Close()
		return nil, nil, err
	}
	return header[:n], body, nil
}

// header is the first bytes of an object, fewer if it has fewer.
func (s *sealed) header(ctx context.Context, key string) ([]byte, error) {
	body, err := s.Backend.Get(ctx, key, 0, headerSize)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	header := make([]byte, headerSize)
	n, err := full(body, header)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return header[:n], nil
}

// opening yields what stands in frames.
type opening struct {
	body  io.ReadCloser
	aead  cipher.AEAD
	frame int64 // the next one
	skip  int64 // bytes of it that come before the part
	left  int64
	last  bool // the frame in plain is the last of the object
	begun bool // a frame that is not the last has been opened
	in    []byte
	plain []byte
	err   error
}

func (o *opening) Read(b []byte) (int, error) {
	for len(o.plain) == 0 || o.left == 0 {
		switch {
		case o.left == 0, o.last:
			return 0, io.EOF
		case o.err != nil:
			return 0, o.err
		}
		if o.err = o.next(); o.err != nil {
			return 0, o.err
		}
	}
	n := copy(b, o.plain[:min(int64(len(o.plain)), o.left)])
	o.plain = o.plain[n:]
	o.left -= int64(n)
	return n, nil
}

// next opens a frame. An object that ends before its last frame was cut off.
func (o *opening) next() error {
	if o.in == nil {
		o.in = make([]byte, frameSize)
	}
	n, err := full(o.body, o.in)
	if err != nil && err != io.EOF {
		return err
	}
	in := o.in[:n]
	if n == 0 && o.frame > 0 && !o.begun {
		return io.EOF // the part begins behind the end of the object
	}
	last := n < frameSize
	plain, err := o.aead.Open(nil, nonce(o.frame, last), in, nil)
	if err != nil && !last {
		last = true
		plain, err = o.aead.Open(nil, nonce(o.frame, true), in, nil)
	}
	if err != nil {
		return fmt.Errorf("%w: frame %d", ErrCorrupt, o.frame)
	}
	o.last = last
	o.frame++
	o.begun = true
	o.plain = plain[min(o.skip, int64(len(plain))):]
	o.skip = 0
	return nil
}

func (o *opening) Close() error { return o.body.Close() }
