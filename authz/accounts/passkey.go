package accounts

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ceremonyFor is how long a browser may take.
const ceremonyFor = 5 * time.Minute

// Kinds of ceremonies.
const (
	toRegister = "register"
	toLogin    = "login"  // by whomever
	toProve    = "factor" // by the person who is logged in
)

// Challenge is what a page hands to navigator.credentials. Its ID comes back
// with the answer; the page keeps it in a cookie, so that nobody can make
// another's browser end a login that they have begun.
type Challenge struct {
	ID      string
	Options json.RawMessage
}

// relyingParty is who passkeys are for: the host of the portal. Browsers have
// none for an address of numbers; nil then.
func relyingParty(base *url.URL, name string) (*webauthn.WebAuthn, error) {
	if _, err := netip.ParseAddr(base.Hostname()); err == nil {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{
		RPID:                  base.Hostname(),
		RPDisplayName:         name,
		RPOrigins:             []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationRequired,
		},
	})
}

// HasPasskeys says whether the portal has an address that browsers keep
// passkeys for.
func (s *Service) HasPasskeys() bool { return s.passkeys != nil }

// holder is an account as go-webauthn sees it.
type holder struct {
	account Account
	factors map[string]SecondFactor // by credential
	list    []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.account.ID) }
func (h *holder) WebAuthnName() string                       { return h.account.Email }
func (h *holder) WebAuthnDisplayName() string                { return h.account.Name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.list }

func (s *Service) holder(ctx context.Context, t Tx, a Account) (*holder, error) {
	h := &holder{account: a, factors: map[string]SecondFactor{}}
	all, err := t.FactorsOf(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.Kind != Passkey {
			continue
		}
		var c webauthn.Credential
		if err := s.sealer.open("passkey "+f.ID, f.Secret, &c); err != nil {
			return nil, err
		}
		h.factors[string(f.Credential)] = f
		h.list = append(h.list, c)
	}
	return h, nil
}

// begun stores what a ceremony has to remember, and makes its challenge.
func (s *Service) begun(ctx context.Context, t Tx, kind, account, session string, options any, data *webauthn.SessionData) (c Challenge, err error) {
	c.ID = random()
	if c.Options, err = json.Marshal(options); err != nil {
		return c, err
	}
	row := Ceremony{Hash: hashed(c.ID), Account: account, Session: session, Kind: kind, Expires: s.now().Add(ceremonyFor)}
	if row.Data, err = s.sealer.seal("ceremony "+kind, data); err != nil {
		return c, err
	}
	return c, t.AddCeremony(ctx, row)
}

// ended takes what was remembered. A ceremony ends once, however it ends.
func (s *Service) ended(ctx context.Context, t Tx, kind, account, session, id string) (data webauthn.SessionData, err error) {
	row, err := t.TakeCeremony(ctx, hashed(id), s.now())
	if isNone(err) || err == nil && (row.Kind != kind || row.Account != account || row.Session != session) {
		return data, refuse("", "passkey.refused")
	}
	if err != nil {
		return data, err
	}
	return data, s.sealer.open("ceremony "+kind, row.Data, &data)
}

var noPasskey = refuse("", "passkey.refused")

// BeginPasskey asks the browser to make a passkey.
func (s *Service) BeginPasskey(ctx context.Context, cookie string) (c Challenge, err error) {
	if s.passkeys == nil {
		return c, noPasskey
	}
	err = s.within(ctx, cookie, true, []Step{Enrol}, func(t Tx, session Session, a *Account) error {
		if err := s.makeRoom(ctx, t, a.ID); err != nil {
			return err
		}
		h, err := s.holder(ctx, t, *a)
		if err != nil {
			return err
		}
		options, data, err := s.passkeys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.list).CredentialDescriptors()))
		if err != nil {
			return err
		}
		c, err = s.begun(ctx, t, toRegister, a.ID, session.ID, options, data)
		return err
	})
	return c, err
}

// FinishPasskey takes the browser's answer. With the first factor of an
// account come recovery codes, which are told here only.
func (s *Service) FinishPasskey(ctx context.Context, cookie, id, name string, answer []byte, o Origin) (e Entry, codes []string, err error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil || s.passkeys == nil {
		return e, nil, noPasskey
	}
	var refused error
	err = s.within(ctx, cookie, true, []Step{Enrol}, func(t Tx, session Session, a *Account) error {
		refused = nil
		data, err := s.ended(ctx, t, toRegister, a.ID, session.ID, id)
		if err != nil {
			return err
		}
		h, err := s.holder(ctx, t, *a)
		if err != nil {
			return err
		}
		made, err := s.passkeys.CreateCredential(h, data, parsed)
		if err != nil {
			refused = noPasskey // and the ceremony is over
			return nil
		}
		f := SecondFactor{ID: newID(), Account: a.ID, Kind: Passkey, Name: factorName(name), Credential: made.ID, Confirmed: true, Created: s.now(), Used: s.now()}
		if f.Secret, err = s.sealer.seal("passkey "+f.ID, made); err != nil {
			return err
		}
		if err := t.AddFactor(ctx, f); err != nil {
			return taken(err, "", "passkey.refused")
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

// BeginPasskeyLogin asks for a passkey of whoever sits there.
func (s *Service) BeginPasskeyLogin(ctx context.Context, o Origin) (c Challenge, err error) {
	if s.passkeys == nil {
		return c, noPasskey
	}
	options, data, err := s.passkeys.BeginDiscoverableLogin()
	if err != nil {
		return c, err
	}
	err = s.Store.Tx(ctx, func(t Tx) error {
		c, err = s.begun(ctx, t, toLogin, "", "", options, data)
		return err
	})
	return c, err
}

// PasskeyLogin begins a session. A passkey with user verification is both
// something one has and something one knows or is; nothing else is asked for.
func (s *Service) PasskeyLogin(ctx context.Context, id string, answer []byte, o Origin) (e Entry, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil || s.passkeys == nil {
		return e, noPasskey
	}
	var refused error
	err = s.tx(ctx, func(t Tx) error {
		refused = nil
		data, err := s.ended(ctx, t, toLogin, "", "", id)
		if err != nil {
			return err
		}
		fail := func(account string) error {
			refused = noPasskey
			return s.tell(ctx, t, Event{What: LoggedIn, Failed: true, Account: account, Address: o.Address, Detail: string(Passkey)})
		}
		f, err := t.FactorOf(ctx, parsed.RawID)
		if isNone(err) {
			return fail("")
		}
		if err != nil {
			return err
		}
		a, err := t.Account(ctx, f.Account)
		if err != nil {
			return err
		}
		h, err := s.holder(ctx, t, a)
		if err != nil {
			return err
		}
		_, used, err := s.passkeys.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, data, parsed)
		if err != nil || used.Authenticator.CloneWarning || a.State != Active {
			return fail(a.ID)
		}
		if err := s.passkeyUsed(ctx, t, h, used); err != nil {
			return err
		}
		if e, err = s.enter(ctx, t, &a, Whole, o); err != nil {
			return err
		}
		e.Session.Factor = e.Session.Began
		if err := t.ChangeSession(ctx, e.Session); err != nil {
			return err
		}
		if err := s.trust(ctx, t, guess(a.Email), o); err != nil {
			return err
		}
		return s.tell(ctx, t, Event{What: LoggedIn, By: a.ID, Account: a.ID, Session: e.Session.ID, Address: o.Address, Detail: string(Passkey)})
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// passkeyUsed keeps the counter by which a copy of a passkey is noticed.
func (s *Service) passkeyUsed(ctx context.Context, t Tx, h *holder, used *webauthn.Credential) (err error) {
	f := h.factors[string(used.ID)]
	f.Used = s.now()
	if f.Secret, err = s.sealer.seal("passkey "+f.ID, used); err != nil {
		return err
	}
	return t.ChangeFactor(ctx, f)
}

// BeginPasskeyFactor asks for one of the person's passkeys, at the login or
// for fresh proof.
func (s *Service) BeginPasskeyFactor(ctx context.Context, cookie string) (c Challenge, err error) {
	if s.passkeys == nil {
		return c, noPasskey
	}
	err = s.within(ctx, cookie, false, []Step{Factor}, func(t Tx, session Session, a *Account) error {
		h, err := s.holder(ctx, t, *a)
		if err != nil {
			return err
		}
		if len(h.list) == 0 {
			return refuse("", "factor.unknown")
		}
		options, data, err := s.passkeys.BeginLogin(h)
		if err != nil {
			return err
		}
		c, err = s.begun(ctx, t, toProve, a.ID, session.ID, options, data)
		return err
	})
	return c, err
}

// PasskeyFactor takes the browser's answer, as Code takes a code.
func (s *Service) PasskeyFactor(ctx context.Context, cookie, id string, answer []byte, o Origin) (e Entry, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil || s.passkeys == nil {
		return e, noPasskey
	}
	var refused error
	err = s.within(ctx, cookie, false, []Step{Factor}, func(t Tx, session Session, a *Account) error {
		refused = nil
		data, err := s.ended(ctx, t, toProve, a.ID, session.ID, id)
		if err != nil {
			return err
		}
		h, err := s.holder(ctx, t, *a)
		if err != nil {
			return err
		}
		event := Event{What: FactorShown, By: a.ID, Account: a.ID, Session: session.ID, Address: o.Address, Detail: string(Passkey)}
		used, err := s.passkeys.ValidateLogin(h, data, parsed)
		if err != nil || used.Authenticator.CloneWarning {
			refused, event.Failed = noPasskey, true
			return s.tell(ctx, t, event)
		}
		if err := s.passkeyUsed(ctx, t, h, used); err != nil {
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
