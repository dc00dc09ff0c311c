package oauth

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
)

// TestKindsOfTokens: a token of one kind is none of another, and none that
// was changed anywhere is valid (cases T04 and T07).
func TestKindsOfTokens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	old := bytes.Repeat([]byte("o"), 32)
	before := newStrategy(&fosite.Config{GlobalSecret: old})
	s := newStrategy(&fosite.Config{GlobalSecret: bytes.Repeat([]byte("n"), 32), RotatedGlobalSecrets: [][]byte{old}})
	request := fosite.NewRequest()
	session := openid.NewDefaultSession()
	for _, kind := range []fosite.TokenType{fosite.AccessToken, fosite.RefreshToken, fosite.AuthorizeCode} {
		session.SetExpiresAt(kind, time.Now().Add(time.Minute))
	}
	request.Session = session
	access, signature, err := s.GenerateAccessToken(ctx, request)
	if err != nil || !strings.HasSuffix(access, "."+signature) || s.AccessTokenSignature(ctx, access) != signature {
		t.Fatal(access, signature, err)
	}
	refresh, _, _ := s.GenerateRefreshToken(ctx, request)
	code, _, _ := s.GenerateAuthorizeCode(ctx, request)
	kept, _, _ := before.GenerateAccessToken(ctx, request)
	for _, row := range []struct {
		name, token string
		validate    func(context.Context, fosite.Requester, string) error
		valid       bool
	}{
		{"access token", access, s.ValidateAccessToken, true},
		{"refresh token", refresh, s.ValidateRefreshToken, true},
		{"code", code, s.ValidateAuthorizeCode, true},
		{"access token of the secret before", kept, s.ValidateAccessToken, true},
		{"refresh token as access token", refresh, s.ValidateAccessToken, false},
		{"code as access token", code, s.ValidateAccessToken, false},
		{"access token as refresh token", access, s.ValidateRefreshToken, false},
		{"access token as code", access, s.ValidateAuthorizeCode, false},
		{"without the prefix", strings.TrimPrefix(access, accessPrefix), s.ValidateAccessToken, false},
		{"other half", kept[:strings.IndexByte(kept, '.')] + "." + signature, s.ValidateAccessToken, false},
		{"empty", "", s.ValidateAccessToken, false},
		{"only the prefix", accessPrefix, s.ValidateAccessToken, false},
		{"only dots", accessPrefix + "..", s.ValidateAccessToken, false},
	} {
		if err := row.validate(ctx, request, row.token); (err == nil) != row.valid {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := len(accessPrefix); i < len(access); i++ {
		at := strings.IndexByte(alphabet, access[i])
		if at < 0 { // the dot
			continue
		}
		changed := access[:i] + alphabet[at^32:at^32+1] + access[i+1:] // in the highest bit, which is used everywhere
		if s.ValidateAccessToken(ctx, request, changed) == nil {
			t.Errorf("changed at %d: %s", i, changed)
		}
	}
	session.SetExpiresAt(fosite.AccessToken, time.Now().Add(-time.Second))
	if s.ValidateAccessToken(ctx, request, access) == nil {
		t.Error("an access token after its end")
	}
}
