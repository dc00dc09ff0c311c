package oauth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/fhir"
)

// kept are the parameters of a request that are used later.
var kept = []string{"response_type", "client_id", "redirect_uri", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age"}

// authorize takes an authorization request (RFC 6749, 4.1.1), by GET and by
// POST. A request that is good becomes a row, and the browser goes to the
// dispatcher. Errors go to the app only when it is certain that the address
// is the app's own.
func (s *Server) authorize(c *fiber.Ctx) error {
	private(c)
	r, err := bridge(c)
	if err != nil {
		return refuse(c, err)
	}
	ctx, form := r.Context(), r.Form
	client, err := s.client(ctx, form.Get("client_id"))
	if fhir.CodeOf(err) == fhir.NotFound {
		return refuse(c, fosite.ErrInvalidRequest.WithHint("No such client."))
	}
	if err != nil {
		return err
	}
	to, ok := redirectTo(client, form.Get("redirect_uri"))
	if !ok {
		return refuse(c, fosite.ErrInvalidRequest.WithHint("The redirect_uri is not one that the client has registered."))
	}
	a := Authorization{ID: random(32), Client: client.ID, Created: s.now(), Expires: s.now().Add(answerLife), Params: map[string]string{}}
	for _, name := range kept {
		if v := form.Get(name); v != "" {
			a.Params[name] = v
		}
	}
	if err := s.check(form, client); err != nil {
		return c.Redirect(s.failed(to, a.Params["state"], err), fiber.StatusSeeOther)
	}
	if a.Asked, err = s.offered(form.Get("scope"), client); err == nil {
		a.Launch, a.Asked, err = s.launched(r, client, a.Asked)
	}
	if err != nil {
		if fhir.CodeOf(err) == fhir.Unavailable {
			return err
		}
		return c.Redirect(s.failed(to, a.Params["state"], err), fiber.StatusSeeOther)
	}
	if err := s.store.PutAuthorization(ctx, a); err != nil {
		return err
	}
	return c.Redirect(s.Continue(a.ID), fiber.StatusSeeOther)
}

// Continue is the address of the dispatcher for a request. Pages send the
// browser there when a person has answered.
func (s *Server) Continue(id string) string {
	return s.issuer + pathContinue + "?authorization=" + url.QueryEscape(id)
}

// check looks at the parameters that must be there, and at those that would
// ask for what there is not.
func (s *Server) check(form url.Values, client Client) error {
	for name, refusal := range map[string]*fosite.RFC6749Error{"request": fosite.ErrRequestNotSupported, "request_uri": fosite.ErrRequestURINotSupported, "registration": fosite.ErrRegistrationNotSupported} {
		if form.Has(name) {
			return refusal
		}
	}
	invalid := fosite.ErrInvalidRequest
	challenge, _ := base64.RawURLEncoding.DecodeString(form.Get("code_challenge"))
	maxAge := form.Get("max_age")
	age, err := strconv.Atoi(maxAge)
	switch {
	case form.Get("response_type") != "code":
		return fosite.ErrUnsupportedResponseType.WithHint("Only response_type=code is supported.")
	case !slices.Contains(client.Grants, grantCode):
		return fosite.ErrUnauthorizedClient.WithHint("The client is not registered for authorization codes.")
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return fosite.ErrUnsupportedResponseMode
	case !s.forUs(form):
		return invalid.WithHintf("The parameter aud must be the FHIR base %s.", s.base)
	case len(form.Get("state")) < 16 || len(form.Get("state")) > 2048:
		return fosite.ErrInvalidState.WithHint("The parameter state must have 16 characters at least.")
	case form.Get("code_challenge_method") != "S256" || len(challenge) != 32:
		return invalid.WithHint("A code_challenge with code_challenge_method=S256 is required.")
	case form.Has("nonce") && (len(form.Get("nonce")) < 8 || len(form.Get("nonce")) > 512):
		return fosite.ErrInsufficientEntropy.WithHint("The parameter nonce must have 8 characters at least.")
	case maxAge != "" && (err != nil || age < 0):
		return invalid.WithHint("The parameter max_age is not a number of seconds.")
	}
	prompts := strings.Fields(form.Get("prompt"))
	for _, p := range prompts {
		if !slices.Contains([]string{"none", "login", "consent", "select_account"}, p) || p == "none" && len(prompts) > 1 {
			return invalid.WithHint("The parameter prompt is not one that is supported.")
		}
	}
	return nil
}

// forUs says whether the request is for our FHIR base: an app that was lured
// to another server must not get a code for ours. aud is SMART's name for it,
// resource that of RFC 8707.
func (s *Server) forUs(form url.Values) bool {
	named := append(slices.Clone(form["aud"]), form["resource"]...)
	return len(named) > 0 && !slices.ContainsFunc(named, func(v string) bool { return strings.TrimSuffix(v, "/") != s.base })
}

func (s *Server) offered(asked string, client Client) ([]string, error) {
	list, err := offer(asked, client)
	if err != nil {
		return nil, fosite.ErrInvalidScope.WithHint(hint(err))
	}
	if s.cfg.Searchable != nil {
		for _, scope := range clinical(list) {
			for _, f := range scope.Filter {
				if !s.cfg.Searchable(scope.Type, f[0]) {
					return nil, fosite.ErrInvalidScope.WithHint("A scope has a filter that is no search parameter of its type.")
				}
			}
		}
	}
	if len(list) == 0 {
		return nil, fosite.ErrInvalidScope.WithHint("None of the scopes can be granted to this client.")
	}
	return list, nil
}

// launched takes the launch that the request names. Without one nothing is
// open in the portal, so that the scopes which would tell of it are left out.
func (s *Server) launched(r *http.Request, client Client, asked []string) (*Launch, []string, error) {
	id := r.Form.Get("launch")
	if id == "" {
		return nil, slices.DeleteFunc(asked, func(word string) bool { return word == scopeLaunch || word == scopeLaunchEncounter }), nil
	}
	if !slices.Contains(asked, scopeLaunch) {
		return nil, nil, fosite.ErrInvalidScope.WithHint("The parameter launch needs the scope launch.")
	}
	l, err := s.store.TakeLaunch(r.Context(), id, client.ID)
	if fhir.CodeOf(err) == fhir.NotFound {
		return nil, nil, fosite.ErrInvalidRequest.WithHint("The launch is not known, has been used or is too old.")
	}
	if err != nil {
		return nil, nil, err
	}
	return &l, asked, nil
}

// failed is the address that tells an app of an error (RFC 6749, 4.1.2.1),
// with the issuer (RFC 9207).
func (s *Server) failed(to *url.URL, state string, err error) string {
	e := fosite.ErrorToRFC6749Error(err)
	var known *fosite.RFC6749Error
	if !errors.As(err, &known) {
		s.log.Error("authorize", "error", err.Error())
	}
	params := url.Values{"error": {e.ErrorField}, "iss": {s.issuer}}
	if e.HintField != "" {
		params.Set("error_description", e.HintField)
	}
	if state != "" {
		params.Set("state", state)
	}
	return withParams(to, params)
}
