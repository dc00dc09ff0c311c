package accounts

import (
	"context"
	"fmt"
	"time"
)

// words are what a letter says and to whom. They lie sealed in the table,
// because of the links, and are gone when the letter is.
type words struct {
	To       string
	Name     string  `json:",omitempty"`
	Language string  `json:",omitempty"`
	Link     string  `json:",omitempty"`
	About    string  `json:",omitempty"` // which notice
	Hash     string  `json:",omitempty"` // of the password of a newcomer
	Profile  Profile `json:",omitzero"`
	Address  string  `json:",omitempty"` // where the request came from
}

// write puts a letter among those to be sent.
func (s *Service) write(ctx context.Context, t Tx, kind LetterKind, account string, w words) error {
	l := Letter{ID: newID(), Kind: kind, Account: account, Created: s.now(), Due: s.now(), State: Queued}
	var err error
	if l.Sealed, err = s.sealer.seal("letter "+l.ID, w); err != nil {
		return err
	}
	return t.AddLetter(ctx, l)
}

// ask leaves it to the loop to find out whether there is an account, so that
// the request takes the same time either way.
func (s *Service) ask(ctx context.Context, t Tx, kind LetterKind, account string, w words) error {
	return s.write(ctx, t, kind, account, w)
}

// notice tells a person that something of theirs has changed.
func (s *Service) notice(ctx context.Context, t Tx, a *Account, what What) error {
	if a.Email == "" {
		return nil
	}
	return s.write(ctx, t, NoticeLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, About: string(what)})
}

// Sending is patient: a mail server may be away for a night.
const (
	lease        = 2 * time.Minute
	mostAttempts = 12
	longestWait  = 4 * time.Hour
)

// Deliver carries out what letters are due, until none is.
func (s *Service) Deliver(ctx context.Context) error {
	for {
		more, err := s.deliver(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// deliver carries one letter a step further. A letter that is sent twice,
// because this server died before it wrote that down, has the same ID.
func (s *Service) deliver(ctx context.Context) (more bool, err error) {
	var l Letter
	var w words
	send := false
	err = s.tx(ctx, func(t Tx) error {
		more, send, w = false, false, words{}
		l, err = t.TakeLetter(ctx, s.now(), lease)
		if isNone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		if err := s.sealer.open("letter "+l.ID, l.Sealed, &w); err != nil {
			s.Log.ErrorContext(ctx, "a letter cannot be read and is dropped", "letter", l.ID, "kind", string(l.Kind), "error", err.Error())
			return t.DropLetter(ctx, l.ID)
		}
		kind, account, resolved, err := s.resolve(ctx, t, l, w)
		switch {
		case err != nil:
			return err
		case kind == "":
			return t.DropLetter(ctx, l.ID)
		case kind != l.Kind:
			l.Kind, l.Account, l.Due, w = kind, account, s.now(), resolved
			if l.Sealed, err = s.sealer.seal("letter "+l.ID, w); err != nil {
				return err
			}
			return t.ChangeLetter(ctx, l) // and come again for it
		case s.Mailer == nil:
			l.State = Kept
			return t.ChangeLetter(ctx, l)
		}
		l.Attempts++
		send = true
		return t.ChangeLetter(ctx, l)
	})
	if err != nil || !send {
		return more, err
	}
	m, err := s.Words.mail(s, l, w)
	if err == nil {
		err = s.Mailer.Send(ctx, m)
	}
	return more, s.Store.Tx(ctx, func(t Tx) error {
		if err == nil {
			return t.DropLetter(ctx, l.ID)
		}
		// The error of a mail server may quote the address: only its type is
		// logged.
		s.Log.WarnContext(ctx, "a letter was not sent", "letter", l.ID, "kind", string(l.Kind), "attempt", l.Attempts, "error", fmt.Sprintf("%T", err))
		if l.Attempts >= mostAttempts {
			l.State, l.Sealed = Failed, nil
		} else {
			l.Due = s.now().Add(min(time.Minute<<(l.Attempts-1), longestWait))
		}
		return t.ChangeLetter(ctx, l)
	})
}

// resolve finds out what an ask is answered with: a letter, or none.
func (s *Service) resolve(ctx context.Context, t Tx, l Letter, w words) (LetterKind, string, words, error) {
	switch l.Kind {
	case askRegister:
		return s.register(ctx, t, w)
	case askReset:
		return s.forgot(ctx, t, w)
	case askEmail:
		return s.emailLetter(ctx, t, l.Account, w)
	case askUnlock:
		return s.unlock(ctx, t, w)
	}
	return l.Kind, l.Account, w, nil
}

// Outbox are the newest letters that were kept because nothing sends them:
// for the page of a demo, and for the owner of the machine.
func (s *Service) Outbox(ctx context.Context, n int) (list []Mail, err error) {
	if s.Mailer != nil {
		return nil, nil
	}
	var kept []Letter
	err = s.Store.Tx(ctx, func(t Tx) error {
		kept, err = t.KeptLetters(ctx, n)
		return err
	})
	for _, l := range kept {
		var w words
		if err := s.sealer.open("letter "+l.ID, l.Sealed, &w); err != nil {
			return nil, err
		}
		m, err := s.Words.mail(s, l, w)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, err
}
