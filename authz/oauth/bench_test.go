package oauth

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// oneToken is a store with one token, and a person who has it.
type oneToken struct {
	Store
	token Token
}

func (o *oneToken) PutToken(_ context.Context, t Token) error { o.token = t; return nil }

func (o *oneToken) Token(context.Context, Kind, string) (Token, error) { return o.token, nil }

func (*oneToken) Vouch(context.Context, string, time.Time) (authz.Principal, error) {
	return authz.Principal{}, nil
}

// BenchmarkLook is what the check of a token adds to a request: remembered,
// as nearly always, and read anew without the time of the database.
func BenchmarkLook(b *testing.B) {
	secret := bytes.Repeat([]byte("s"), 32)
	store := &oneToken{}
	s, err := New(Config{Issuer: "https://ehr.example.org", Base: "https://ehr.example.org/fhir", Secret: secret, Store: store})
	if err != nil {
		b.Fatal(err)
	}
	token, _, err := OperatorToken(b.Context(), store, secret, "system/*.cruds", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	look := func(b *testing.B) {
		l, err := s.look(b.Context(), token)
		if err == nil {
			_, err = s.principal(b.Context(), l)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			look(b)
		}
	})
	b.Run("anew", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.live.forget(func(live) bool { return true })
			look(b)
		}
	})
}
