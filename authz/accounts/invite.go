package accounts

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// operator is how the owner of the machine is named in events.
const operator = "operator"

// admin says who it is that manages accounts: an administrator in the portal,
// or the owner of the machine. An app with the token of one is not.
func admin(by authz.Principal) (string, error) {
	switch {
	case by.Operator:
		return operator, nil
	case by.Account != "" && by.Client == "" && by.Plugin == "" && slices.Contains(by.Roles, authz.Administrator):
		return by.Account, nil
	}
	return "", refuse("", "admin.only")
}

// Person is somebody who gets an account from another.
type Person struct {
	Email    string
	Name     string
	Language string
	Held     []Held
}

func (p *Person) check() error {
	p.Email, p.Name = strings.TrimSpace(p.Email), strings.TrimSpace(p.Name)
	if _, err := Mailbox(p.Email); err != nil {
		return err
	}
	if utf8.RuneCountInString(p.Name) > 2*mostName {
		return refuse("name", "name.long")
	}
	p.Language = cut(p.Language, 35)
	return checkHeld(p.Held)
}

// checkHeld refuses roles that do not exist, or twice, or a person who is of
// another kind than the role: in R4 the resources of patients and
// practitioners are called like the roles.
func checkHeld(held []Held) error {
	seen := map[authz.Role]bool{}
	for _, h := range held {
		switch h.Role {
		case authz.Patient, authz.Practitioner:
			if h.Self != (fhir.Key{}) && !strings.EqualFold(h.Self.Type, string(h.Role)) {
				return refuse("role", "role.self")
			}
		case authz.Staff, authz.Administrator:
		default:
			return refuse("role", "role.unknown")
		}
		if seen[h.Role] || (h.Self.Type == "") != (h.Self.ID == "") || h.Self.Version != 0 {
			return refuse("role", "role.self")
		}
		seen[h.Role] = true
	}
	if len(held) == 0 {
		return refuse("role", "role.unknown")
	}
	return nil
}

// Invite makes a pending account and sends a link to its address, which works
// once and for a week. Who was invited before gets another link, and the old
// one is void. The link is told to the owner of the machine, who may have no
// way to send letters; an administrator does not get to know it.
func (s *Service) Invite(ctx context.Context, by authz.Principal, p Person) (account, link string, err error) {
	who, err := admin(by)
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return "", "", err
	}
	err = s.tx(ctx, func(t Tx) error {
		a, err := t.AccountAt(ctx, p.Email)
		switch {
		case isNone(err):
			a = Account{ID: newID(), Email: p.Email, State: Pending, Name: p.Name, Language: p.Language, Held: p.Held, Created: s.now(), Since: s.now()}
			err = t.AddAccount(ctx, a)
		case err != nil:
		case a.State != Pending || a.Password != "":
			return refuse("email", "email.taken")
		default:
			a.Name, a.Language, a.Held = p.Name, p.Language, p.Held
			if err = t.DropTokens(ctx, a.ID); err == nil {
				err = t.ChangeAccount(ctx, a)
			}
		}
		if err != nil {
			return taken(err, "role", "role.taken")
		}
		account = a.ID
		if link, err = s.issue(ctx, t, InvitePath, Token{Purpose: ForInvite, Account: a.ID, Email: a.Email, By: who}, inviteFor); err != nil {
			return err
		}
		if err := s.write(ctx, t, InviteLetter, a.ID, words{To: a.Email, Name: a.Name, Language: a.Language, Link: link}); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: Invited, By: who, Account: a.ID, Address: by.Address, Detail: roles(a.Held)})
	})
	if err != nil {
		return "", "", err
	}
	if !by.Operator {
		link = ""
	}
	return account, link, nil
}

// roles of an account, for an event.
func roles(held []Held) string {
	var names []string
	for _, h := range held {
		names = append(names, string(h.Role))
	}
	return strings.Join(names, " ")
}

// Accept takes an invitation: the person chooses a password, and the account
// is active. They log in next, and set up a second factor if their roles ask
// for one.
func (s *Service) Accept(ctx context.Context, token, password string, o Origin) error {
	var a Account
	err := s.Store.Tx(ctx, func(t Tx) error {
		k, err := s.peek(ctx, t, ForInvite, token)
		if err == nil {
			a, err = s.owner(ctx, t, k, Pending)
		}
		return err
	})
	if err != nil {
		return err
	}
	p, err := s.accept(password, s.least(a.Held, false), a.Email, a.Name)
	if err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, p)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(t Tx) error {
		k, err := s.take(ctx, t, ForInvite, token)
		if err != nil {
			return err
		}
		now, err := s.owner(ctx, t, k, Pending)
		if err != nil {
			return err
		}
		now.State, now.Password = Active, hash
		if err := t.ChangeAccount(ctx, now); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: InvitationTaken, By: now.ID, Account: now.ID, Address: o.Address})
	})
}

// Create makes an active account with a password, at the word of the owner of
// the machine.
func (s *Service) Create(ctx context.Context, by authz.Principal, p Person, password string) (account string, err error) {
	if !by.Operator {
		return "", refuse("", "admin.only")
	}
	if err := p.check(); err != nil {
		return "", err
	}
	return s.create(ctx, p, password, func(Tx) (string, error) { return operator, nil }, by.Address)
}

// create makes an active account. Before it does, first is asked, in the same
// transaction, who it is that makes it.
func (s *Service) create(ctx context.Context, p Person, password string, first func(Tx) (string, error), address string) (account string, err error) {
	accepted, err := s.accept(password, s.least(p.Held, false), p.Email, p.Name)
	if err != nil {
		return "", err
	}
	hash, err := s.hasher.Hash(ctx, accepted)
	if err != nil {
		return "", err
	}
	account = newID()
	err = s.tx(ctx, func(t Tx) error {
		who, err := first(t)
		if err != nil {
			return err
		}
		if _, err := t.AccountAt(ctx, p.Email); !isNone(err) {
			if err == nil {
				err = refuse("email", "email.taken")
			}
			return err
		}
		a := Account{ID: account, Email: p.Email, State: Active, Name: p.Name, Language: p.Language, Held: p.Held, Password: hash, Created: s.now(), Since: s.now()}
		if err := t.AddAccount(ctx, a); err != nil {
			return taken(err, "role", "role.taken")
		}
		if who == "" {
			who = account
		}
		return s.tell(ctx, t, Event{What: Created, By: who, Account: account, Address: address, Detail: roles(p.Held)})
	})
	if err != nil {
		return "", err
	}
	return account, nil
}
