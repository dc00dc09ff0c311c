package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Rewrapped counts what Rewrap did.
type Rewrapped struct {
	Objects int // all
	Sealed  int // were not sealed before
	Renewed int // were sealed under an older key
}

// Rewrap sees to it that every object is sealed under the newest key. Of an
// object that is sealed already, the contents are copied as they are and only
// the envelope is new. It may be repeated, and objects may come and go
// meanwhile.
func Rewrap(ctx context.Context, b Backend) (Rewrapped, error) {
	var done Rewrapped
	s, ok := b.(*sealed)
	if !ok {
		return done, errors.New("there is no key for the binaries")
	}
	type object struct {
		key  string
		size int64
	}
	var all []object
	if err := s.Backend.Walk(ctx, func(key string, size int64, _ time.Time) error {
		if _, _, ours := parseKey(key); ours {
			all = append(all, object{key, size})
		}
		return nil
	}); err != nil {
		return done, fmt.Errorf("rewrap: %w", err)
	}
	for _, o := range all {
		done.Objects++
		if err := s.rewrap(ctx, o.key, o.size, &done); err != nil && !errors.Is(err, ErrNotFound) { // gone meanwhile
			return done, fmt.Errorf("rewrap %s: %w", o.key, err)
		}
	}
	return done, nil
}

func (s *sealed) rewrap(ctx context.Context, key string, size int64, done *Rewrapped) error {
	header, err := s.header(ctx, key)
	if err != nil {
		return err
	}
	old := &stored{ctx: ctx, backend: s.Backend, key: key, size: size}
	defer old.close()
	if !sealedAs(header) {
		if err := s.Put(ctx, key, old, size); err != nil {
			return err
		}
		done.Sealed++
		return nil
	}
	own, newest, err := s.keys.unwrap(header)
	if err != nil || newest {
		return err
	}
	body := &replaced{head: bytes.NewReader(s.keys.wrap(own)), rest: old}
	if err := s.Backend.Put(ctx, key, body, size); err != nil {
		return err
	}
	done.Renewed++
	return nil
}
