package oauth

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// registration is a client as it describes itself (RFC 7591, 2).
type registration struct {
	ID          string          `json:"client_id,omitempty"`
	IssuedAt    int64           `json:"client_id_issued_at,omitempty"`
	Secret      string          `json:"client_secret,omitempty"`
	SecretUntil *int64          `json:"client_secret_expires_at,omitempty"` // 0: for ever
	Access      string          `json:"registration_access_token,omitempty"`
	AccessURL   string          `json:"registration_client_uri,omitempty"`
	State       string          `json:"status,omitempty"` // draft until somebody has approved it
	Name        string          `json:"client_name"`
	Method      string          `json:"token_endpoint_auth_method,omitempty"`
	Redirects   []string        `json:"redirect_uris,omitempty"`
	Grants      []string        `json:"grant_types,omitempty"`
	Responses   []string        `json:"response_types,omitempty"`
	Scope       string          `json:"scope,omitempty"`
	LaunchURL   string          `json:"initiate_login_uri,omitempty"`
	Keys        json.RawMessage `json:"jwks,omitempty"`
	KeysURL     string          `json:"jwks_uri,omitempty"`
	About
}

// register takes a new client (RFC 7591). It is off unless the operator gives
// out an initial access token, and what is registered is a draft that can do
// nothing until somebody has approved it. Scopes of level system are never
// given this way.
func (s *Server) register(c *fiber.Ctx) error {
	private(c)
	if s.cfg.Registration == nil {
		return fhir.Errorf(fhir.NotFound, "clients cannot register themselves here")
	}
	token, _ := bearerOf(string([]byte(c.Get(fiber.HeaderAuthorization))))
	if sum := sha256.Sum256([]byte(token)); subtle.ConstantTimeCompare(sum[:], s.cfg.Registration) != 1 {
		return refuse(c, fosite.ErrRequestUnauthorized.WithHint("An initial access token is needed."))
	}
	text, err := body(c)
	if err != nil {
		return refuse(c, err)
	}
	var r registration
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&r); err != nil {
		return sendJSON(c, fiber.StatusBadRequest, oauthError{"invalid_client_metadata", "The body is not JSON of a client."})
	}
	client, secret, err := s.draft(r)
	if e, ok := errors.AsType[*fhir.Error](err); ok {
		code := "invalid_client_metadata"
		if e.Expression == "redirect_uris" {
			code = "invalid_redirect_uri"
		}
		return sendJSON(c, fiber.StatusBadRequest, oauthError{code, e.Message})
	}
	if err != nil {
		return err
	}
	access := random(32)
	client.Registration = HashSecret(access)
	if err := s.store.PutClient(c.UserContext(), client); err != nil {
		return err
	}
	s.tell(c.UserContext(), Event{Kind: "registered", Client: client.ID, Scopes: client.Scopes, Address: addressOf(c)})
	said := s.described(client)
	said.Access = access
	if secret != "" {
		said.Secret, said.SecretUntil = secret, new(int64)
	}
	return sendJSON(c, fiber.StatusCreated, said)
}

// draft is the client that a registration describes.
func (s *Server) draft(r registration) (Client, string, error) {
	scopes, err := authz.ParseScopes(r.Scope)
	if err != nil {
		return Client{}, "", err
	}
	if len(scopes.Level("system")) > 0 {
		return Client{}, "", wrong("scope", "system scopes are given by the operator")
	}
	for _, grant := range r.Grants {
		if grant != grantCode && grant != grantRefresh {
			return Client{}, "", wrong("grant_types", "%q cannot be registered", grant)
		}
	}
	if slices.ContainsFunc(r.Responses, func(t string) bool { return t != "code" }) {
		return Client{}, "", wrong("response_types", "only code is supported")
	}
	client := Client{
		Name: r.Name, Method: r.Method, Keys: r.Keys, KeysURL: r.KeysURL, Redirects: r.Redirects, LaunchURL: r.LaunchURL,
		Scopes: strings.Join(strings.Fields(r.Scope), " "), State: Draft, About: r.About, Created: s.now(),
	}
	if client.Method == "" {
		client.Method = MethodSecret // RFC 7591, 2
	}
	return NewClient(client, s.cfg.Near)
}

// described is what a client is told of itself.
func (s *Server) described(c Client) registration {
	return registration{
		ID: c.ID, IssuedAt: c.Created.Unix(), AccessURL: s.issuer + pathRegister + "/" + c.ID, State: c.State, Name: c.Name, Method: c.Method,
		Redirects: c.Redirects, Grants: c.Grants, Responses: []string{"code"}, Scope: c.Scopes, LaunchURL: c.LaunchURL, Keys: c.Keys, KeysURL: c.KeysURL, About: c.About,
	}
}

// registered tells a client what is registered of it, and whether it has been
// approved (RFC 7592, 2.1).
func (s *Server) registered(c *fiber.Ctx) error {
	client, err := s.itself(c)
	if err != nil {
		return refuse(c, err)
	}
	return sendJSON(c, fiber.StatusOK, s.described(client))
}

// unregister disables a client at its own wish (RFC 7592, 2.3). Its row stays:
// what was done in its name must keep its name.
func (s *Server) unregister(c *fiber.Ctx) error {
	client, err := s.itself(c)
	if err != nil {
		return refuse(c, err)
	}
	client.State, client.Registration = Disabled, nil
	if err := s.store.PutClient(c.UserContext(), client); err != nil {
		return err
	}
	s.live.forget(func(l live) bool { return l.client == client.ID })
	private(c)
	return c.SendStatus(fiber.StatusNoContent)
}

// itself is the client that shows its registration access token.
func (s *Server) itself(c *fiber.Ctx) (Client, error) {
	token, _ := bearerOf(string([]byte(c.Get(fiber.HeaderAuthorization))))
	client, err := s.store.Client(c.UserContext(), string([]byte(c.Params("id"))))
	if err != nil && fhir.CodeOf(err) != fhir.NotFound {
		return Client{}, fosite.ErrTemporarilyUnavailable.WithWrap(err)
	}
	if err != nil || len(client.Registration) == 0 || subtle.ConstantTimeCompare(HashSecret(token), client.Registration) != 1 {
		return Client{}, fosite.ErrRequestUnauthorized // the same for a client that is not there
	}
	return client, nil
}
