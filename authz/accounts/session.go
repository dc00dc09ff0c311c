package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// Cookie is the name of the session's cookie. The prefix makes browsers
// refuse it without Secure, with a Domain, or from another host.
const Cookie = "__Host-wd"

// Entry is what opens the portal: the value of the cookie is given out here
// and never again.
type Entry struct {
	Cookie  string
	Session Session
}

// Sessions end on their own: sooner for those who see other people's records.
const (
	clinicalIdle, clinicalMost = 15 * time.Minute, 12 * time.Hour
	patientIdle, patientMost   = 30 * time.Minute, 24 * time.Hour
)

// seenStep is how exactly it is known when a session was last used: not every
// request writes.
const seenStep = time.Minute

// CSRF is the synchroniser token of a session, for its forms. Who has it
// cannot make the cookie of it.
func CSRF(cookie string) string {
	h := hmac.New(sha256.New, []byte(cookie))
	h.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// enter begins a session. Its value is always a new one, whatever cookie the
// browser brought along.
func (s *Service) enter(ctx context.Context, t Tx, a *Account, next Step, o Origin) (Entry, error) {
	now := s.now()
	e := Entry{Cookie: random(), Session: Session{
		ID: newID(), Account: a.ID, Next: next, Began: now, Seen: now, Fresh: now, Origin: o,
		Idle: patientIdle, Until: now.Add(patientMost),
	}}
	if clinical(a.Held) {
		e.Session.Idle, e.Session.Until = clinicalIdle, now.Add(clinicalMost)
	}
	e.Session.Origin.Agent = cut(o.Agent, 200)
	e.Session.Hash = hashed(e.Cookie)
	return e, t.AddSession(ctx, e.Session)
}

// cut shortens a text that comes from outside, at a whole character.
func cut(s string, n int) string {
	for len(s) > n {
		r := []rune(s[:n])
		s = string(r[:len(r)-1])
	}
	return s
}

// again gives a session a new value: whoever knew the old one, before the
// person had proved more, knows nothing.
func (s *Service) again(ctx context.Context, t Tx, session Session) (Entry, error) {
	e := Entry{Cookie: random(), Session: session}
	e.Session.Hash = hashed(e.Cookie)
	return e, t.ChangeSession(ctx, e.Session)
}

// Session is whose cookie it is, and for whom its requests are made: a
// stranger while something is lacking (Session.Next). It is one statement, so
// that what was ended or changed, by whatever server, counts at once.
func (s *Service) Session(ctx context.Context, cookie string, o Origin) (Session, authz.Principal, error) {
	stranger := authz.Principal{Address: o.Address}
	if cookie == "" {
		return Session{}, stranger, refuse("", "session.none")
	}
	now := s.now()
	session, standing, err := s.Store.Session(ctx, hashed(cookie), now)
	switch {
	case errors.Is(err, ErrNone):
		return Session{}, stranger, refuse("", "session.none")
	case err != nil:
		return Session{}, stranger, err
	case session.Next == Whole && session.Factor.IsZero() && grave(standing.Held) && !s.SingleFactor:
		return Session{}, stranger, refuse("", "session.none") // of a time when less was asked
	}
	if now.Sub(session.Seen) >= seenStep {
		if err := s.see(ctx, session.Hash); err != nil {
			return Session{}, stranger, err
		}
	}
	if session.Next != Whole {
		return session, stranger, nil
	}
	p := standing.principal(session.Role)
	p.Session, p.Factor, p.Address = session.ID, session.Factor, o.Address
	return session, p, nil
}

// Alive says whether the session of that ID has not ended, for tokens that
// live as long as it does.
func (s *Service) Alive(ctx context.Context, id string) (bool, error) {
	return s.Store.Alive(ctx, id, s.now())
}

func (s *Service) see(ctx context.Context, hash []byte) error {
	return s.Store.Tx(ctx, func(t Tx) error {
		session, err := t.LockSession(ctx, hash, s.now())
		if errors.Is(err, ErrNone) {
			return nil // just ended; the next request will know
		}
		if err != nil {
			return err
		}
		session.Seen = s.now()
		return t.ChangeSession(ctx, session)
	})
}

// within carries out a deed of a person who is logged in. Next says which
// steps may still be lacking; fresh asks for recent proof of who they are.
func (s *Service) within(ctx context.Context, cookie string, fresh bool, lacking []Step, f func(t Tx, session Session, a *Account) error) error {
	return s.tx(ctx, func(t Tx) error {
		session, err := t.LockSession(ctx, hashed(cookie), s.now())
		if errors.Is(err, ErrNone) {
			return refuse("", "session.none")
		}
		if err != nil {
			return err
		}
		a, err := t.Account(ctx, session.Account)
		switch {
		case err != nil:
			return err
		case a.State != Active, session.Next != Whole && !slices.Contains(lacking, session.Next):
			return refuse("", "session.none")
		case fresh && !session.IsFresh(s.now()):
			return refuse("", "session.stale")
		}
		return f(t, session, &a)
	})
}

// Logout ends the session. A cookie that opens nothing is fine too.
func (s *Service) Logout(ctx context.Context, cookie string, o Origin) error {
	err := s.within(ctx, cookie, false, []Step{Factor, Enrol}, func(t Tx, session Session, a *Account) error {
		if err := t.DropSession(ctx, a.ID, session.ID); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: LoggedOut, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address})
	})
	if IsProblem(err, "session.none") {
		return nil
	}
	return err
}

// Sessions are those of the person, the one that asks first.
func (s *Service) Sessions(ctx context.Context, cookie string) (list []Session, err error) {
	err = s.within(ctx, cookie, false, nil, func(t Tx, session Session, a *Account) error {
		list, err = t.SessionsOf(ctx, a.ID, s.now())
		slices.SortStableFunc(list, func(x, y Session) int {
			if x.ID == session.ID {
				return -1
			}
			if y.ID == session.ID {
				return 1
			}
			return y.Seen.Compare(x.Seen)
		})
		return err
	})
	return list, err
}

// RevokeSession ends a session of the person, "" for all but the one that asks.
func (s *Service) RevokeSession(ctx context.Context, cookie, id string, o Origin) error {
	return s.within(ctx, cookie, false, nil, func(t Tx, session Session, a *Account) error {
		var err error
		if id == "" {
			err = t.DropSessions(ctx, a.ID, session.ID)
		} else if err = t.DropSession(ctx, a.ID, id); errors.Is(err, ErrNone) {
			return nil // it has ended already, or never was theirs
		}
		if err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: SessionRevoked, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: id})
	})
}

// SwitchRole lets a person who has several roles act in one of them, or in
// all with "".
func (s *Service) SwitchRole(ctx context.Context, cookie string, role authz.Role, o Origin) (e Entry, err error) {
	err = s.within(ctx, cookie, false, nil, func(t Tx, session Session, a *Account) error {
		if role != "" && !a.Has(role) {
			return refuse("role", "role.unknown")
		}
		session.Role = role
		if e, err = s.again(ctx, t, session); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: RoleSwitched, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: string(role)})
	})
	return e, err
}
