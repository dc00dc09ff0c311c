package accounts

import (
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// Purpose is what the token of a letter is good for.
type Purpose string

// The purposes.
const (
	ForVerify Purpose = "verify" // the address of a newcomer
	ForEmail  Purpose = "email"  // a new address
	ForReset  Purpose = "reset"  // a new password
	ForInvite Purpose = "invite"
	ForUnlock Purpose = "unlock"  // more attempts from one place
	ForFirst  Purpose = "first"   // the first administrator
	forFactor Purpose = "factors" // no letter: an administrator proposed to forget the factors of somebody
)

// Token is what is known of a token of a letter: not the token.
type Token struct {
	Hash    []byte // SHA-256
	Purpose Purpose
	Account string // "" for none
	Email   string // the address it was sent to
	By      string // who caused it, for invitations
	Data    string // what else the purpose needs
	Created time.Time
	Expires time.Time
}

// SecondFactor is something that a person has.
type SecondFactor struct {
	ID         string
	Account    string
	Kind       FactorKind
	Name       string // given by the person
	Secret     []byte // sealed
	Credential []byte // id of a passkey, nil for none
	Confirmed  bool   // was shown once
	Created    time.Time
	Used       time.Time // zero for never
}

// FactorKind says what kind of thing it is.
type FactorKind string

// The kinds.
const (
	TOTP    FactorKind = "totp"
	Passkey FactorKind = "passkey"
)

// Ceremony is one that a passkey has begun.
type Ceremony struct {
	Hash    []byte // SHA-256 of its name
	Account string // "" when it is not known who will log in
	Session string // ID of the session, "" for none
	Kind    string // login, factor or register
	Data    []byte // sealed
	Expires time.Time
}

// Counter of attempts.
type Counter struct {
	Key   []byte
	Count int
	Begun time.Time // of the window that Count is of
	Until time.Time // no further attempt before, zero for none
}

// LicenceState is where a licence stands.
type LicenceState string

// The states of a licence. Submitted leads to Verified or Refused, Verified
// to Suspended and back, and to Expired.
const (
	Submitted LicenceState = "submitted"
	Verified  LicenceState = "verified"
	Refused   LicenceState = "refused"
	Suspended LicenceState = "suspended"
	Expired   LicenceState = "expired"
)

// Licence is one right to practise, and who made sure of it.
type Licence struct {
	ID       string
	Account  string
	Number   string
	Issuer   string    // who issued it
	Region   string    // where it holds
	Expires  time.Time // the last day is the one before
	State    LicenceState
	Sent     time.Time // by the practitioner
	Evidence string    // what the reviewer looked at
	Reason   string    // of a refusal or suspension
	Reviewer string    // account, or "operator"
	Reviewed time.Time
	Notified int // days before its end of the last notice, 0 for none
}

// Proxy is the right of an account to act for a patient.
type Proxy struct {
	ID      string
	Account string
	authz.Proxy
	By      string // who granted it
	Granted time.Time
	Revoked time.Time // zero for not
}

// Rights are those that a proxy can have.
var Rights = []string{"read", "book", "write", "share", "audit"}

// Letter is one to be sent.
type Letter struct {
	ID       string
	Kind     LetterKind
	Account  string // "" when it is not known whose the address is
	Sealed   []byte // address and words
	Created  time.Time
	Due      time.Time
	Attempts int
	State    LetterState
}

// LetterKind says what a letter is about. The kinds that begin with "ask-"
// are no letters yet: whether there is an account, and so what the letter
// says, is found out by the loop.
type LetterKind string

// The kinds.
const (
	askRegister LetterKind = "ask-register"
	askReset    LetterKind = "ask-reset"
	askEmail    LetterKind = "ask-email"
	askUnlock   LetterKind = "ask-unlock"

	VerifyLetter  LetterKind = "verify"
	KnownLetter   LetterKind = "known" // somebody registered with the address of an account
	ResetLetter   LetterKind = "reset"
	EmailLetter   LetterKind = "email"
	UnlockLetter  LetterKind = "unlock"
	InviteLetter  LetterKind = "invite"
	NoticeLetter  LetterKind = "notice"  // something changed that the person should know of
	LicenceLetter LetterKind = "licence" // a licence ends soon, or changed
)

// LetterState is how far a letter has come.
type LetterState string

// The states of a letter. One that was sent is dropped.
const (
	Queued LetterState = "queued"
	Kept   LetterState = "kept"   // nothing sends letters here; people read them on the server
	Failed LetterState = "failed" // given up
)

// self of a role, the zero Key if there is none.
func (a *Account) self(role authz.Role) fhir.Key {
	for _, h := range a.Held {
		if h.Role == role {
			return h.Self
		}
	}
	return fhir.Key{}
}
