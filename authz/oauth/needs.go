package oauth

import (
	"context"
	"time"

	"github.com/webdoctor/webdoctor/authz"
)

// Store keeps what the room needs to remember. Every server of the database
// sees the same. A row that is not there is an error of code fhir.NotFound.
type Store interface {
	Clients
	Tokens
	Authorizations
	Keys
}

// Clients keeps the applications.
type Clients interface {
	Client(ctx context.Context, id string) (Client, error)
	Clients(ctx context.Context) ([]Client, error)

	// PutClient stores a new client or replaces an old one.
	PutClient(ctx context.Context, c Client) error

	// Origin says whether an active client has web pages of that origin.
	Origin(ctx context.Context, origin string) (bool, error)

	// Assertion writes down that a client has used an assertion, and says
	// false when it had been used before: of two at once one wins.
	Assertion(ctx context.Context, client, jti string, until time.Time) (first bool, err error)
}

// Tokens keeps codes and tokens. Begin opens a transaction that the context
// carries from then on into all methods.
type Tokens interface {
	Begin(ctx context.Context) (context.Context, error)
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error

	PutToken(ctx context.Context, t Token) error

	// Token finds a token that may have been spent. One whose client is not
	// active is not found.
	Token(ctx context.Context, kind Kind, signature string) (Token, error)

	// Spend makes a token inactive and says false when it was inactive
	// already: of two at once one wins.
	Spend(ctx context.Context, kind Kind, signature string) (first bool, err error)

	// Revoke makes the tokens of a family inactive, of the kinds that are
	// named or of all.
	Revoke(ctx context.Context, family string, kinds ...Kind) error

	// RevokeAccount makes all tokens of an account inactive that a client has,
	// or all of them when the client is "".
	RevokeAccount(ctx context.Context, account, client string) error

	// Apps are the clients that hold an active refresh or access token of
	// the account, the newest first.
	Apps(ctx context.Context, account string) ([]App, error)
}

// Authorizations keeps requests that people are answering, and launches.
type Authorizations interface {
	PutAuthorization(ctx context.Context, a Authorization) error
	Authorization(ctx context.Context, id string) (Authorization, error)

	// UpdateAuthorization changes a row that nobody else changes meanwhile.
	// An error of the function leaves it as it was.
	UpdateAuthorization(ctx context.Context, id string, change func(*Authorization) error) error

	// PutLaunch keeps a launch of a client until l.Expires.
	PutLaunch(ctx context.Context, id, client string, l Launch) error

	// TakeLaunch returns a launch of the client that has not expired, once.
	TakeLaunch(ctx context.Context, id, client string) (Launch, error)
}

// Keys keeps the keys that sign identity tokens.
type Keys interface {
	Keys(ctx context.Context) ([]Key, error)

	// ChangeKeys replaces all keys by what the function makes of them. No
	// other server does so meanwhile.
	ChangeKeys(ctx context.Context, change func([]Key) ([]Key, error)) error

	// SweepOAuth deletes what has expired and says how many rows that were.
	SweepOAuth(ctx context.Context) (int64, error)
}

// People answers for accounts.
type People interface {
	// Vouch is the account as it is now, for a token that the person agreed
	// to at a time, zero for now. The error is fhir.NotFound or
	// fhir.Unauthorized for an account that is gone, locked or disabled, and
	// for a token from before the password was changed.
	Vouch(ctx context.Context, account string, agreed time.Time) (authz.Principal, error)

	// Signed is the session of the portal that a cookie stands for, the zero
	// value for none.
	Signed(ctx context.Context, cookie string) (Signed, error)

	// Alive says whether a session of the portal has not ended.
	Alive(ctx context.Context, session string) (bool, error)
}

// Patients answers whose record somebody may open to an app.
type Patients interface {
	// Own are the ids of the patients that the principal is, or acts for.
	Own(ctx context.Context, p authz.Principal) ([]string, error)

	// Reaches says whether the principal may read the record of a patient.
	// A patient who does not exist is out of reach.
	Reaches(ctx context.Context, p authz.Principal, patient string) (bool, error)
}

// Signed is a session of the portal. The zero value is nobody.
type Signed struct {
	Account string
	Session string
	At      time.Time // when the person showed who they are
	Factor  time.Time // when they last showed a second factor, zero for never
}

// Event is something the audit should know. It names nobody but by id.
type Event struct {
	Kind    string // token, refused, revoked, consent, denied, registered, launch
	Client  string
	Account string
	Patient string // launch context
	Scopes  string
	Token   string // the end of the signature, as audit records may carry it
	Reason  string // the OAuth error
	Address string
}
