package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Store keeps binaries in a backend. It is used by many at once.
type Store struct {
	backend Backend
	spool   string
	now     func() time.Time
}

// New makes a store. Uploads larger than a chunk wait in files in the spool
// directory until their hash is known; "" means the system's temporary
// directory. A directory backend brings a spool of its own.
func New(backend Backend, spool string) *Store {
	if s, ok := backend.(spooler); ok {
		spool = s.spool()
	}
	return &Store{backend: backend, spool: spool, now: time.Now}
}

// Put stores what the reader yields up to io.EOF and returns its address. Any
// other error of the reader's, io.ErrUnexpectedEOF of a connection that broke
// among them, fails the Put.
//
// Bytes that are stored already are stored again: that costs a little, heals
// an object that was damaged meanwhile, and makes it young for Sweep.
func (s *Store) Put(ctx context.Context, r io.Reader) (Ref, error) {
	c, err := s.receive(ctx, r)
	if err != nil {
		return Ref{}, fmt.Errorf("put a binary: %w", err)
	}
	defer c.close()
	if err := s.keep(ctx, key(c.ref.SHA256), c); err != nil {
		return Ref{}, fmt.Errorf("put binary %s: %w", c.ref, err)
	}
	return c.ref, nil
}

// Delete removes a binary for good. The caller knows that nobody refers to it
// and that nobody is about to: for leftovers there is Sweep.
func (s *Store) Delete(ctx context.Context, ref Ref) error {
	for _, k := range []string{key(ref.SHA256), condemnedKey(ref.SHA256)} {
		if err := s.backend.Delete(ctx, k); err != nil {
			return fmt.Errorf("delete binary %s: %w", ref, err)
		}
	}
	return nil
}

// Walk calls f with the address, the size and the age mark of every binary
// until f fails. Objects that are not ours are passed over.
func (s *Store) Walk(ctx context.Context, f func(sum [32]byte, size int64, modified time.Time) error) error {
	return s.backend.Walk(ctx, func(k string, size int64, modified time.Time) error {
		if sum, condemned, ok := parseKey(k); ok && !condemned {
			return f(sum, size, modified)
		}
		return nil
	})
}

// Check says whether binaries can be stored and read now.
func (s *Store) Check(ctx context.Context) error {
	if err := s.backend.Check(ctx); err != nil {
		return fmt.Errorf("check the object storage: %w", err)
	}
	if _, ok := s.backend.(spooler); ok {
		return nil
	}
	f, err := os.CreateTemp(s.spool, "check-*")
	if err != nil {
		return fmt.Errorf("check the spool: %w", place(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// key is where a binary is kept. One level of 256 directories is enough for
// millions of files; a second would mean 65536, and nearly every Put of a small
// installation would have to make one and wait for it to be on disk.
func key(sum [32]byte) string {
	h := hex.EncodeToString(sum[:])
	return h[:2] + "/" + h
}

const condemned = "condemned/"

func condemnedKey(sum [32]byte) string { return condemned + key(sum) }

// parseKey is the inverse of key and condemnedKey.
func parseKey(k string) (sum [32]byte, isCondemned, ok bool) {
	rest, isCondemned := strings.CutPrefix(k, condemned)
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	if len(name) != 64 {
		return sum, false, false
	}
	if _, err := hex.Decode(sum[:], []byte(name)); err != nil {
		return sum, false, false
	}
	return sum, isCondemned, rest == key(sum)
}
