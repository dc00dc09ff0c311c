package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/webdoctor/webdoctor/fhir"
)

// Hashing is what a hash of a password by argon2id costs.
type Hashing struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultHashing is above what OWASP asks for at least (19 MiB and 2 passes,
// or 46 MiB and 1).
var DefaultHashing = Hashing{Memory: 64 << 10, Time: 2, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// queue is how many may wait for their turn. Behind them there is no point
// in waiting: a login would take longer than a browser waits.
const queue = 64

// hasher hashes as many passwords at once as there are processors: more would
// take memory and gain nothing.
type hasher struct {
	Hashing
	turns   chan struct{}
	waiting atomic.Int32
	nobody  string // PHC string of an account that does not exist
}

func newHasher(h Hashing) *hasher {
	r := &hasher{Hashing: h, turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
	p := phc{Hashing: h, salt: make([]byte, saltSize), hash: make([]byte, hashSize)}
	_, _ = rand.Read(p.salt) // never fails
	_, _ = rand.Read(p.hash)
	r.nobody = p.String()
	return r
}

// turn waits until it is one's turn, and returns how to end it.
func (h *hasher) turn(ctx context.Context) (func(), error) {
	if h.waiting.Add(1) > queue {
		h.waiting.Add(-1)
		return nil, &fhir.Error{Code: fhir.Unavailable, Message: "too many logins at once", RetryAfter: 5 * time.Second}
	}
	defer h.waiting.Add(-1)
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Hash is the PHC string of a password.
func (h *hasher) Hash(ctx context.Context, password string) (string, error) {
	end, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	p := phc{Hashing: h.Hashing, salt: make([]byte, saltSize)}
	_, _ = rand.Read(p.salt) // never fails
	p.hash = argon2.IDKey([]byte(password), p.salt, p.Time, p.Memory, p.Threads, hashSize)
	return p.String(), nil
}

// Verify says whether the password is the one of the PHC string, and whether
// that was made at another cost than is usual now. An empty string is that of
// nobody: nothing fits, and finding that out takes as long.
func (h *hasher) Verify(ctx context.Context, password, stored string) (fits, stale bool, err error) {
	known := stored != ""
	if !known {
		stored = h.nobody
	}
	p, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	end, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer end()
	hash := argon2.IDKey([]byte(password), p.salt, p.Time, p.Memory, p.Threads, uint32(len(p.hash)))
	fits = subtle.ConstantTimeCompare(hash, p.hash) == 1 && known
	return fits, p.Hashing != h.Hashing || len(p.hash) != hashSize, nil
}
