package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/fhir"
)

// authenticate is how clients prove who they are at the endpoints that they
// call themselves: by exactly one of a signed assertion, a secret in the
// header, a secret in the body, and for public clients nothing but their id.
// Whatever fails is invalid_client, so that the answer tells nothing about
// clients; the reason is in the log.
func (s *Server) authenticate(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	c, err := s.whichClient(ctx, r, form)
	if err == nil {
		return app{c, s.base}, nil
	}
	var rfc *fosite.RFC6749Error
	if errors.As(err, &rfc) {
		return nil, err
	}
	switch fhir.CodeOf(err) {
	case fhir.Unavailable, fhir.Timeout, fhir.TooCostly:
		return nil, fosite.ErrTemporarilyUnavailable.WithWrap(err)
	}
	s.log.WarnContext(ctx, "a client did not prove who it is", "error", err.Error())
	return nil, fosite.ErrInvalidClient.WithWrap(err)
}

func (s *Server) whichClient(ctx context.Context, r *http.Request, form url.Values) (Client, error) {
	id, secret, basic := r.BasicAuth()
	if basic {
		var err1, err2 error
		id, err1 = url.QueryUnescape(id) // RFC 6749, 2.3.1
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return Client{}, errors.New("the Authorization header cannot be read")
		}
	} else if r.Header.Get("Authorization") != "" {
		return Client{}, errors.New("the Authorization header is not Basic")
	}
	asserts := form.Has("client_assertion") || form.Has("client_assertion_type")
	posts := form.Get("client_secret") != ""
	switch {
	case basic && (posts || asserts), posts && asserts:
		return Client{}, errors.New("more than one proof")
	case asserts && form.Get("client_assertion_type") != assertionType:
		return Client{}, fosite.ErrInvalidRequest.WithHint("The client_assertion_type is not one that is supported.")
	case asserts:
		return s.prove(ctx, form.Get("client_assertion"), form.Get("client_id"))
	case basic:
		if other := form.Get("client_id"); other != "" && other != id {
			return Client{}, errors.New("two different clients")
		}
	case posts:
		id, secret = form.Get("client_id"), form.Get("client_secret")
	default:
		id = form.Get("client_id")
	}
	c, err := s.client(ctx, id)
	if err != nil {
		return Client{}, err
	}
	switch {
	case c.Method == MethodNone && !basic && !posts:
		return c, nil
	case c.Method == MethodSecret && c.provesSecret(secret):
		return c, nil
	}
	return Client{}, errors.New("the client did not prove itself in its own way")
}
