package oauth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v3"
)

const (
	keyBits      = 2048
	keyLife      = 90 * 24 * time.Hour // how long a key signs
	keyNotice    = 24 * time.Hour      // and is published before that
	keyRemember  = 30 * time.Second    // how long a server trusts what it read
	keyRetention = 2 * idLife          // a retired key is published so long
)

// signing are the keys that sign identity tokens. They are made when they are
// first needed, so that a server that nobody signs in to never makes one.
type signing struct {
	store    Keys
	now      func() time.Time
	generate func() ([]byte, error)

	mu   sync.Mutex
	read time.Time
	keys []signingKey
}

type signingKey struct {
	id, state string
	private   *rsa.PrivateKey
}

// all are the keys as they are now.
func (k *signing) all(ctx context.Context) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) > 0 && k.now().Sub(k.read) < keyRemember {
		return k.keys, nil
	}
	rows, err := k.store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(rows, func(r Key) bool { return r.State == KeyActive }) {
		if rows, err = k.rotate(ctx); err != nil {
			return nil, err
		}
	}
	var keys []signingKey
	for _, row := range rows {
		if i := slices.IndexFunc(k.keys, func(key signingKey) bool { return key.id == row.ID }); i >= 0 { // parsing is slow
			keys = append(keys, signingKey{row.ID, row.State, k.keys[i].private})
			continue
		}
		private, err := x509.ParsePKCS8PrivateKey(row.Private)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
		}
		rsaKey, ok := private.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("signing key %s is no RSA key", row.ID)
		}
		keys = append(keys, signingKey{row.ID, row.State, rsaKey})
	}
	k.keys, k.read = keys, k.now()
	return keys, nil
}

// active is the key that signs, as fosite wants it.
func (k *signing) active(ctx context.Context) (any, error) {
	keys, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.state == KeyActive {
			return &jose.JSONWebKey{Key: key.private, KeyID: key.id, Algorithm: string(jose.RS256), Use: "sig"}, nil
		}
	}
	return nil, errors.New("no key signs")
}

// public is what the JWKS shows: every key that signs, will sign or has
// signed what may still be in use.
func (k *signing) public(ctx context.Context) (jose.JSONWebKeySet, error) {
	keys, err := k.all(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: key.id, Algorithm: string(jose.RS256), Use: "sig"})
	}
	return set, nil
}

// rotate moves the keys on: a key that has signed long enough retires when
// the next one has been published long enough, and one that retired long ago
// goes. Whichever server comes first does it for all.
func (k *signing) rotate(ctx context.Context) (after []Key, err error) {
	err = k.store.ChangeKeys(ctx, func(before []Key) ([]Key, error) {
		after, err = k.moved(before)
		return after, err
	})
	return after, err
}

func (k *signing) moved(before []Key) ([]Key, error) {
	now := k.now()
	at := func(state string) int { return slices.IndexFunc(before, func(r Key) bool { return r.State == state }) }
	after := slices.DeleteFunc(slices.Clone(before), func(r Key) bool { return r.State == KeyRetired && now.Sub(r.Since) > keyRetention })
	before = after
	active, next := at(KeyActive), at(KeyNext)
	if active >= 0 && next >= 0 && now.Sub(after[active].Since) >= keyLife && now.Sub(after[next].Since) >= keyNotice {
		after[active].State, after[active].Since = KeyRetired, now
		after[next].State, after[next].Since = KeyActive, now
		active, next = next, -1
	}
	for _, missing := range []struct {
		state string
		there bool
	}{{KeyActive, active >= 0}, {KeyNext, next >= 0}} {
		if missing.there {
			continue
		}
		private, err := k.generate()
		if err != nil {
			return nil, err
		}
		after = append(after, Key{ID: random(12), State: missing.state, Private: private, Since: now})
	}
	return after, nil
}

// generateKey makes a private key in PKCS #8.
func generateKey() ([]byte, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(private)
}
