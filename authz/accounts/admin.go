package accounts

import (
	"context"

	"github.com/webdoctor/webdoctor/authz"
)

// List is a page of accounts for administrators, by id after the last of the
// page before. Neither passwords nor profiles are in it.
func (s *Service) List(ctx context.Context, by authz.Principal, after string, n int) (list []Account, err error) {
	if _, err := admin(by); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		list, err = t.Accounts(ctx, after, min(max(n, 1), 1000))
		return err
	})
	for i := range list {
		list[i].Password, list[i].Profile = "", nil
	}
	return list, err
}

// Find is the account of an address, for administrators.
func (s *Service) Find(ctx context.Context, by authz.Principal, email string) (a Account, err error) {
	if _, err := admin(by); err != nil {
		return a, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		a, err = t.AccountAt(ctx, email)
		return unknown(err)
	})
	a.Password, a.Profile = "", nil
	return a, err
}

func unknown(err error) error {
	if isNone(err) {
		return refuse("", "account.unknown")
	}
	return err
}

// manage carries out what an administrator does to an account. Nobody does it
// to their own, and the last administrator stays.
func (s *Service) manage(ctx context.Context, by authz.Principal, account string, f func(t Tx, who string, a *Account) error) error {
	who, err := admin(by)
	if err != nil {
		return err
	}
	if who == account {
		return refuse("", "account.self")
	}
	return s.tx(ctx, func(t Tx) error {
		a, err := t.Account(ctx, account)
		if err != nil {
			return unknown(err)
		}
		if a.State == Deleted {
			return refuse("", "account.unknown")
		}
		was := a.State == Active && a.Has(authz.Administrator)
		if err := f(t, who, &a); err != nil {
			return err
		}
		if err := t.ChangeAccount(ctx, a); err != nil {
			return taken(err, "role", "role.taken")
		}
		if was && (a.State != Active || !a.Has(authz.Administrator)) {
			// The owner of the machine can make another one.
			if n, err := t.Holders(ctx, authz.Administrator, Active); err != nil || n == 0 && !by.Operator {
				if err == nil {
					err = refuse("", "account.last")
				}
				return err
			}
		}
		return nil
	})
}

// out ends everything that an account has open.
func (s *Service) out(ctx context.Context, t Tx, a *Account) error {
	a.Since = s.now()
	if err := t.DropSessions(ctx, a.ID, ""); err != nil {
		return err
	}
	return t.DropTokens(ctx, a.ID)
}

// Disable shuts an account out, on every server and with its next request.
func (s *Service) Disable(ctx context.Context, by authz.Principal, account, reason string) error {
	return s.manage(ctx, by, account, func(t Tx, who string, a *Account) error {
		if a.State == Disabled {
			return refuse("", "account.state")
		}
		a.State = Disabled
		if err := s.out(ctx, t, a); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: AccountDisabled, By: who, Account: a.ID, Address: by.Address, Detail: cut(reason, 200)})
	})
}

// Enable lets a disabled account in again; one that never had a password has
// to be invited anew.
func (s *Service) Enable(ctx context.Context, by authz.Principal, account string) error {
	return s.manage(ctx, by, account, func(t Tx, who string, a *Account) error {
		if a.State != Disabled {
			return refuse("", "account.state")
		}
		if a.State = Active; a.Password == "" || a.Profile != nil {
			a.State = Pending
		}
		return s.tell(ctx, t, Event{What: AccountEnabled, By: who, Account: a.ID, Address: by.Address})
	})
}

// Delete takes away the address, the name, the secrets and the person of an
// account. Its id stays, since the audit speaks of it.
func (s *Service) Delete(ctx context.Context, by authz.Principal, account string) error {
	return s.manage(ctx, by, account, func(t Tx, who string, a *Account) error {
		if err := s.out(ctx, t, a); err != nil {
			return err
		}
		list, err := t.FactorsOf(ctx, a.ID)
		for _, f := range list {
			if err == nil {
				err = t.DropFactor(ctx, a.ID, f.ID)
			}
		}
		if err == nil {
			err = t.SetRecoveryCodes(ctx, a.ID, nil)
		}
		if err != nil {
			return err
		}
		*a = Account{ID: a.ID, State: Deleted, Created: a.Created, Since: a.Since}
		return s.tell(ctx, t, Event{What: AccountDeleted, By: who, Account: a.ID, Address: by.Address})
	})
}

// SetRoles gives an account other roles and persons. It has to log in again,
// which is when a second factor is asked for.
func (s *Service) SetRoles(ctx context.Context, by authz.Principal, account string, held []Held) error {
	if err := checkHeld(held); err != nil {
		return err
	}
	return s.manage(ctx, by, account, func(t Tx, who string, a *Account) error {
		a.Held = held
		if err := t.DropSessions(ctx, a.ID, ""); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: RolesChanged, By: who, Account: a.ID, Address: by.Address, Detail: roles(held)})
	})
}

// ForgetFactors takes the second factors of somebody who has lost them. It
// needs two administrators within a day, or the owner of the machine: it
// opens an account to whoever has its password. done says that it happened.
func (s *Service) ForgetFactors(ctx context.Context, by authz.Principal, account string) (done bool, err error) {
	err = s.manage(ctx, by, account, func(t Tx, who string, a *Account) error {
		done = by.Operator
		proposed, err := t.PendingTokens(ctx, a.ID, forFactor, s.now())
		if err != nil {
			return err
		}
		for _, k := range proposed {
			done = done || k.By != who
		}
		if !done {
			if len(proposed) == 0 {
				_, err = s.issue(ctx, t, "", Token{Purpose: forFactor, Account: a.ID, By: who}, factorFor)
			}
			if err == nil {
				err = s.tell(ctx, t, Event{What: FactorRemoved, Failed: true, By: who, Account: a.ID, Address: by.Address, Detail: "proposed"})
			}
			return err
		}
		list, err := t.FactorsOf(ctx, a.ID)
		for _, f := range list {
			if err == nil {
				err = t.DropFactor(ctx, a.ID, f.ID)
			}
		}
		if err == nil {
			err = t.SetRecoveryCodes(ctx, a.ID, nil)
		}
		if err == nil {
			err = s.out(ctx, t, a)
		}
		if err == nil {
			err = s.notice(ctx, t, a, FactorRemoved)
		}
		if err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: FactorRemoved, By: who, Account: a.ID, Address: by.Address, Detail: "all"})
	})
	return done && err == nil, err
}
