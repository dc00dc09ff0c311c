package oauth

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	"pgregory.net/rapid"
)

// keyStore keeps keys in memory.
type keyStore struct {
	mu   sync.Mutex
	keys []Key
}

func (s *keyStore) Keys(context.Context) ([]Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Key(nil), s.keys...), nil
}

func (s *keyStore) ChangeKeys(_ context.Context, change func([]Key) ([]Key, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, err := change(append([]Key(nil), s.keys...))
	if err == nil {
		s.keys = after
	}
	return err
}

func (s *keyStore) SweepOAuth(context.Context) (int64, error) { return 0, nil }

// TestKeysMoveOn walks through a year in steps and holds that at every moment
// one key signs, that it was published long enough before, and that what it
// signed can be verified until it has expired.
func TestKeysMoveOn(t *testing.T) {
	t.Parallel()
	private, err := generateKey()
	if err != nil {
		t.Fatal(err)
	}
	same := func() ([]byte, error) { return private, nil } // it is about ids and times
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		begun := now
		store := &keyStore{}
		k := &signing{store: store, now: func() time.Time { return now }, generate: same}
		published := map[string]time.Time{}
		signed := map[string]time.Time{}
		signers := map[string]bool{}
		for now.Sub(begun) < 300*24*time.Hour {
			if len(store.keys) > 0 { // as Tidy does
				if _, err := k.rotate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			k.read = time.Time{} // another server, which remembers nothing
			key, err := k.active(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			set, err := k.public(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range set.Keys {
				if _, known := published[p.KeyID]; !known {
					published[p.KeyID] = now
				}
			}
			id := key.(*jose.JSONWebKey).KeyID
			if since := now.Sub(published[id]); len(signers) > 0 && !signers[id] && since < keyNotice {
				t.Fatalf("a key signs %s after it was first published", since)
			}
			signers[id] = true
			for old, last := range signed {
				if now.Sub(last) < idLife && len(set.Key(old)) != 1 {
					t.Fatalf("what %s signed %s ago cannot be verified", old, now.Sub(last))
				}
			}
			signed[id] = now
			now = now.Add(time.Duration(rapid.Int64Range(int64(6*time.Hour), int64(40*24*time.Hour)).Draw(t, "step")))
		}
		if len(signers) < 2 || len(signers) > 4 {
			t.Fatalf("%d keys in 300 days", len(signers))
		}
		if len(store.keys) > 3 {
			t.Fatalf("%d keys are kept", len(store.keys))
		}
	})
}

// TestOneServerMakesTheKeys: servers that start together agree on the keys.
func TestOneServerMakesTheKeys(t *testing.T) {
	t.Parallel()
	store := &keyStore{}
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			k := &signing{store: store, now: time.Now, generate: generateKey}
			key, err := k.active(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = key.(*jose.JSONWebKey).KeyID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("%q differs from %q", id, ids[0])
		}
	}
}

// FuzzLook holds that no text that we did not make is an access token, and
// that none makes us ask the database or panic.
func FuzzLook(f *testing.F) {
	s, err := New(Config{Issuer: "https://ehr.example.org", Base: "https://ehr.example.org/fhir", Secret: bytes.Repeat([]byte("s"), 32)})
	if err != nil {
		f.Fatal(err)
	}
	token, _, _ := s.strategy.GenerateAccessToken(f.Context(), nil)
	for _, seed := range []string{token[:len(token)-1], accessPrefix, accessPrefix + "a.b", refreshPrefix + "a.b", "..", "", "eyJhbGciOiJub25lIn0.e30.", accessPrefix + "\x00.\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.look(t.Context(), text); err != errToken { // the store is nil: asking it would panic
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// FuzzProve holds that no text is an assertion of a client unless its key
// signed it. The store is nil: only well-formed claims would reach it.
func FuzzProve(f *testing.F) {
	s, err := New(Config{Issuer: "https://ehr.example.org", Base: "https://ehr.example.org/fhir", Secret: bytes.Repeat([]byte("s"), 32), Store: noClients{}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "a.b.c", "eyJhbGciOiJub25lIiwia2lkIjoieCJ9.e30.", "eyJhbGciOiJSUzM4NCIsImtpZCI6IngifQ.eyJpc3MiOiJhIiwic3ViIjoiYSJ9.AAAA", "eyJhbGciOiJFUzM4NCIsImtpZCI6IngifQ.eyJpc3MiOiJhIiwiSVNTIjoiYiJ9.AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.prove(t.Context(), text, ""); err == nil {
			t.Fatalf("%q proves something", text)
		}
	})
}

// noClients knows no client.
type noClients struct{ Store }

func (noClients) Client(context.Context, string) (Client, error) { return Client{}, errInactive }

// FuzzParseKeys holds that what is read as keys are public keys with ids.
func FuzzParseKeys(f *testing.F) {
	for _, seed := range []string{
		`{"keys":[]}`, `{"keys":[{"kty":"EC","crv":"P-384","kid":"e","x":"wcE8O55ro6aOuTf5Ty1k_IG4mTcuLiVercHouge1G5Ri-leevhev4uJzlHpi3U8r","y":"mLRgz8Giu6XA_AqG8bywqbygShmd8jowflrdx0KQtM5X4s4aqDeCRfcpexykp3aI"}]}`,
		`{"keys":[{"kty":"oct","k":"AA","kid":"x"}]}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB","kid":"x","use":"enc"}]}`, `{"keys":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeys(text)
		for _, k := range keys {
			if err != nil || !k.IsPublic() || k.KeyID == "" {
				t.Fatalf("%q gives %v, %v", text, k, err)
			}
			for _, fits := range algorithms {
				fits(k.Key)
			}
		}
	})
}
