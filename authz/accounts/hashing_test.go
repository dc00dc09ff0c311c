package accounts

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

func TestHashing(t *testing.T) {
	t.Parallel()
	h := newHasher(Hashing{64, 1, 1})
	ctx := t.Context()
	one, err := h.Hash(ctx, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := h.Hash(ctx, "secret"); one == two {
		t.Error("two hashes have the same salt")
	}
	for _, tc := range []struct {
		password, stored string
		fits, stale      bool
	}{
		{"secret", one, true, false},
		{"Secret", one, false, false},
		{"", one, false, false},
		{"secret", "", false, false},
		{"", "", false, false},
	} {
		if fits, stale, err := h.Verify(ctx, tc.password, tc.stored); err != nil || fits != tc.fits || stale != tc.stale {
			t.Errorf("%q for %.20q: %v %v %v", tc.password, tc.stored, fits, stale, err)
		}
	}
	if fits, stale, err := newHasher(Hashing{128, 1, 1}).Verify(ctx, "secret", one); err != nil || !fits || !stale {
		t.Errorf("a hash of another cost: %v %v %v", fits, stale, err)
	}
	// A vector of RFC 9106 has a secret and data; this one is of the reference
	// programme: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1.
	if fits, _, err := h.Verify(ctx, "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"); err != nil || !fits {
		t.Errorf("the reference programme's hash: %v %v", fits, err)
	}
}

// No more passwords are hashed at once than there are processors, and no more
// wait than can be served.
func TestLoginsQueue(t *testing.T) {
	t.Parallel()
	h := newHasher(Hashing{64, 1, 1})
	var ends []func()
	for range runtime.GOMAXPROCS(0) {
		end, err := h.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	var wg sync.WaitGroup
	for range queue {
		wg.Go(func() {
			if _, err := h.Hash(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	for h.waiting.Load() < queue {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.Hash(t.Context(), "x"); fhir.CodeOf(err) != fhir.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	for _, end := range ends {
		end()
	}
	wg.Wait()
	for range runtime.GOMAXPROCS(0) {
		if _, err := h.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
}

func FuzzPHC(f *testing.F) {
	good := phc{Hashing: DefaultHashing, salt: make([]byte, saltSize), hash: make([]byte, hashSize)}.String()
	f.Add(good)
	for _, r := range []string{
		"", "$", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=0064,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=99999999999,t=1,p=1$AAAAAAAAAAA$AAAA",
		good + "$", good + "\n", strings.Replace(good, "p=1", "p=1,x=2", 1), strings.Replace(good, "m=", "t=", 1),
	} {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			if p.salt != nil || p.hash != nil {
				t.Error("a refused hash has parts")
			}
			return
		}
		if p.String() != s {
			t.Errorf("%q is read as %q", s, p.String())
		}
		if p.Memory == 0 || p.Memory > mostMemory || p.Time == 0 || p.Time > mostTime || p.Threads == 0 || p.Threads > mostThreads || len(p.hash) < 16 {
			t.Errorf("%q has costs out of bounds", s)
		}
	})
}
