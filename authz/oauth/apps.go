package oauth

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Granted is an app that a person has let in.
type Granted struct {
	Client  Client
	Scopes  []string
	Patient string // whose record it sees, "" when it is not bound to one
	Since   time.Time
	Until   time.Time // when it must ask again at the latest
	Offline bool      // it comes in while the person is away
}

// Granted are the apps that an account has let in, the newest first.
func (s *Server) Granted(ctx context.Context, account string) ([]Granted, error) {
	apps, err := s.store.Apps(ctx, account)
	if err != nil {
		return nil, err
	}
	var list []Granted
	for _, a := range apps {
		rec, err := readRecord(a.Data)
		if err != nil {
			return nil, err
		}
		g := Granted{Client: a.Client, Scopes: rec.Session.Whole, Patient: rec.Session.Patient, Since: a.Since, Until: a.Until}
		for _, word := range g.Scopes {
			g.Offline = g.Offline || word == scopeOffline
		}
		list = append(list, g)
	}
	return list, nil
}

// Withdraw takes from a client all that an account has granted it, or from
// all clients when the client is "": after a change of the password, or when
// an account is closed. It takes effect on this server at once and on all
// others within seconds.
func (s *Server) Withdraw(ctx context.Context, account, client string) error {
	if account == "" {
		return nil
	}
	defer s.live.forget(func(l live) bool { return l.session.Subject == account && (client == "" || l.client == client) })
	if err := s.store.RevokeAccount(ctx, account, client); err != nil {
		return err
	}
	s.tell(ctx, Event{Kind: "revoked", Client: client, Account: account})
	return nil
}

// Open opens an app from the portal (SMART, EHR launch): the address to send
// the browser to. The launch is good for one authorization by the same person
// within minutes.
func (s *Server) Open(ctx context.Context, client string, l Launch) (string, error) {
	c, err := s.client(ctx, client)
	if err != nil {
		return "", err
	}
	to, err := url.Parse(c.LaunchURL)
	if c.LaunchURL == "" || err != nil {
		return "", fhir.Errorf(fhir.Invalid, "the app cannot be opened from here")
	}
	if l.Account == "" || l.Patient != "" && !fhir.ValidID(l.Patient) || l.Encounter != "" && !fhir.ValidID(l.Encounter) || strings.ContainsAny(l.Intent, "\x00\n") {
		return "", fhir.Errorf(fhir.Invalid, "a launch needs an account and ids")
	}
	id := random(32)
	l.Expires = s.now().Add(launchLife)
	if err := s.store.PutLaunch(ctx, id, client, l); err != nil {
		return "", err
	}
	s.tell(ctx, Event{Kind: "launch", Client: client, Account: l.Account, Patient: l.Patient})
	return withParams(to, url.Values{"iss": {s.base}, "launch": {id}}), nil
}
