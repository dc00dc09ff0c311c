package accounts

import (
	"context"
	"crypto/rand"
	"strings"
	"unicode/utf8"
)

// mostFactors is how many second factors an account can have.
const mostFactors = 10

// Enrolment is an authenticator that is being set up.
type Enrolment struct {
	ID     string
	Secret string // base32, for those who type it
	URL    string // otpauth://, for a QR code
}

// Factors are the second factors of the person, without their secrets, and
// how many recovery codes are left.
func (s *Service) Factors(ctx context.Context, cookie string) (list []SecondFactor, codes int, err error) {
	err = s.within(ctx, cookie, false, nil, func(t Tx, _ Session, a *Account) error {
		all, err := t.FactorsOf(ctx, a.ID)
		if err != nil {
			return err
		}
		list = nil
		for _, f := range all {
			if f.Secret = nil; f.Confirmed {
				list = append(list, f)
			}
		}
		codes, err = t.RecoveryCodes(ctx, a.ID)
		return err
	})
	return list, codes, err
}

// BeginTOTP makes a secret for an authenticator. It counts from ConfirmTOTP on.
func (s *Service) BeginTOTP(ctx context.Context, cookie string) (e Enrolment, err error) {
	err = s.within(ctx, cookie, true, []Step{Enrol}, func(t Tx, _ Session, a *Account) error {
		if err := s.makeRoom(ctx, t, a.ID); err != nil {
			return err
		}
		secret := newSecret()
		f := SecondFactor{ID: newID(), Account: a.ID, Kind: TOTP, Created: s.now()}
		if f.Secret, err = s.sealer.seal("totp "+f.ID, secret); err != nil {
			return err
		}
		e = Enrolment{ID: f.ID, Secret: base32Plain.EncodeToString(secret), URL: totpURL(s.Name, a.Email, secret)}
		return t.AddFactor(ctx, f)
	})
	return e, err
}

// makeRoom drops what was begun and never confirmed.
func (s *Service) makeRoom(ctx context.Context, t Tx, account string) error {
	list, err := t.FactorsOf(ctx, account)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range list {
		if f.Confirmed {
			n++
		} else if err := t.DropFactor(ctx, account, f.ID); err != nil {
			return err
		}
	}
	if n >= mostFactors {
		return refuse("", "factor.limit")
	}
	return nil
}

// ConfirmTOTP shows that the authenticator has the secret. With the first
// factor of an account come recovery codes, which are told here only.
func (s *Service) ConfirmTOTP(ctx context.Context, cookie, id, code, name string, o Origin) (e Entry, codes []string, err error) {
	var refused error
	err = s.within(ctx, cookie, true, []Step{Enrol}, func(t Tx, session Session, a *Account) error {
		refused = nil
		tried, err := s.try(ctx, t, "code", a.ID, o)
		if err != nil {
			return err
		}
		if tried.slow > 0 {
			refused = &Problem{Key: "login.slow", RetryAfter: tried.slow}
			return nil
		}
		f, err := find(ctx, t, a.ID, id)
		if err != nil {
			return err
		}
		if f.Kind != TOTP || f.Confirmed {
			return refuse("", "factor.unknown")
		}
		fits, err := s.codeFits(ctx, t, f, code)
		if err != nil {
			return err
		}
		if !fits {
			refused = refuse("code", "code.wrong")
			return nil
		}
		if err := s.won(ctx, t, tried); err != nil {
			return err
		}
		f.Confirmed, f.Used, f.Name = true, s.now(), factorName(name)
		if err := t.ChangeFactor(ctx, f); err != nil {
			return err
		}
		e, codes, err = s.enrolled(ctx, t, session, a, f, o)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Entry{}, nil, err
	}
	return e, codes, nil
}

func factorName(name string) string {
	if name = strings.TrimSpace(name); utf8.RuneCountInString(name) > 60 {
		name = string([]rune(name)[:60])
	}
	return name
}

func find(ctx context.Context, t Tx, account, id string) (SecondFactor, error) {
	list, err := t.FactorsOf(ctx, account)
	for _, f := range list {
		if f.ID == id {
			return f, err
		}
	}
	if err == nil {
		err = refuse("", "factor.unknown")
	}
	return SecondFactor{}, err
}

// enrolled ends the setting up of a factor, which is proof of having it.
func (s *Service) enrolled(ctx context.Context, t Tx, session Session, a *Account, f SecondFactor, o Origin) (e Entry, codes []string, err error) {
	n, err := t.RecoveryCodes(ctx, a.ID)
	if err == nil && n == 0 {
		codes, err = newRecoveryCodes(ctx, t, a.ID)
	}
	if err != nil {
		return e, nil, err
	}
	session.Next, session.Factor, session.Fresh = Whole, s.now(), s.now()
	if e, err = s.again(ctx, t, session); err != nil {
		return e, nil, err
	}
	if err := s.notice(ctx, t, a, FactorAdded); err != nil {
		return e, nil, err
	}
	return e, codes, s.tell(ctx, t, Event{What: FactorAdded, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: string(f.Kind)})
}

// codeFits says whether the code is of the authenticator, and of a step after
// that of the last one: nobody uses a code again that they have seen.
func (s *Service) codeFits(ctx context.Context, t Tx, f SecondFactor, code string) (bool, error) {
	var secret []byte
	if err := s.sealer.open("totp "+f.ID, f.Secret, &secret); err != nil {
		return false, err
	}
	step, ok := totpAt(secret, code, s.now())
	if !ok {
		return false, nil
	}
	return t.StepForward(ctx, f.ID, step)
}

// Code shows a second factor by the code of an authenticator, at the login or
// again for what needs fresh proof. A recovery code does as well, once. The
// session goes on under a new value.
func (s *Service) Code(ctx context.Context, cookie, code string, o Origin) (e Entry, err error) {
	var refused error
	err = s.within(ctx, cookie, false, []Step{Factor}, func(t Tx, session Session, a *Account) error {
		refused = nil
		tried, err := s.try(ctx, t, "code", a.ID, o)
		if err != nil {
			return err
		}
		if tried.slow > 0 {
			refused = &Problem{Key: "login.slow", RetryAfter: tried.slow}
			if tried.alarm {
				return s.notice(ctx, t, a, FactorShown)
			}
			return nil
		}
		with, err := s.anyCode(ctx, t, a.ID, code)
		if err != nil {
			return err
		}
		event := Event{What: FactorShown, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: with}
		if with == "" {
			refused, event.Failed = refuse("code", "code.wrong"), true
			return s.tell(ctx, t, event)
		}
		if with == recovery {
			if err := s.notice(ctx, t, a, RecoveryUsed); err != nil {
				return err
			}
		}
		if err := s.won(ctx, t, tried); err != nil {
			return err
		}
		session.Next, session.Factor, session.Fresh = Whole, s.now(), s.now()
		if e, err = s.again(ctx, t, session); err != nil {
			return err
		}
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

// recovery is what a recovery code is called in an event.
const recovery = "recovery"

// anyCode says what the code is of, "" for nothing.
func (s *Service) anyCode(ctx context.Context, t Tx, account, code string) (string, error) {
	list, err := t.FactorsOf(ctx, account)
	if err != nil {
		return "", err
	}
	for _, f := range list {
		if f.Kind != TOTP || !f.Confirmed {
			continue
		}
		fits, err := s.codeFits(ctx, t, f, code)
		if err != nil {
			return "", err
		}
		if fits {
			f.Used = s.now()
			return string(TOTP), t.ChangeFactor(ctx, f)
		}
	}
	plain := plainCode(code)
	if len(plain) != recoverySize*8/5 {
		return "", nil
	}
	ok, err := t.TakeRecoveryCode(ctx, account, hashed(plain))
	if err != nil || !ok {
		return "", err
	}
	return recovery, nil
}

// Recovery codes are 80 bits each, so that their hash needs no salt and no
// stretching.
const (
	recoveryCodes = 10
	recoverySize  = 10 // bytes
)

// newRecoveryCodes makes ten, in the place of those there were.
func newRecoveryCodes(ctx context.Context, t Tx, account string) (codes []string, err error) {
	var hashes [][]byte
	for range recoveryCodes {
		var b [recoverySize]byte
		_, _ = rand.Read(b[:]) // never fails
		plain := strings.ToLower(base32Plain.EncodeToString(b[:]))
		hashes = append(hashes, hashed(plain))
		codes = append(codes, plain[:4]+"-"+plain[4:8]+"-"+plain[8:12]+"-"+plain[12:])
	}
	return codes, t.SetRecoveryCodes(ctx, account, hashes)
}

// plainCode reads what a person copied from paper.
func plainCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "0", "o", "1", "l", "8", "b").Replace(strings.ToLower(code))
}

// RenewRecoveryCodes makes ten others; those there were are void.
func (s *Service) RenewRecoveryCodes(ctx context.Context, cookie string, o Origin) (codes []string, err error) {
	err = s.within(ctx, cookie, true, nil, func(t Tx, session Session, a *Account) error {
		has, err := hasFactor(ctx, t, a.ID)
		if err != nil {
			return err
		}
		if !has {
			return refuse("", "factor.unknown")
		}
		if codes, err = newRecoveryCodes(ctx, t, a.ID); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: RecoveryRenewed, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address})
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveFactor takes a second factor away. Those who must have one keep the
// last.
func (s *Service) RemoveFactor(ctx context.Context, cookie, id string, o Origin) error {
	return s.within(ctx, cookie, true, nil, func(t Tx, session Session, a *Account) error {
		f, err := find(ctx, t, a.ID, id)
		if err != nil {
			return err
		}
		if err := t.DropFactor(ctx, a.ID, id); err != nil {
			return err
		}
		has, err := hasFactor(ctx, t, a.ID)
		switch {
		case err != nil:
			return err
		case !has && grave(a.Held) && !s.SingleFactor:
			return refuse("", "factor.needed")
		case !has:
			err = t.SetRecoveryCodes(ctx, a.ID, nil)
		}
		if err == nil {
			err = s.notice(ctx, t, a, FactorRemoved)
		}
		if err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: FactorRemoved, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: string(f.Kind)})
	})
}
