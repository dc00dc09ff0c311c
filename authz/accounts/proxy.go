package accounts

import (
	"context"
	"slices"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// mayGrant says whether somebody may say who acts for a patient: the patient,
// or an administrator at their word. A proxy may not.
func mayGrant(by authz.Principal, patient fhir.Key) (string, error) {
	if by.Account != "" && by.Client == "" && by.Plugin == "" && slices.Contains(by.Roles, authz.Patient) &&
		slices.Contains(by.Self, patient) && !slices.ContainsFunc(by.Proxies, func(p authz.Proxy) bool { return p.Related == patient }) {
		return by.Account, nil
	}
	return admin(by)
}

// GrantProxy lets an account act for a patient from its next request on.
// p.Related is the resource of the person who acts, in the record of the
// patient.
func (s *Service) GrantProxy(ctx context.Context, by authz.Principal, account string, p authz.Proxy) (id string, err error) {
	who, err := mayGrant(by, p.Patient)
	if err != nil {
		return "", err
	}
	p.Rights = slices.Clone(p.Rights)
	slices.Sort(p.Rights)
	p.Rights = slices.Compact(p.Rights)
	switch now := s.now(); {
	case p.Patient.ID == "" || p.Related.ID == "" || p.Patient == p.Related || account == by.Account:
		return "", refuse("account", "proxy.person")
	case len(p.Rights) == 0 || slices.ContainsFunc(p.Rights, func(r string) bool { return !slices.Contains(Rights, r) }):
		return "", refuse("rights", "proxy.rights")
	case !p.Until.After(now):
		return "", refuse("until", "proxy.until")
	}
	p.Until = p.Until.UTC().Truncate(1e9)
	id = newID()
	err = s.tx(ctx, func(t Tx) error {
		a, err := t.Account(ctx, account)
		if err != nil && !isNone(err) {
			return err
		}
		if err != nil || a.State != Active || a.self(authz.Patient) == p.Patient {
			return refuse("account", "proxy.person")
		}
		if err := t.AddProxy(ctx, Proxy{ID: id, Account: account, Proxy: p, By: who, Granted: s.now()}); err != nil {
			return taken(err, "account", "proxy.person")
		}
		if err := s.notice(ctx, t, &a, ProxyGranted); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: ProxyGranted, By: who, Account: account, Session: by.Session, Address: by.Address, Detail: id})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// RevokeProxy ends it with the next request. The patient, an administrator or
// the proxy can.
func (s *Service) RevokeProxy(ctx context.Context, by authz.Principal, id string) error {
	return s.tx(ctx, func(t Tx) error {
		p, err := t.Proxy(ctx, id)
		if isNone(err) {
			return refuse("", "proxy.unknown")
		}
		if err != nil {
			return err
		}
		who, err := mayGrant(by, p.Patient)
		if err != nil && by.Account == p.Account && by.Client == "" {
			who, err = by.Account, nil
		}
		if err != nil {
			return refuse("", "proxy.unknown") // whose it is, is nobody's business
		}
		if !p.Revoked.IsZero() {
			return nil
		}
		p.Revoked = s.now()
		if err := t.ChangeProxy(ctx, p); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: ProxyRevoked, By: who, Account: p.Account, Session: by.Session, Address: by.Address, Detail: id})
	})
}

// ProxiesFor are those who act, or acted, for a patient.
func (s *Service) ProxiesFor(ctx context.Context, by authz.Principal, patient fhir.Key) (list []Proxy, err error) {
	if _, err := mayGrant(by, patient); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		list, err = t.ProxiesFor(ctx, patient)
		return err
	})
	return list, err
}
