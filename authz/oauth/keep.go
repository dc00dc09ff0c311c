package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/storage"

	"github.com/webdoctor/webdoctor/fhir"
)

var errInactive = fhir.Errorf(fhir.NotFound, "no such client")

// keep is the storage as fosite wants it, on top of ours.
type keep struct{ s *Server }

var (
	_ fosite.Storage                     = keep{}
	_ oauth2.CoreStorage                 = keep{}
	_ oauth2.TokenRevocationStorage      = keep{}
	_ openid.OpenIDConnectRequestStorage = keep{}
	_ storage.Transactional              = keep{}
)

func (k keep) BeginTX(ctx context.Context) (context.Context, error) { return k.s.store.Begin(ctx) }
func (k keep) Commit(ctx context.Context) error                     { return k.s.store.Commit(ctx) }
func (k keep) Rollback(ctx context.Context) error                   { return k.s.store.Rollback(ctx) }

// GetClient finds active clients only.
func (k keep) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	c, err := k.s.client(ctx, id)
	if err != nil {
		return nil, missing(err)
	}
	return app{c, k.s.base}, nil
}

// The assertions of clients are looked at by authenticate, which fosite asks
// instead of these two.
func (keep) ClientAssertionJWTValid(context.Context, string) error { return fosite.ErrJTIKnown }

func (keep) SetClientAssertionJWT(context.Context, string, time.Time) error {
	return fosite.ErrJTIKnown
}

// put stores a token. A refresh token keeps all that was consented to, though
// the access token beside it may have fewer scopes, and ends when the
// authorization does.
func (k keep) put(ctx context.Context, kind Kind, key fosite.TokenType, signature string, r fosite.Requester) error {
	s := r.GetSession().Clone().(*session)
	rec := record{Version: recordVersion, Asked: r.GetRequestedScopes(), Granted: r.GetGrantedScopes(), Audience: r.GetGrantedAudience(), Form: r.GetRequestForm(), Session: s, Requested: r.GetRequestedAt()}
	if kind == Refresh {
		rec.Granted = s.Whole
		if end := s.Began.Add(refreshLimit); s.GetExpiresAt(key).After(end) {
			s.SetExpiresAt(key, end)
		}
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	t := Token{
		Kind: kind, Signature: signature, Family: r.GetID(), Client: r.GetClient().GetID(), Account: s.Subject, Active: true,
		Issued: k.s.now(), Expires: s.GetExpiresAt(key), Data: data,
	}
	if fosite.Arguments(s.Whole).Has(scopeOnline) {
		t.Session = s.Login
	}
	return k.s.store.PutToken(ctx, t)
}

// get finds a token, spent or not.
func (k keep) get(ctx context.Context, kind Kind, signature string) (*fosite.Request, Token, error) {
	t, err := k.s.store.Token(ctx, kind, signature)
	if err != nil {
		return nil, t, missing(err)
	}
	rec, err := readRecord(t.Data)
	if err != nil {
		return nil, t, err
	}
	c, err := k.GetClient(ctx, t.Client)
	if err != nil {
		return nil, t, err
	}
	if rec.Form == nil {
		rec.Form = map[string][]string{}
	}
	return &fosite.Request{
		ID: t.Family, RequestedAt: rec.Requested, Client: c, RequestedScope: rec.Asked, GrantedScope: rec.Granted,
		GrantedAudience: rec.Audience, Form: rec.Form, Session: rec.Session,
	}, t, nil
}

func missing(err error) error {
	if fhir.CodeOf(err) == fhir.NotFound {
		return errors.Join(fosite.ErrNotFound, err)
	}
	return err
}

func (k keep) CreateAuthorizeCodeSession(ctx context.Context, signature string, r fosite.Requester) error {
	return k.put(ctx, Code, fosite.AuthorizeCode, signature, r)
}

// GetAuthorizeCodeSession looks at the end of the code itself: fosite looks
// at the session of the token request, which knows nothing of it.
func (k keep) GetAuthorizeCodeSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	r, t, err := k.get(ctx, Code, signature)
	switch {
	case err != nil:
		return nil, err
	case !t.Active: // with the request, by which fosite finds what to revoke
		return r, fosite.ErrInvalidatedAuthorizeCode
	case k.s.now().After(t.Expires):
		return nil, fosite.ErrNotFound
	}
	return r, nil
}

func (k keep) InvalidateAuthorizeCodeSession(ctx context.Context, signature string) error {
	first, err := k.s.store.Spend(ctx, Code, signature)
	if err == nil && !first {
		err = fosite.ErrInvalidatedAuthorizeCode
	}
	return err
}

func (k keep) CreateAccessTokenSession(ctx context.Context, signature string, r fosite.Requester) error {
	return k.put(ctx, Access, fosite.AccessToken, signature, r)
}

func (k keep) GetAccessTokenSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	r, t, err := k.get(ctx, Access, signature)
	if err == nil && !t.Active {
		err = fosite.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (k keep) DeleteAccessTokenSession(ctx context.Context, signature string) error {
	_, err := k.s.store.Spend(ctx, Access, signature)
	return err
}

func (k keep) CreateRefreshTokenSession(ctx context.Context, signature, _ string, r fosite.Requester) error {
	return k.put(ctx, Refresh, fosite.RefreshToken, signature, r)
}

func (k keep) GetRefreshTokenSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	r, t, err := k.get(ctx, Refresh, signature)
	if err != nil {
		return nil, err
	}
	if !t.Active {
		return r, fosite.ErrInactiveToken
	}
	return r, nil
}

// DeleteRefreshTokenSession is asked for when a token was used twice. It
// stays, so that a third use is noticed as well.
func (k keep) DeleteRefreshTokenSession(ctx context.Context, signature string) error {
	_, err := k.s.store.Spend(ctx, Refresh, signature)
	return err
}

// RotateRefreshToken spends the old token, in the transaction that stores the
// new one. Of two requests at once one finds it spent.
func (k keep) RotateRefreshToken(ctx context.Context, family, signature string) error {
	first, err := k.s.store.Spend(ctx, Refresh, signature)
	if err == nil && !first {
		err = fosite.ErrSerializationFailure
	}
	if err != nil {
		return err
	}
	return k.RevokeAccessToken(ctx, family)
}

func (k keep) RevokeRefreshToken(ctx context.Context, family string) error {
	return k.s.store.Revoke(ctx, family, Refresh)
}

func (k keep) RevokeAccessToken(ctx context.Context, family string) error {
	defer k.s.live.forget(func(l live) bool { return l.family == family })
	return k.s.store.Revoke(ctx, family, Access)
}

// The identity token needs nothing that the code's own row does not know.
// fosite gives the whole code here, which must not be stored.
func (keep) CreateOpenIDConnectSession(context.Context, string, fosite.Requester) error { return nil }

func (keep) DeleteOpenIDConnectSession(context.Context, string) error { return nil }

func (k keep) GetOpenIDConnectSession(ctx context.Context, code string, _ fosite.Requester) (fosite.Requester, error) {
	_, signature, _ := strings.Cut(code, ".")
	r, _, err := k.get(ctx, Code, signature)
	if err != nil {
		return nil, err
	}
	if !r.GrantedScope.Has(scopeOpenID) {
		return nil, openid.ErrNoSessionFound
	}
	return r, nil
}
