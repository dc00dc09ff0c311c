package accounts

import "context"

// Login begins a session by e-mail address and password. Session.Next says
// what is still lacking. A stranger learns nothing from the answer: not
// whether there is such an account, nor whether it is disabled.
func (s *Service) Login(ctx context.Context, email, password string, o Origin) (e Entry, err error) {
	who := guess(email)
	a, tried, err := s.tryPassword(ctx, who, o)
	if err != nil {
		return Entry{}, err
	}
	p, _ := normal(password)
	fits, stale, err := s.hasher.Verify(ctx, p, a.Password)
	if err != nil {
		return Entry{}, err
	}
	fresh := ""
	if fits && stale {
		if fresh, err = s.hasher.Hash(ctx, p); err != nil {
			return Entry{}, err
		}
	}
	var refused error
	err = s.tx(ctx, func(t Tx) error {
		refused = nil
		event := Event{What: LoggedIn, Account: a.ID, Address: o.Address}
		now := Account{}
		if fits {
			if now, err = t.Account(ctx, a.ID); err != nil {
				return err
			}
		}
		if !fits || now.State != Active && now.State != Pending || now.Password != a.Password {
			refused, event.Failed, event.Detail = refuse("", "login.failed"), true, string(now.State)
			return s.tell(ctx, t, event)
		}
		if err := s.won(ctx, t, tried); err != nil {
			return err
		}
		if now.State == Pending {
			refused, event.Failed, event.Detail = refuse("", "login.unverified"), true, string(now.State)
			if err := s.ask(ctx, t, askReset, "", words{To: now.Email}); err != nil {
				return err
			}
			return s.tell(ctx, t, event)
		}
		if fresh != "" {
			now.Password = fresh
			if err := t.ChangeAccount(ctx, now); err != nil {
				return err
			}
		}
		next, err := s.lacking(ctx, t, &now)
		if err != nil {
			return err
		}
		if e, err = s.enter(ctx, t, &now, next, o); err != nil {
			return err
		}
		event.By, event.Session, event.Detail = a.ID, e.Session.ID, string(next)
		return s.tell(ctx, t, event)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// tryPassword begins an attempt and finds the account, the zero Account for
// none.
func (s *Service) tryPassword(ctx context.Context, who string, o Origin) (a Account, tried *attempt, err error) {
	err = s.Store.Tx(ctx, func(t Tx) error {
		// The account comes before the counters, as everywhere.
		if a, err = t.AccountAt(ctx, who); err != nil && !isNone(err) {
			return err
		}
		if tried, err = s.try(ctx, t, "password", who, o); err != nil || !tried.alarm {
			return err
		}
		return s.ask(ctx, t, askUnlock, "", words{To: who})
	})
	if err == nil && tried.slow > 0 {
		err = &Problem{Key: "login.slow", RetryAfter: tried.slow}
	}
	return a, tried, err
}

// lacking is the step after the password.
func (s *Service) lacking(ctx context.Context, t Tx, a *Account) (Step, error) {
	has, err := hasFactor(ctx, t, a.ID)
	switch {
	case err != nil:
		return "", err
	case has:
		return Factor, nil
	case grave(a.Held) && !s.SingleFactor:
		return Enrol, nil
	}
	return Whole, nil
}

func hasFactor(ctx context.Context, t Tx, account string) (bool, error) {
	list, err := t.FactorsOf(ctx, account)
	for _, f := range list {
		if f.Confirmed {
			return true, err
		}
	}
	return false, err
}

// Reauthenticate proves by the password that it is still the same person.
// Whoever has a second factor shows that one instead: see Code and
// PasskeyFactor.
func (s *Service) Reauthenticate(ctx context.Context, cookie, password string, o Origin) (e Entry, err error) {
	a, err := s.prove(ctx, cookie, password, o)
	if err != nil {
		return Entry{}, err
	}
	err = s.within(ctx, cookie, false, nil, func(t Tx, session Session, now *Account) error {
		has, err := hasFactor(ctx, t, a.ID)
		if err != nil {
			return err
		}
		if has || now.Password != a.Password {
			return refuse("", "session.stale")
		}
		session.Fresh = s.now()
		if e, err = s.again(ctx, t, session); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: Reauthenticated, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address})
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// prove checks the password of somebody who is logged in.
func (s *Service) prove(ctx context.Context, cookie, password string, o Origin) (a Account, err error) {
	err = s.within(ctx, cookie, false, nil, func(_ Tx, _ Session, now *Account) error { a = *now; return nil })
	if err != nil {
		return a, err
	}
	return a, s.check(ctx, &a, "password", password, Reauthenticated, o)
}

// check compares a password that was typed into a field with that of an
// account. Attempts count as those of Login do.
func (s *Service) check(ctx context.Context, a *Account, field, password string, what What, o Origin) error {
	_, tried, err := s.tryPassword(ctx, guess(a.Email), o)
	if err != nil {
		return err
	}
	p, _ := normal(password)
	fits, _, err := s.hasher.Verify(ctx, p, a.Password)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		if fits {
			return s.won(ctx, t, tried)
		}
		return s.tell(ctx, t, Event{What: what, Failed: true, Account: a.ID, Address: o.Address, Detail: "password"})
	})
	if err == nil && !fits {
		err = refuse(field, "password.wrong")
	}
	return err
}
