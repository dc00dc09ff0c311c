package accounts

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// SubmitLicence is done by a practitioner, and opens nothing until somebody
// has looked at it.
func (s *Service) SubmitLicence(ctx context.Context, by authz.Principal, l Licence) (id string, err error) {
	l.Number, l.Issuer, l.Region = strings.TrimSpace(l.Number), strings.TrimSpace(l.Issuer), strings.TrimSpace(l.Region)
	switch {
	case by.Account == "" || by.Client != "" || !slices.Contains(by.Roles, authz.Practitioner):
		return "", refuse("", "account.state")
	case l.Number == "" || len(l.Number) > 100:
		return "", refuse("number", "licence.number")
	case l.Issuer == "" || len(l.Issuer) > 200 || len(l.Region) > 100:
		return "", refuse("issuer", "licence.issuer")
	case !l.Expires.After(s.now()):
		return "", refuse("expires", "licence.expires")
	}
	l = Licence{ID: newID(), Account: by.Account, Number: l.Number, Issuer: l.Issuer, Region: l.Region, Expires: l.Expires.UTC().Truncate(time.Second), State: Submitted, Sent: s.now()}
	err = s.tx(ctx, func(t Tx) error {
		a, err := t.Account(ctx, by.Account)
		if err != nil {
			return unknown(err)
		}
		if a.State != Active || !a.Has(authz.Practitioner) {
			return refuse("", "account.state")
		}
		if err := t.AddLicence(ctx, l); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: LicenceSubmitted, By: a.ID, Account: a.ID, Session: by.Session, Address: by.Address, Detail: l.ID})
	})
	if err != nil {
		return "", err
	}
	return l.ID, nil
}

// review carries out a step of the life of a licence, by a reviewer who is
// not its holder.
func (s *Service) review(ctx context.Context, by authz.Principal, id string, from []LicenceState, to LicenceState, what What, change func(*Licence) error) error {
	who, err := admin(by)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(t Tx) error {
		l, err := t.Licence(ctx, id)
		switch {
		case isNone(err):
			return refuse("", "licence.unknown")
		case err != nil:
			return err
		case l.Account == who:
			return refuse("", "licence.self")
		case !slices.Contains(from, l.State):
			return refuse("", "licence.state")
		}
		if err := change(&l); err != nil {
			return err
		}
		l.State, l.Reviewer, l.Reviewed = to, who, s.now()
		if err := t.ChangeLicence(ctx, l); err != nil {
			return err
		}
		if err := s.licenceLetter(ctx, t, l, string(to)); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: what, By: who, Account: l.Account, Session: by.Session, Address: by.Address, Detail: l.ID})
	})
}

// VerifyLicence is the word of somebody who has seen the evidence. It lifts a
// suspension too.
func (s *Service) VerifyLicence(ctx context.Context, by authz.Principal, id, evidence string) error {
	return s.review(ctx, by, id, []LicenceState{Submitted, Suspended}, Verified, LicenceVerified, func(l *Licence) error {
		switch evidence = strings.TrimSpace(evidence); {
		case evidence == "" || len(evidence) > 2000:
			return refuse("evidence", "licence.evidence")
		case !l.Expires.After(s.now()):
			return refuse("", "licence.expires")
		}
		l.Evidence, l.Reason = evidence, ""
		return nil
	})
}

// RefuseLicence ends what was submitted. Another one can be.
func (s *Service) RefuseLicence(ctx context.Context, by authz.Principal, id, reason string) error {
	return s.review(ctx, by, id, []LicenceState{Submitted}, Refused, LicenceRefused, func(l *Licence) error {
		l.Reason = cut(reason, 2000)
		return nil
	})
}

// SuspendLicence stops the practitioner with the next request, whatever other
// licences there are.
func (s *Service) SuspendLicence(ctx context.Context, by authz.Principal, id, reason string) error {
	return s.review(ctx, by, id, []LicenceState{Verified}, Suspended, LicenceSuspended, func(l *Licence) error {
		l.Reason = cut(reason, 2000)
		return nil
	})
}

// Licences are those of an account, for administrators and the account itself.
func (s *Service) Licences(ctx context.Context, by authz.Principal, account string) (list []Licence, err error) {
	if by.Account == "" || by.Account != account {
		if _, err := admin(by); err != nil {
			return nil, err
		}
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		list, err = t.LicencesOf(ctx, account)
		return err
	})
	return list, err
}

// LicencesWaiting are those that nobody has looked at yet, oldest first.
func (s *Service) LicencesWaiting(ctx context.Context, by authz.Principal) (list []Licence, err error) {
	if _, err := admin(by); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		list, err = t.LicencesIn(ctx, Submitted, time.Time{}, 1000)
		return err
	})
	return list, err
}

// notices are the days before its end on which a practitioner is told.
var notices = []int{1, 7, 30}

// CheckLicences tells of licences that end soon, and ends those whose time is
// over; they have opened nothing since then anyway. Run calls it every hour, a
// job of several servers: each notice is sent once.
func (s *Service) CheckLicences(ctx context.Context) error {
	now := s.now()
	return s.tx(ctx, func(t Tx) error {
		for {
			list, err := t.LicencesIn(ctx, Verified, now.AddDate(0, 0, notices[len(notices)-1]), 500)
			if err != nil {
				return err
			}
			changed := 0
			for _, l := range list {
				did, err := s.checkLicence(ctx, t, l, now)
				if err != nil {
					return err
				}
				if did {
					changed++
				}
			}
			if len(list) < 500 || changed == 0 {
				return nil
			}
		}
	})
}

func (s *Service) checkLicence(ctx context.Context, t Tx, l Licence, now time.Time) (bool, error) {
	if !l.Expires.After(now) {
		l.State = Expired
		if err := t.ChangeLicence(ctx, l); err != nil {
			return false, err
		}
		if err := s.licenceLetter(ctx, t, l, string(Expired)); err != nil {
			return false, err
		}
		return true, s.tell(ctx, t, Event{What: LicenceExpired, Account: l.Account, Detail: l.ID})
	}
	for _, days := range notices {
		if l.Expires.After(now.AddDate(0, 0, days)) {
			continue
		}
		if l.Notified != 0 && l.Notified <= days {
			return false, nil
		}
		l.Notified = days
		if err := t.ChangeLicence(ctx, l); err != nil {
			return false, err
		}
		return true, s.licenceLetter(ctx, t, l, "ends"+strconv.Itoa(days))
	}
	return false, nil
}

func (s *Service) licenceLetter(ctx context.Context, t Tx, l Licence, about string) error {
	a, err := t.Account(ctx, l.Account)
	if err != nil || a.Email == "" {
		return err
	}
	return s.write(ctx, t, LicenceLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, About: about})
}
