package accounts

import (
	"context"
	"errors"
	"strings"
	"time"
)

func isNone(err error) bool { return errors.Is(err, ErrNone) }

// taken says which field is to blame when another row has what was wanted.
func taken(err error, field, key string) error {
	if errors.Is(err, ErrTaken) {
		return refuse(field, key)
	}
	return err
}

// ForgotPassword sends a link to choose another password, if there is an
// account with that address, and says nothing of it here.
func (s *Service) ForgotPassword(ctx context.Context, email string, o Origin) error {
	email = strings.TrimSpace(email)
	if _, err := Mailbox(email); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(t Tx) error {
		if err := s.rationed(ctx, t, o); err != nil {
			return err
		}
		return s.ask(ctx, t, askReset, "", words{To: email, Address: o.Address})
	})
}

// pause between two letters of the same kind to one account, whoever asks.
const pause = time.Minute

// forgot is what the loop makes of an ask-reset.
func (s *Service) forgot(ctx context.Context, t Tx, w words) (LetterKind, string, words, error) {
	a, err := t.AccountAt(ctx, w.To)
	if isNone(err) {
		return "", "", w, nil
	}
	if err != nil {
		return "", "", w, err
	}
	purpose := ForReset
	if a.State == Pending {
		purpose = ForVerify
	}
	if soon, err := s.justSent(ctx, t, a.ID, purpose); err != nil || soon {
		return "", "", w, err
	}
	switch {
	case a.State == Pending && a.Password != "":
		return s.verifyLetter(ctx, t, a)
	case a.State != Active:
		return "", "", w, nil // invited or disabled: whoever did that can be asked
	}
	link, err := s.issue(ctx, t, ResetPath, Token{Purpose: ForReset, Account: a.ID, Email: a.Email}, resetFor)
	return ResetLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, Link: link}, err
}

func (s *Service) justSent(ctx context.Context, t Tx, account string, p Purpose) (bool, error) {
	list, err := t.PendingTokens(ctx, account, p, s.now())
	for _, k := range list {
		if s.now().Sub(k.Created) < pause {
			return true, err
		}
	}
	return false, err
}

// Reset sets another password by a link. Nobody is logged in by it: the second
// factor, if there is one, is still needed, and so is the new password. All
// sessions end, all tokens of apps and all other links are void.
func (s *Service) Reset(ctx context.Context, token, password string, o Origin) error {
	var a Account
	var least int
	err := s.Store.Tx(ctx, func(t Tx) error {
		k, err := s.peek(ctx, t, ForReset, token)
		if err != nil {
			return err
		}
		if a, err = s.owner(ctx, t, k, Active); err != nil {
			return err
		}
		has, err := hasFactor(ctx, t, a.ID)
		least = s.least(a.Held, has)
		return err
	})
	if err != nil {
		return err
	}
	p, err := s.accept(password, least, a.Email, a.Name)
	if err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, p)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(t Tx) error {
		k, err := s.take(ctx, t, ForReset, token)
		if err != nil {
			return err
		}
		now, err := s.owner(ctx, t, k, Active)
		if err != nil {
			return err
		}
		if err := s.setPassword(ctx, t, &now, hash, ""); err != nil {
			return err
		}
		if err := s.trust(ctx, t, guess(now.Email), o); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: PasswordReset, By: now.ID, Account: now.ID, Address: o.Address})
	})
}

// setPassword changes the password, ends every session but one, voids tokens
// and links, and tells the person.
func (s *Service) setPassword(ctx context.Context, t Tx, a *Account, hash, keep string) error {
	a.Password, a.Since = hash, s.now()
	if err := t.ChangeAccount(ctx, *a); err != nil {
		return err
	}
	if err := t.DropSessions(ctx, a.ID, keep); err != nil {
		return err
	}
	if err := t.DropTokens(ctx, a.ID); err != nil {
		return err
	}
	return s.notice(ctx, t, a, PasswordChanged)
}

// ChangePassword needs the old one. The session goes on under a new value, all
// others end.
func (s *Service) ChangePassword(ctx context.Context, cookie, old, password string, o Origin) (e Entry, err error) {
	var a Account
	var least int
	err = s.within(ctx, cookie, false, nil, func(t Tx, _ Session, now *Account) error {
		a = *now
		has, err := hasFactor(ctx, t, a.ID)
		least = s.least(a.Held, has)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	if err := s.check(ctx, &a, "old", old, PasswordChanged, o); err != nil {
		return Entry{}, err
	}
	p, err := s.accept(password, least, a.Email, a.Name)
	if err != nil {
		return Entry{}, err
	}
	if was, _ := normal(old); was == p {
		return Entry{}, refuse("password", "password.same")
	}
	hash, err := s.hasher.Hash(ctx, p)
	if err != nil {
		return Entry{}, err
	}
	err = s.within(ctx, cookie, false, nil, func(t Tx, session Session, now *Account) error {
		if now.Password != a.Password {
			return refuse("old", "password.wrong")
		}
		if err := s.setPassword(ctx, t, now, hash, session.ID); err != nil {
			return err
		}
		session.Fresh = s.now()
		if e, err = s.again(ctx, t, session); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: PasswordChanged, By: now.ID, Account: now.ID, Session: session.ID, Address: o.Address})
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// unlock is what the loop makes of an ask-unlock.
func (s *Service) unlock(ctx context.Context, t Tx, w words) (LetterKind, string, words, error) {
	a, err := t.AccountAt(ctx, w.To)
	if isNone(err) || err == nil && a.State != Active {
		return "", "", w, nil
	}
	if err != nil {
		return "", "", w, err
	}
	link, err := s.issue(ctx, t, UnlockPath, Token{Purpose: ForUnlock, Account: a.ID, Email: a.Email}, verifyFor)
	return UnlockLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, Link: link}, err
}

// Unlock lets the person log in from where the link was opened, although
// somebody is guessing their password from elsewhere.
func (s *Service) Unlock(ctx context.Context, token string, o Origin) error {
	return s.Store.Tx(ctx, func(t Tx) error {
		k, err := s.take(ctx, t, ForUnlock, token)
		if err != nil {
			return err
		}
		a, err := s.owner(ctx, t, k, Active)
		if err != nil {
			return err
		}
		if err := s.trust(ctx, t, guess(a.Email), o); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: Unlocked, By: a.ID, Account: a.ID, Address: o.Address})
	})
}
