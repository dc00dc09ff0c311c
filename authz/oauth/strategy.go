package oauth

import (
	"context"
	"strings"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/token/hmac"
)

// The beginnings of our tokens. They tell people, and tools that look for
// lost secrets, what they have found, and keep one kind from being taken for
// another.
const (
	accessPrefix  = "wd_at_"
	refreshPrefix = "wd_rt_"
	codePrefix    = "wd_ac_"
)

// strategy makes and checks codes and tokens: 32 random bytes, a dot and
// their HMAC. Only the second half is stored, from which the first cannot be
// found.
type strategy struct {
	*oauth2.HMACSHAStrategyUnPrefixed
}

var _ oauth2.CoreStrategy = strategy{}

func newStrategy(c *fosite.Config) strategy {
	return strategy{oauth2.NewHMACSHAStrategyUnPrefixed(&hmac.HMACStrategy{Config: c}, c)}
}

func (s strategy) GenerateAccessToken(ctx context.Context, r fosite.Requester) (token, signature string, err error) {
	return prefixed(accessPrefix)(s.HMACSHAStrategyUnPrefixed.GenerateAccessToken(ctx, r))
}

func (s strategy) GenerateRefreshToken(ctx context.Context, r fosite.Requester) (token, signature string, err error) {
	return prefixed(refreshPrefix)(s.HMACSHAStrategyUnPrefixed.GenerateRefreshToken(ctx, r))
}

func (s strategy) GenerateAuthorizeCode(ctx context.Context, r fosite.Requester) (token, signature string, err error) {
	return prefixed(codePrefix)(s.HMACSHAStrategyUnPrefixed.GenerateAuthorizeCode(ctx, r))
}

func (s strategy) ValidateAccessToken(ctx context.Context, r fosite.Requester, token string) error {
	bare, err := bare(token, accessPrefix)
	if err != nil {
		return err
	}
	return s.HMACSHAStrategyUnPrefixed.ValidateAccessToken(ctx, r, bare)
}

func (s strategy) ValidateRefreshToken(ctx context.Context, r fosite.Requester, token string) error {
	bare, err := bare(token, refreshPrefix)
	if err != nil {
		return err
	}
	return s.HMACSHAStrategyUnPrefixed.ValidateRefreshToken(ctx, r, bare)
}

func (s strategy) ValidateAuthorizeCode(ctx context.Context, r fosite.Requester, token string) error {
	bare, err := bare(token, codePrefix)
	if err != nil {
		return err
	}
	return s.HMACSHAStrategyUnPrefixed.ValidateAuthorizeCode(ctx, r, bare)
}

func prefixed(prefix string) func(token, signature string, err error) (string, string, error) {
	return func(token, signature string, err error) (string, string, error) {
		if err != nil {
			return "", "", err
		}
		return prefix + token, signature, nil
	}
}

func bare(token, prefix string) (string, error) {
	bare, ok := strings.CutPrefix(token, prefix)
	if !ok {
		return "", fosite.ErrInvalidTokenFormat
	}
	return bare, nil
}
