package accounts

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// KeySize is the size of Config.Key.
const KeySize = 32

// Config is what a Service is made of.
type Config struct {
	Store   Store
	Records Records // nil: newcomers have no record until somebody gives them one
	Mailer  Mailer  // nil: letters are kept, see Outbox
	Journal Journal // nil: events wait in the Store
	Key     []byte  // seals what must be read again: secrets of codes, letters
	Base    string  // URL of the portal, of which links and the names of passkeys are made; never taken from a request
	Name    string  // of the clinic, in letters and authenticators

	// SingleFactor frees practitioners and administrators from having a second
	// factor. It is the operator's word, for a demo.
	SingleFactor bool

	Hashing Hashing // of passwords; zero for DefaultHashing
	Words   Words   // of letters; nil for English
	Now     func() time.Time
	Log     *slog.Logger
}

// Service is everything that can be asked of and done to accounts.
type Service struct {
	Config
	hasher    *hasher
	sealer    *sealer
	countKey  []byte
	passkeys  *webauthn.WebAuthn
	standings standings
}

// New makes a Service. It fails when the Base is no place a browser would
// have passkeys for.
func New(c Config) (*Service, error) {
	if len(c.Key) != KeySize {
		return nil, fmt.Errorf("accounts: the key has %d bytes, not %d", len(c.Key), KeySize)
	}
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, errors.New("accounts: the base is not the URL of a portal")
	}
	c.Base = strings.TrimRight(c.Base, "/")
	if c.Name == "" {
		c.Name = "WebDoctor"
	}
	if c.Hashing == (Hashing{}) {
		c.Hashing = DefaultHashing
	}
	if c.Words == nil {
		c.Words = English()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, hasher: newHasher(c.Hashing)}
	for info, use := range map[string]func(key []byte) error{
		"accounts seal":     func(key []byte) (err error) { s.sealer, err = newSealer(key); return err },
		"accounts counters": func(key []byte) error { s.countKey = key; return nil },
	} {
		key, err := hkdf.Key(sha256.New, c.Key, nil, info, 32)
		if err != nil {
			return nil, err
		}
		if err := use(key); err != nil {
			return nil, err
		}
	}
	if s.passkeys, err = relyingParty(base, c.Name); err != nil {
		return nil, fmt.Errorf("accounts: passkeys: %w", err)
	}
	return s, nil
}

// now is the time as it is stored: what is read again is equal to it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// random is a value that nobody guesses: 256 bits.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashed is what is stored of a random value. It needs no salt.
func hashed(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}

func newID() string { return uuid.NewString() }

// tx carries out a deed that can change what accounts may do.
func (s *Service) tx(ctx context.Context, f func(Tx) error) error {
	defer s.standings.forget()
	return s.Store.Tx(ctx, f)
}

// tell writes an event down.
func (s *Service) tell(ctx context.Context, t Tx, e Event) error {
	e.ID, e.At = newID(), s.now()
	return t.AddEvent(ctx, e)
}
