package accounts

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// Newcomer is somebody who registers.
type Newcomer struct {
	Email    string
	Password string
	Language string
	Profile  Profile
}

// Register is for patients; everybody else is invited. The answer is the same
// whether or not the address has an account: what happens next is said in a
// letter to it.
func (s *Service) Register(ctx context.Context, n Newcomer, o Origin) error {
	n.Email = strings.TrimSpace(n.Email)
	if _, err := Mailbox(n.Email); err != nil {
		return err
	}
	n.Profile.Given, n.Profile.Family = strings.TrimSpace(n.Profile.Given), strings.TrimSpace(n.Profile.Family)
	if err := s.checkProfile(n.Profile); err != nil {
		return err
	}
	p, err := s.accept(n.Password, alone, n.Email, n.Profile.Given, n.Profile.Family)
	if err != nil {
		return err
	}
	if err := s.Store.Tx(ctx, func(t Tx) error { return s.rationed(ctx, t, o) }); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, p)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(t Tx) error {
		return s.ask(ctx, t, askRegister, "", words{To: n.Email, Language: cut(n.Language, 35), Hash: hash, Profile: n.Profile, Address: o.Address})
	})
}

// mostName is the length of a name in code points.
const mostName = 100

func (s *Service) checkProfile(p Profile) error {
	for field, name := range map[string]string{"given": p.Given, "family": p.Family} {
		switch {
		case name == "":
			return refuse(field, "name.required")
		case utf8.RuneCountInString(name) > mostName:
			return refuse(field, "name.long")
		}
	}
	if p.Birth != "" {
		if day, err := time.Parse(time.DateOnly, p.Birth); err != nil || day.After(s.now()) || day.Year() < 1880 {
			return refuse("birth", "profile.birth")
		}
	}
	return nil
}

// register is what the loop makes of an ask-register: a pending account and a
// letter to verify its address. One that is still pending is begun anew, with
// the newest password: nobody else's stays behind.
func (s *Service) register(ctx context.Context, t Tx, w words) (kind LetterKind, account string, _ words, err error) {
	a, err := t.AccountAt(ctx, w.To)
	known := err == nil
	if err != nil && !isNone(err) {
		return "", "", w, err
	}
	if known && (a.State != Pending || a.Password == "") {
		return KnownLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, Link: s.Base + ResetPath}, nil
	}
	if !known {
		a = Account{ID: newID(), State: Pending, Created: s.now(), Since: s.now()}
	}
	a.Email, a.Language, a.Password = w.To, w.Language, w.Hash
	a.Name = strings.TrimSpace(w.Profile.Given + " " + w.Profile.Family)
	a.Held = []Held{{Role: authz.Patient}}
	if a.Profile, err = s.sealer.seal("profile "+a.ID, w.Profile); err != nil {
		return "", "", w, err
	}
	if known {
		if err = t.DropTokens(ctx, a.ID); err == nil {
			err = t.ChangeAccount(ctx, a)
		}
	} else {
		err = t.AddAccount(ctx, a)
	}
	if err != nil {
		return "", "", w, err
	}
	if err := s.tell(ctx, t, Event{What: Registered, Account: a.ID, Address: w.Address}); err != nil {
		return "", "", w, err
	}
	return s.verifyLetter(ctx, t, a)
}

func (s *Service) verifyLetter(ctx context.Context, t Tx, a Account) (LetterKind, string, words, error) {
	link, err := s.issue(ctx, t, VerifyPath, Token{Purpose: ForVerify, Account: a.ID, Email: a.Email}, verifyFor)
	return VerifyLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, Link: link}, err
}

// Verify opens the account of a newcomer. The password is asked for, because
// the address may have been somebody else's who registered with it: its owner
// does not open an account that another knows the password of.
func (s *Service) Verify(ctx context.Context, token, password string, o Origin) error {
	var a Account
	var profile Profile
	err := s.Store.Tx(ctx, func(t Tx) error {
		k, err := s.peek(ctx, t, ForVerify, token)
		if err != nil {
			return err
		}
		if a, err = s.owner(ctx, t, k, Pending); err != nil || a.Profile == nil {
			return err
		}
		return s.sealer.open("profile "+a.ID, a.Profile, &profile)
	})
	if err != nil {
		return err
	}
	if err := s.check(ctx, &a, "password", password, EmailVerified, o); err != nil {
		return err
	}
	self := a.self(authz.Patient)
	if self == (fhir.Key{}) && s.Records != nil {
		if self, err = s.Records.Open(ctx, a.ID, authz.Patient, profile); err != nil {
			return err
		}
	}
	return s.tx(ctx, func(t Tx) error {
		k, err := s.take(ctx, t, ForVerify, token)
		if err != nil {
			return err
		}
		now, err := s.owner(ctx, t, k, Pending)
		if err != nil {
			return err
		}
		if now.Password != a.Password {
			return refuse("", "token.invalid") // somebody registered again meanwhile
		}
		now.State, now.Profile = Active, nil
		now.Held = []Held{{Role: authz.Patient, Self: self}}
		if err := t.DropTokens(ctx, now.ID); err != nil {
			return err
		}
		if err := t.ChangeAccount(ctx, now); err != nil {
			return taken(err, "role", "role.taken")
		}
		return s.tell(ctx, t, Event{What: EmailVerified, By: now.ID, Account: now.ID, Address: o.Address})
	})
}
