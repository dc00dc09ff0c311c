package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"

	"github.com/webdoctor/webdoctor/fhir"
)

// codeGrant redeems codes (RFC 6749, 4.1.3) with the challenge of RFC 7636,
// which stands in the row of the code itself. fosite keeps it in a row of its
// own and lets a second try pass without a verifier after a wrong one.
type codeGrant struct {
	*oauth2.AuthorizeExplicitGrantHandler
	s *Server
}

func (g codeGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	err := g.AuthorizeExplicitGrantHandler.HandleTokenEndpointRequest(ctx, r)
	if errors.Is(err, fosite.ErrUnknownRequest) {
		return err
	}
	code := r.GetRequestForm().Get("code")
	signature := g.AuthorizeCodeStrategy.AuthorizeCodeSignature(ctx, code)
	if err == nil {
		err = g.verify(ctx, signature, r)
	}
	if err == nil {
		err = g.s.stillThere(ctx, r.GetSession().(*session))
	}
	if errors.Is(err, fosite.ErrInvalidGrant) && g.AuthorizeCodeStrategy.ValidateAuthorizeCode(ctx, r, code) == nil {
		// Whoever has a code and cannot redeem it gets no second try.
		if burn := g.CoreStorage.InvalidateAuthorizeCodeSession(ctx, signature); burn != nil && !errors.Is(burn, fosite.ErrInvalidatedAuthorizeCode) {
			return fosite.ErrServerError.WithWrap(burn)
		}
	}
	return err
}

// verify compares the verifier with the challenge. There is always one of
// each: a request without a challenge never got a code.
func (g codeGrant) verify(ctx context.Context, signature string, r fosite.AccessRequester) error {
	asked, err := g.CoreStorage.GetAuthorizeCodeSession(ctx, signature, r.GetSession())
	if err != nil {
		return fosite.ErrInvalidGrant.WithWrap(err)
	}
	challenge, verifier := asked.GetRequestForm().Get("code_challenge"), r.GetRequestForm().Get("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	if !isVerifier(verifier) || challenge == "" ||
		subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) != 1 {
		return fosite.ErrInvalidGrant.WithHint("The code_verifier does not fit the code_challenge.")
	}
	return nil
}

// isVerifier knows the form of RFC 7636, 4.1.
func isVerifier(text string) bool {
	return len(text) >= 43 && len(text) <= 128 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") == ""
}

// PopulateTokenEndpointResponse makes the tokens. Of two requests with the
// same code at once one finds it spent: fosite calls that a fault of the
// server, and it is none.
func (g codeGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, w fosite.AccessResponder) error {
	err := g.AuthorizeExplicitGrantHandler.PopulateTokenEndpointResponse(ctx, r, w)
	if errors.Is(err, fosite.ErrInvalidatedAuthorizeCode) {
		return fosite.ErrInvalidGrant.WithHint("The authorization code has already been used.")
	}
	return err
}

// clientGrant gives a client a token of its own (RFC 6749, 4.4; SMART backend
// services), narrowed to what it is registered for.
type clientGrant struct {
	*oauth2.ClientCredentialsGrantHandler
}

func (g clientGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	if !g.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	c := r.GetClient().(app)
	scopes, err := system(r.GetRequestedScopes(), c.Client)
	if err != nil {
		return fosite.ErrInvalidScope.WithHint(hint(err))
	}
	if len(scopes) == 0 {
		return fosite.ErrInvalidScope.WithHint("None of the scopes can be granted to this client.")
	}
	r.SetRequestedScopes(scopes)
	if err := g.ClientCredentialsGrantHandler.HandleTokenEndpointRequest(ctx, r); err != nil {
		return err
	}
	for _, scope := range scopes {
		r.GrantScope(scope)
	}
	r.GrantAudience(c.base)
	r.GetSession().(*session).Whole = scopes
	return nil
}

// refreshGrant exchanges a refresh token (RFC 6749, 6). The access token may
// have fewer scopes when fewer are asked for; the new refresh token keeps all.
type refreshGrant struct {
	*oauth2.RefreshTokenGrantHandler
	s *Server
}

func (g refreshGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	asked := r.GetRequestedScopes()
	if err := g.RefreshTokenGrantHandler.HandleTokenEndpointRequest(ctx, r); err != nil {
		if errors.Is(err, fosite.ErrTokenSignatureMismatch) || errors.Is(err, fosite.ErrInvalidTokenFormat) {
			return fosite.ErrInvalidGrant.WithWrap(err)
		}
		return err
	}
	s := r.GetSession().(*session)
	if err := g.s.stillThere(ctx, s); err != nil {
		return err
	}
	if len(asked) == 0 {
		return nil
	}
	if !within(asked, r.GetGrantedScopes()) {
		return fosite.ErrInvalidScope.WithHint("More is asked for than was granted.")
	}
	narrowed, ok := r.(*fosite.AccessRequest)
	if !ok {
		return fosite.ErrServerError
	}
	narrowed.GrantedScope = asked
	return nil
}

// PopulateTokenEndpointResponse rotates the token. Of two requests at once
// one finds the token spent and gets nothing.
func (g refreshGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, w fosite.AccessResponder) error {
	err := g.RefreshTokenGrantHandler.PopulateTokenEndpointResponse(ctx, r, w)
	if errors.Is(err, fosite.ErrSerializationFailure) {
		return fosite.ErrInvalidGrant.WithHint("The refresh token was used by another request at the same time.")
	}
	return err
}

// stillThere says whether the person behind a token still has an account, and
// for online_access whether they are still signed in.
func (s *Server) stillThere(ctx context.Context, of *session) error {
	_, err := s.people.Vouch(ctx, of.Subject, of.Began)
	if err == nil && fosite.Arguments(of.Whole).Has(scopeOnline) {
		var alive bool
		if alive, err = s.people.Alive(ctx, of.Login); err == nil && !alive {
			return fosite.ErrInvalidGrant.WithHint("The session of the person has ended.")
		}
	}
	switch fhir.CodeOf(err) {
	case "":
		return nil
	case fhir.NotFound, fhir.Unauthorized, fhir.Forbidden:
		return fosite.ErrInvalidGrant.WithHint("The account cannot be used.")
	}
	return fosite.ErrTemporarilyUnavailable.WithWrap(err)
}

// hint is what a caller may read of an error.
func hint(err error) string {
	if e, ok := errors.AsType[*fhir.Error](err); ok {
		return e.Message
	}
	return ""
}
