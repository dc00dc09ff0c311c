package blob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Swept counts what a Sweep did.
type Swept struct {
	Objects   int // all that were looked at
	Condemned int // put aside, because nobody referred to them
	Deleted   int // had been put aside and are now gone
	Restored  int // had been put aside, and were referred to after all
	Damaged   int // nobody refers to them and they are not what their name says: left for a person to look at
}

// Referenced returns those of the addresses that somebody refers to.
type Referenced func(ctx context.Context, sums [][32]byte) ([][32]byte, error)

// Sweep removes binaries that nobody refers to: those of requests that were
// cut off between storing the bytes and committing the reference to them. The
// age is how old an object must be for that; a reference must be committed
// well within this time after its Put.
//
// An object without a reference is not deleted but put aside, where Open still
// finds it, and deleted when after the same time again it has no reference.
// Deleting at once would lose data whatever is checked before: a Put could
// store the same bytes between the last look and the deletion, and the
// deletion would take the new object. Here that Put's reference is found a
// sweep later, and the object put back.
//
// What uploads left behind that never ended is removed after a day at the
// earliest.
//
// One sweeper at a time is enough and the rule; two do no harm.
func (s *Store) Sweep(ctx context.Context, age time.Duration, referenced Referenced) (Swept, error) {
	var done Swept
	before := s.now().Add(-age)
	if err := s.backend.Tidy(ctx, s.now().Add(-max(age, longestUpload))); err != nil {
		return done, fmt.Errorf("sweep: %w", err)
	}
	var live, aside [][32]byte
	err := s.backend.Walk(ctx, func(k string, _ int64, modified time.Time) error {
		sum, condemned, ok := parseKey(k)
		if !ok {
			return nil
		}
		done.Objects++
		switch {
		case modified.After(before):
		case condemned:
			aside = append(aside, sum)
		default:
			live = append(live, sum)
		}
		return nil
	})
	if err == nil {
		err = s.sweep(ctx, aside, referenced, s.decide, &done)
	}
	if err == nil {
		err = s.sweep(ctx, live, referenced, s.condemn, &done)
	}
	if err != nil {
		return done, fmt.Errorf("sweep: %w", err)
	}
	return done, nil
}

// longestUpload is how long an upload may take.
const longestUpload = 24 * time.Hour

// sweep asks for a batch of references at a time and acts at once, so that
// the answers are fresh.
func (s *Store) sweep(ctx context.Context, all [][32]byte, referenced Referenced,
	do func(ctx context.Context, sum [32]byte, referenced bool, done *Swept) error, done *Swept) error {
	for sums := range slices.Chunk(all, 500) {
		used, err := referenced(ctx, sums)
		if err != nil {
			return err
		}
		is := make(map[[32]byte]bool, len(used))
		for _, sum := range used {
			is[sum] = true
		}
		for _, sum := range sums {
			if err := do(ctx, sum, is[sum], done); err != nil {
				return err
			}
		}
	}
	return nil
}

// condemn puts an object aside if nobody refers to it.
func (s *Store) condemn(ctx context.Context, sum [32]byte, referenced bool, done *Swept) error {
	if referenced {
		return nil
	}
	return s.move(ctx, sum, key(sum), condemnedKey(sum), &done.Condemned, &done.Damaged)
}

// decide puts an object back if somebody refers to it, and else deletes it.
func (s *Store) decide(ctx context.Context, sum [32]byte, referenced bool, done *Swept) error {
	if referenced {
		return s.move(ctx, sum, condemnedKey(sum), key(sum), &done.Restored, &done.Damaged)
	}
	done.Deleted++
	return s.backend.Delete(ctx, condemnedKey(sum))
}

// patience is the longest that may pass between copying an object and
// deleting the original: if the machine slept in between, the copy may already
// be old enough for deletion, and the original stays for the next sweep.
const patience = 10 * time.Minute

// whole is more than any object has.
const whole = 1 << 50

// move copies an object and then deletes the original, so that at any moment
// at least one of them is there. A damaged one stays where it is: a Put may
// just have replaced it by a good one, which the copy would not be.
func (s *Store) move(ctx context.Context, sum [32]byte, from, to string, moved, damaged *int) error {
	begun := s.now().Round(0) // the wall's clock: the other one stands still while the machine sleeps
	body, err := s.backend.Get(ctx, from, 0, whole)
	if errors.Is(err, ErrNotFound) {
		return nil // another sweeper moved it
	}
	if err != nil {
		return err
	}
	defer body.Close()
	c, err := s.receive(ctx, body)
	if err != nil {
		return err
	}
	defer c.close()
	if c.ref.SHA256 != sum {
		*damaged++
		return nil
	}
	if err := s.keep(ctx, to, c); err != nil || s.now().Round(0).Sub(begun) > patience {
		return err
	}
	*moved++
	return s.backend.Delete(ctx, from)
}
