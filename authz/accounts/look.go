package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// Me is the account of a session, whatever the session still lacks: for the
// name at the top of a page and its language.
func (s *Service) Me(ctx context.Context, cookie string) (me Account, err error) {
	err = s.within(ctx, cookie, false, []Step{Factor, Enrol}, func(_ Tx, _ Session, a *Account) error {
		me = *a
		return nil
	})
	me.Password, me.Profile = "", nil
	return me, err
}

// SetLanguage changes the language of pages and letters.
func (s *Service) SetLanguage(ctx context.Context, cookie, language string) error {
	return s.within(ctx, cookie, false, []Step{Factor, Enrol}, func(t Tx, _ Session, a *Account) error {
		a.Language = cut(language, 35)
		return t.ChangeAccount(ctx, *a)
	})
}

// Get is one account, for administrators.
func (s *Service) Get(ctx context.Context, by authz.Principal, account string) (a Account, err error) {
	if _, err := admin(by); err != nil {
		return a, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		a, err = t.Account(ctx, account)
		return unknown(err)
	})
	if err == nil && a.State == Deleted {
		err = refuse("", "account.unknown")
	}
	a.Password, a.Profile = "", nil
	return a, err
}

// mostLicences is how many licences a list has.
const mostLicences = 1000

// LicencesIn are those in one state, for administrators.
func (s *Service) LicencesIn(ctx context.Context, by authz.Principal, state LicenceState) (list []Licence, err error) {
	if _, err := admin(by); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		list, err = t.LicencesIn(ctx, state, time.Time{}, mostLicences)
		return err
	})
	return list, err
}

// LicenceByID is one licence, for administrators.
func (s *Service) LicenceByID(ctx context.Context, by authz.Principal, id string) (l Licence, err error) {
	if _, err := admin(by); err != nil {
		return l, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		l, err = t.Licence(ctx, id)
		if errors.Is(err, ErrNone) {
			err = refuse("", "licence.unknown")
		}
		return err
	})
	return l, err
}
