package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// What a Store says of things that cannot be had.
var (
	ErrNone  = errors.New("accounts: no such row")
	ErrTaken = errors.New("accounts: another row has it") // an e-mail address, a person, a passkey
)

// Store keeps everything of this package. Storage is one.
type Store interface {
	// Tx carries f out in one transaction, and once more when it lost a race:
	// f does nothing but ask and change rows, and set what it answers.
	Tx(ctx context.Context, f func(Tx) error) error
	// Session is the living session of that hash whose account is active, and
	// the standing of that account; ErrNone for none. It is one statement.
	Session(ctx context.Context, hash []byte, now time.Time) (Session, Standing, error)
	// Alive says whether a session of that ID lives.
	Alive(ctx context.Context, id string, now time.Time) (bool, error)
	// Standing is that of an active account; ErrNone for none.
	Standing(ctx context.Context, account string, now time.Time) (Standing, error)
}

// Tx is one transaction. What is found for a change stays locked until its end.
type Tx interface {
	People
	Tokens
	Sessions
	Factors
	Counters
	Licences
	Proxies
	Letters
	Events
}

// People are the accounts. Addresses are compared by their Mailbox.
type People interface {
	AddAccount(ctx context.Context, a Account) error                        // ErrTaken for its address or person
	Account(ctx context.Context, id string) (Account, error)                // ErrNone; deleted ones are found
	AccountAt(ctx context.Context, email string) (Account, error)           // ErrNone
	ChangeAccount(ctx context.Context, a Account) error                     // ErrTaken for its address or person
	Accounts(ctx context.Context, after string, n int) ([]Account, error)   // by id, without the deleted
	Holders(ctx context.Context, role authz.Role, state State) (int, error) // how many have a role
}

// Tokens are those of letters: each works once.
type Tokens interface {
	AddToken(ctx context.Context, t Token) error
	Token(ctx context.Context, hash []byte, now time.Time) (Token, error)      // ErrNone when it is unknown, used or too old
	TakeToken(ctx context.Context, hash []byte, now time.Time) (Token, error)  // the same, and it is gone: one caller gets it
	DropTokens(ctx context.Context, account string, purposes ...Purpose) error // every purpose if none is named
	PendingTokens(ctx context.Context, account string, p Purpose, now time.Time) ([]Token, error)
}

// Sessions are the logins of browsers.
type Sessions interface {
	AddSession(ctx context.Context, s Session) error
	LockSession(ctx context.Context, hash []byte, now time.Time) (Session, error) // ErrNone when it has ended
	ChangeSession(ctx context.Context, s Session) error                           // by its ID; the hash may be another
	SessionsOf(ctx context.Context, account string, now time.Time) ([]Session, error)
	DropSession(ctx context.Context, account, id string) error      // ErrNone
	DropSessions(ctx context.Context, account, except string) error // all but the one of that ID
	DropEnded(ctx context.Context, now time.Time) error             // sessions, tokens, ceremonies and counters whose time is over
}

// Factors are second factors, recovery codes, and ceremonies of passkeys that
// have begun.
type Factors interface {
	AddFactor(ctx context.Context, f SecondFactor) error                   // ErrTaken for a passkey that is known
	FactorsOf(ctx context.Context, account string) ([]SecondFactor, error) // locked, oldest first
	FactorOf(ctx context.Context, credential []byte) (SecondFactor, error) // of a passkey; ErrNone
	ChangeFactor(ctx context.Context, f SecondFactor) error
	DropFactor(ctx context.Context, account, id string) error             // ErrNone
	StepForward(ctx context.Context, id string, step int64) (bool, error) // false when a code of that step or a later one was used

	SetRecoveryCodes(ctx context.Context, account string, hashes [][]byte) error
	TakeRecoveryCode(ctx context.Context, account string, hash []byte) (bool, error) // one caller gets it
	RecoveryCodes(ctx context.Context, account string) (int, error)

	AddCeremony(ctx context.Context, c Ceremony) error
	TakeCeremony(ctx context.Context, hash []byte, now time.Time) (Ceremony, error) // ErrNone; one caller gets it
}

// Counters are of attempts that failed. A key is a hash and tells nobody
// whose it is.
type Counters interface {
	LockCounters(ctx context.Context, keys [][]byte) ([]Counter, error) // in the order of the keys, zero for none
	SetCounters(ctx context.Context, list []Counter) error
}

// Licences are the rights to practise.
type Licences interface {
	AddLicence(ctx context.Context, l Licence) error
	Licence(ctx context.Context, id string) (Licence, error) // ErrNone
	ChangeLicence(ctx context.Context, l Licence) error
	LicencesOf(ctx context.Context, account string) ([]Licence, error)
	LicencesIn(ctx context.Context, state LicenceState, before time.Time, n int) ([]Licence, error) // that end before a day, zero for any
}

// Proxies act for patients.
type Proxies interface {
	AddProxy(ctx context.Context, p Proxy) error
	Proxy(ctx context.Context, id string) (Proxy, error) // ErrNone
	ChangeProxy(ctx context.Context, p Proxy) error
	ProxiesOf(ctx context.Context, account string) ([]Proxy, error)
	ProxiesFor(ctx context.Context, patient fhir.Key) ([]Proxy, error)
}

// Letters wait to be sent.
type Letters interface {
	AddLetter(ctx context.Context, l Letter) error
	TakeLetter(ctx context.Context, now time.Time, lease time.Duration) (Letter, error) // the next that is due; nobody else gets it before the lease is over; ErrNone
	ChangeLetter(ctx context.Context, l Letter) error
	DropLetter(ctx context.Context, id string) error
	KeptLetters(ctx context.Context, n int) ([]Letter, error) // newest first, of those that are kept because nothing sends them
}

// Events wait for the Journal.
type Events interface {
	AddEvent(ctx context.Context, e Event) error
	TakeEvents(ctx context.Context, n int) ([]Event, error) // the oldest; they are gone when the transaction is committed
}

// Records makes the record of a person: a resource that the account then is.
// It is asked when a newcomer's address is verified and may be asked again
// for the same account, when it answers with the same resource.
type Records interface {
	Open(ctx context.Context, account string, role authz.Role, p Profile) (fhir.Key, error)
}

// Mailer sends one letter. The same ID may come again when it is not known
// whether it went out; it is the same letter then.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Mail is a letter as it goes out.
type Mail struct {
	ID      string // unique, for the Message-ID
	To      string
	Subject string
	Text    string
	At      time.Time // when it was written
}
