package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// finish answers the app: with a code, or with an error. The request is spent
// before the code is made: if making it fails the person asks again, which is
// better than two codes for one consent.
func (s *Server) finish(ctx context.Context, id, address string) (string, error) {
	var a Authorization
	err := s.store.UpdateAuthorization(ctx, id, func(row *Authorization) error {
		if row.Done || row.Refused == "" && !row.Decided {
			return fhir.Errorf(fhir.NotFound, "the authorization request has been answered")
		}
		row.Done = true
		a = *row
		return nil
	})
	if err != nil {
		return "", err
	}
	client, err := s.client(ctx, a.Client)
	if err != nil {
		return "", err
	}
	to, ok := redirectTo(client, a.Params["redirect_uri"])
	if !ok {
		return "", fhir.Errorf(fhir.NotFound, "the client no longer has that address")
	}
	e := Event{Client: a.Client, Account: a.Account, Patient: a.Patient, Scopes: strings.Join(a.Chosen, " "), Address: address}
	if a.Refused != "" {
		e.Kind, e.Reason = "denied", a.Refused
		s.tell(ctx, e)
		return s.failed(to, a.Params["state"], &fosite.RFC6749Error{ErrorField: a.Refused, HintField: a.Reason, CodeField: http.StatusForbidden}), nil
	}
	params, err := s.code(ctx, a)
	if err != nil {
		return s.failed(to, a.Params["state"], err), nil
	}
	e.Kind = "consent"
	s.tell(ctx, e)
	return withParams(to, params), nil
}

// code lets fosite make the code and everything that hangs on it.
func (s *Server) code(ctx context.Context, a Authorization) (url.Values, error) {
	form := url.Values{"scope": {strings.Join(a.Chosen, " ")}}
	for name, value := range a.Params {
		form.Set(name, value)
	}
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: pathAuthorize}, Header: http.Header{}, Form: form, PostForm: url.Values{}, Body: http.NoBody}
	asked, err := s.provider.NewAuthorizeRequest(ctx, r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	for _, scope := range a.Chosen {
		asked.GrantScope(scope)
	}
	asked.GrantAudience(s.base)
	known, err := s.sessionOf(ctx, a)
	if err != nil {
		return nil, err
	}
	answer, err := s.provider.NewAuthorizeResponse(ctx, asked, known)
	if err != nil {
		return nil, err
	}
	params := answer.GetParameters()
	params.Set("iss", s.issuer) // RFC 9207
	return params, nil
}

// sessionOf is what the tokens will know.
func (s *Server) sessionOf(ctx context.Context, a Authorization) (*session, error) {
	p, err := s.people.Vouch(ctx, a.Account, time.Time{})
	if err != nil {
		return nil, err
	}
	known := newSession(a.Account)
	known.Login, known.Whole, known.Began, known.Factor = a.Session, a.Chosen, s.now().UTC(), a.Factor
	known.Claims.Issuer, known.Claims.AuthTime, known.Claims.RequestedAt = s.issuer, a.SignedIn.UTC(), a.Created.UTC()
	if slices.Contains(a.Chosen, scopeFHIRUser) || slices.Contains(a.Chosen, scopeProfile) {
		if user, ok := fhirUser(p, a.Patient); ok {
			known.Claims.Extra["fhirUser"] = s.base + "/" + user.Type + "/" + user.ID
		}
	}
	if needsPatient(a.Chosen) || a.Launch != nil && slices.Contains(a.Chosen, scopeLaunch) {
		known.Patient = a.Patient
		if known.Patient == "" && a.Launch != nil {
			known.Patient = a.Launch.Patient
		}
	}
	if l := a.Launch; l != nil && slices.Contains(a.Chosen, scopeLaunch) {
		known.Encounter, known.Context, known.Intent = l.Encounter, l.Context, l.Intent
		known.Banner = &l.Banner
	} else if known.Patient != "" {
		alone := true // outside of the portal nothing else shows whose record it is
		known.Banner = &alone
	}
	return known, nil
}

// fhirUser is the resource that stands for the person: the patient's own when
// that is the record the app sees, else the first that the account has.
func fhirUser(p authz.Principal, patient string) (fhir.Key, bool) {
	if len(p.Self) == 0 {
		return fhir.Key{}, false
	}
	if slices.Contains(p.Roles, authz.Practitioner) || slices.Contains(p.Roles, authz.Staff) {
		return p.Self[0], true
	}
	for _, k := range p.Self {
		if k.ID == patient {
			return k, true
		}
	}
	return p.Self[0], true
}

// launchContext is what a token response and an introspection say besides
// what OAuth knows (SMART, launch context arrives with your access token).
func (k *session) launchContext(style string) map[string]any {
	said := map[string]any{}
	for name, v := range map[string]string{"patient": k.Patient, "encounter": k.Encounter, "intent": k.Intent, "smart_style_url": style} {
		if v != "" {
			said[name] = v
		}
	}
	if k.Banner != nil {
		said["need_patient_banner"] = *k.Banner
	}
	if len(k.Context) > 0 && json.Valid(k.Context) {
		said["fhirContext"] = k.Context
	}
	return said
}
