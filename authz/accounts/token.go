package accounts

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// Paths of the pages that links lead to, below the Base. Each shows a form for
// GET, which changes nothing since mail scanners open links too, and only its
// POST uses the token up.
const (
	VerifyPath = "/verify"
	EmailPath  = "/email"
	ResetPath  = "/reset"
	InvitePath = "/invite"
	UnlockPath = "/unlock"
	FirstPath  = "/first"
)

// How long links work.
const (
	verifyFor = 24 * time.Hour
	resetFor  = 30 * time.Minute
	inviteFor = 7 * 24 * time.Hour
	firstFor  = 24 * time.Hour
	factorFor = 24 * time.Hour
)

// issue makes a token, and returns the link with it. The token itself is
// stored nowhere.
func (s *Service) issue(ctx context.Context, t Tx, path string, k Token, life time.Duration) (link string, err error) {
	value := random()
	k.Hash, k.Created = hashed(value), s.now()
	k.Expires = k.Created.Add(life)
	return s.Base + path + "?token=" + url.QueryEscape(value), t.AddToken(ctx, k)
}

// Peek is what the page of a link may show before anything is done: for whom
// it is. It fails like the deed itself would.
func (s *Service) Peek(ctx context.Context, purpose Purpose, token string) (k Token, err error) {
	err = s.Store.Tx(ctx, func(t Tx) error {
		k, err = s.peek(ctx, t, purpose, token)
		return err
	})
	k.Hash, k.Data = nil, ""
	return k, err
}

func (s *Service) peek(ctx context.Context, t Tx, purpose Purpose, token string) (Token, error) {
	k, err := t.Token(ctx, hashed(token), s.now())
	return k, valid(k, purpose, err)
}

// take uses a token up. Of many callers at once one gets it.
func (s *Service) take(ctx context.Context, t Tx, purpose Purpose, token string) (Token, error) {
	k, err := s.peek(ctx, t, purpose, token) // one of another purpose stays
	if err != nil {
		return Token{}, err
	}
	if k.Account != "" { // locked first, as everywhere
		if _, err := t.Account(ctx, k.Account); err != nil && !isNone(err) {
			return Token{}, err
		}
	}
	k, err = t.TakeToken(ctx, hashed(token), s.now())
	return k, valid(k, purpose, err)
}

func valid(k Token, purpose Purpose, err error) error {
	if errors.Is(err, ErrNone) || err == nil && k.Purpose != purpose {
		return refuse("", "token.invalid")
	}
	return err
}

// owner is the account that a token is for, if the token is still good for it.
func (s *Service) owner(ctx context.Context, t Tx, k Token, states ...State) (Account, error) {
	a, err := t.Account(ctx, k.Account)
	if errors.Is(err, ErrNone) {
		return a, refuse("", "token.invalid")
	}
	if err != nil {
		return a, err
	}
	for _, state := range states {
		if a.State == state && guess(a.Email) == guess(k.Email) {
			return a, nil
		}
	}
	return a, refuse("", "token.invalid")
}
