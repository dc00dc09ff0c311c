package oauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

const (
	// liveTime is how long a server believes what it read of an access token.
	// It is how long a revocation takes to reach every server.
	liveTime  = 3 * time.Second
	liveCount = 20_000
)

// live is an access token that was found to be good.
type live struct {
	family, client, signature string
	session                   *session // shared: nobody may change it
	scopes                    authz.Scopes
	granted                   []string
	issued, expires           time.Time
	until                     time.Time // when it must be looked at again
}

// lives remembers access tokens by their SHA-256, so that a validation costs
// microseconds and the memory of the server holds no token.
type lives struct {
	now func() time.Time

	mu  sync.RWMutex
	all map[[32]byte]live
}

func newLives(now func() time.Time) *lives { return &lives{now: now, all: map[[32]byte]live{}} }

func (v *lives) get(key [32]byte) (live, bool) {
	v.mu.RLock()
	l, ok := v.all[key]
	v.mu.RUnlock()
	return l, ok && v.now().Before(l.until)
}

func (v *lives) put(key [32]byte, l live) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.all) >= liveCount {
		now := v.now()
		for k, old := range v.all {
			if now.After(old.until) {
				delete(v.all, k)
			}
		}
		if len(v.all) >= liveCount {
			clear(v.all)
		}
	}
	v.all[key] = l
}

// forget drops the tokens of which gone is true, on this server at once.
func (v *lives) forget(gone func(live) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for k, l := range v.all {
		if gone(l) {
			delete(v.all, k)
		}
	}
}

var errToken = fhir.Errorf(fhir.Unauthorized, "the access token is not valid, has expired or was revoked")

// look finds what an access token is worth. Only access tokens are: a refresh
// token, a code and an identity token are none, whoever signed them. The
// error is fhir.Unauthorized for what is not good.
func (s *Server) look(ctx context.Context, token string) (live, error) {
	key := sha256.Sum256([]byte(token))
	if l, ok := s.live.get(key); ok {
		return l, nil
	}
	text, err := bare(token, accessPrefix)
	if err != nil || len(text) > 256 || s.strategy.Enigma.Validate(ctx, text) != nil { // before the database is asked
		return live{}, errToken
	}
	signature := s.strategy.AccessTokenSignature(ctx, token)
	t, err := s.store.Token(ctx, Access, signature)
	if fhir.CodeOf(err) == fhir.NotFound {
		return live{}, errToken
	}
	if err != nil {
		return live{}, err
	}
	rec, err := readRecord(t.Data)
	if err != nil {
		return live{}, err
	}
	now := s.now()
	if !t.Active || !now.Before(t.Expires) || !s.audience(rec) {
		return live{}, errToken
	}
	if t.Session != "" { // online_access: ends with the session of the portal
		alive, err := s.people.Alive(ctx, t.Session)
		if err != nil {
			return live{}, err
		}
		if !alive {
			return live{}, errToken
		}
	}
	l := live{
		family: t.Family, client: t.Client, signature: signature, session: rec.Session, scopes: clinical(rec.Granted), granted: rec.Granted,
		issued: t.Issued, expires: t.Expires, until: now.Add(liveTime),
	}
	if l.expires.Before(l.until) {
		l.until = l.expires
	}
	s.live.put(key, l)
	return l, nil
}

// audience says whether the token was made for our FHIR base. The operator's
// are made beside the data, where nobody knows the base.
func (s *Server) audience(rec record) bool {
	if rec.Session.Operator {
		return len(rec.Audience) == 0
	}
	return fosite.Arguments(rec.Audience).ExactOne(s.base)
}

// principal is who an access token speaks for, as they are now.
func (s *Server) principal(ctx context.Context, l live) (p authz.Principal, err error) {
	if account := l.session.Subject; account != "" {
		if p, err = s.people.Vouch(ctx, account, l.session.Began); err != nil {
			if code := fhir.CodeOf(err); code == fhir.NotFound || code == fhir.Unauthorized {
				return authz.Principal{}, errors.Join(errToken, err)
			}
			return authz.Principal{}, err
		}
	}
	p.Session, p.Client, p.Token, p.Scopes, p.Patient, p.Operator = "", l.client, shown(l.signature), l.scopes, l.session.Patient, l.session.Operator
	p.Factor = l.session.Factor
	return p, nil
}
