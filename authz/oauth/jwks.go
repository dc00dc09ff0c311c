package oauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v3"

	"github.com/webdoctor/webdoctor/authz/outgoing"
)

const (
	jwksUsual  = 5 * time.Minute  // kept so long when Cache-Control says nothing
	jwksMost   = time.Hour        // and never longer
	jwksAgain  = 10 * time.Second // an unknown kid or a failure makes us ask again no sooner
	jwksTables = 1000             // addresses remembered
)

// algorithms are those that SMART wants of clients, and the keys they need
// (backend services, section "Signature verification"). Nothing else is
// verified, whatever the header says.
var algorithms = map[string]func(key any) bool{
	string(jose.RS384): func(key any) bool { k, ok := key.(*rsa.PublicKey); return ok && k.N.BitLen() >= 2048 },
	string(jose.ES384): func(key any) bool { k, ok := key.(*ecdsa.PublicKey); return ok && k.Curve == elliptic.P384() },
}

// ParseKeys reads a JWKS and keeps the keys that can be used; "use" may be
// absent. It is an error when there is none, when a private or symmetric key
// is among them, or when a key has no id.
func ParseKeys(text []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("the JWKS is not JSON with keys")
	}
	if len(set.Keys) > 100 {
		return nil, errors.New("the JWKS has too many keys")
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var about struct {
			Kty, Kid, D, K string
			KeyOps         []string `json:"key_ops"`
		}
		var key jose.JSONWebKey
		if err := json.Unmarshal(raw, &about); err != nil {
			return nil, errors.New("the JWKS has a key that cannot be read")
		}
		if about.D != "" || about.K != "" || about.Kty == "oct" {
			return nil, errors.New("the JWKS has a key that must stay secret")
		}
		if about.Kty != "RSA" && about.Kty != "EC" || len(about.KeyOps) > 0 && !slices.Contains(about.KeyOps, "verify") {
			continue // for something else
		}
		if err := key.UnmarshalJSON(raw); err != nil || !key.Valid() || !key.IsPublic() {
			return nil, errors.New("the JWKS has a key that cannot be read")
		}
		if about.Kid == "" {
			return nil, errors.New("the JWKS has a key without a kid")
		}
		if key.Use == "" || key.Use == "sig" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWKS has no key that can be used")
	}
	return keys, nil
}

// choose is the one key of that id which fits the algorithm.
func choose(keys []jose.JSONWebKey, kid, alg string) (any, error) {
	var found any
	for _, k := range keys {
		if k.KeyID != kid || k.Algorithm != "" && k.Algorithm != alg || !algorithms[alg](k.Key) {
			continue
		}
		if found != nil {
			return nil, errors.New("two keys have that kid")
		}
		found = k.Key
	}
	if found == nil {
		return nil, errNoKey
	}
	return found, nil
}

var errNoKey = errors.New("no key has that kid and fits the algorithm")

// fetched are the keys of clients that keep them at an address of their own.
type fetched struct {
	client *outgoing.Client
	now    func() time.Time

	mu  sync.Mutex
	all map[string]*fetchedKeys
}

// fetchedKeys is what an address answered. Its mutex is held while the
// address is asked, so that many requests at once ask once.
type fetchedKeys struct {
	mu    sync.Mutex
	keys  []jose.JSONWebKey
	err   error
	until time.Time // no longer good
	asked time.Time
}

func newFetched(client *outgoing.Client, now func() time.Time) *fetched {
	return &fetched{client: client, now: now, all: map[string]*fetchedKeys{}}
}

// key is the key of an address with that id. An id that is not known makes us
// ask the address again, but not more often than jwksAgain, so that nobody
// can use us to flood it.
func (f *fetched) key(ctx context.Context, address, kid, alg string) (any, error) {
	e := f.entry(address)
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := f.now(); now.After(e.until) && (e.err == nil || now.Sub(e.asked) > jwksAgain) {
		f.ask(ctx, address, e)
	}
	if e.err != nil {
		return nil, e.err
	}
	key, err := choose(e.keys, kid, alg)
	if errors.Is(err, errNoKey) && f.now().Sub(e.asked) > jwksAgain {
		if f.ask(ctx, address, e); e.err != nil {
			return nil, e.err
		}
		key, err = choose(e.keys, kid, alg)
	}
	return key, err
}

func (f *fetched) entry(address string) *fetchedKeys {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.all[address]
	if e == nil {
		if len(f.all) >= jwksTables {
			clear(f.all)
		}
		e = &fetchedKeys{}
		f.all[address] = e
	}
	return e
}

func (f *fetched) ask(ctx context.Context, address string, e *fetchedKeys) {
	body, keep, err := f.client.Get(ctx, address, jwksUsual)
	if err == nil {
		e.keys, err = ParseKeys(body)
	}
	e.asked = f.now()
	e.err = nil
	if err != nil {
		e.keys, e.err = nil, fmt.Errorf("keys of a client: %w", err)
		keep = 0
	}
	e.until = e.asked.Add(min(keep, jwksMost))
}
