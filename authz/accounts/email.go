package accounts

import (
	"context"
	"strings"
)

// ChangeEmail sends a link to a new address; the account keeps the old one
// until it is opened. Whether the new one has an account is not said.
func (s *Service) ChangeEmail(ctx context.Context, cookie, email string, o Origin) error {
	email = strings.TrimSpace(email)
	box, err := Mailbox(email)
	if err != nil {
		return err
	}
	return s.within(ctx, cookie, true, nil, func(t Tx, session Session, a *Account) error {
		if box == guess(a.Email) {
			return refuse("email", "email.same")
		}
		if err := s.rationed(ctx, t, o); err != nil {
			return err
		}
		if err := t.DropTokens(ctx, a.ID, ForEmail); err != nil {
			return err
		}
		return s.ask(ctx, t, askEmail, a.ID, words{To: email})
	})
}

// emailLetter is what the loop makes of an ask-email.
func (s *Service) emailLetter(ctx context.Context, t Tx, account string, w words) (LetterKind, string, words, error) {
	owner, err := t.AccountAt(ctx, w.To)
	switch {
	case err == nil && owner.ID != account:
		return KnownLetter, owner.ID, words{To: owner.Email, Name: owner.Name, Language: owner.Language, Link: s.Base + ResetPath}, nil
	case err != nil && !isNone(err):
		return "", "", w, err
	}
	a, err := t.Account(ctx, account)
	if isNone(err) || err == nil && a.State != Active {
		return "", "", w, nil
	}
	if err != nil {
		return "", "", w, err
	}
	link, err := s.issue(ctx, t, EmailPath, Token{Purpose: ForEmail, Account: a.ID, Email: a.Email, Data: w.To}, verifyFor)
	return EmailLetter, a.ID, words{To: w.To, Name: a.Name, Language: a.Language, Link: link}, err
}

// ConfirmEmail gives the account its new address. The old one is told, and no
// link that was sent there works any more.
func (s *Service) ConfirmEmail(ctx context.Context, token string, o Origin) error {
	return s.tx(ctx, func(t Tx) error {
		k, err := s.take(ctx, t, ForEmail, token)
		if err != nil {
			return err
		}
		a, err := s.owner(ctx, t, k, Active)
		if err != nil {
			return err
		}
		if err := s.notice(ctx, t, &a, EmailChanged); err != nil {
			return err
		}
		a.Email = k.Data
		if err := t.ChangeAccount(ctx, a); err != nil {
			return taken(err, "", "token.invalid")
		}
		if err := t.DropTokens(ctx, a.ID); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: EmailChanged, By: a.ID, Account: a.ID, Address: o.Address})
	})
}
