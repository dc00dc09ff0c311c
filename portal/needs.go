package portal

import (
	"context"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/authz/accounts"
)

// Accounts is what the pages ask of accounts.Service.
type Accounts interface {
	Entrances
	Letters
	Keyring
	Management
	Licences
}

var _ Accounts = (*accounts.Service)(nil)

// Entrances are the ways in and out.
type Entrances interface {
	Login(ctx context.Context, email, password string, o accounts.Origin) (accounts.Entry, error)
	BeginPasskeyLogin(ctx context.Context, o accounts.Origin) (accounts.Challenge, error)
	PasskeyLogin(ctx context.Context, id string, answer []byte, o accounts.Origin) (accounts.Entry, error)
	Code(ctx context.Context, cookie, code string, o accounts.Origin) (accounts.Entry, error)
	BeginPasskeyFactor(ctx context.Context, cookie string) (accounts.Challenge, error)
	PasskeyFactor(ctx context.Context, cookie, id string, answer []byte, o accounts.Origin) (accounts.Entry, error)
	Reauthenticate(ctx context.Context, cookie, password string, o accounts.Origin) (accounts.Entry, error)
	Session(ctx context.Context, cookie string, o accounts.Origin) (accounts.Session, authz.Principal, error)
	Logout(ctx context.Context, cookie string, o accounts.Origin) error
	HasPasskeys() bool
}

// Letters are what begins with a letter or ends with one.
type Letters interface {
	Register(ctx context.Context, n accounts.Newcomer, o accounts.Origin) error
	ForgotPassword(ctx context.Context, email string, o accounts.Origin) error
	Peek(ctx context.Context, purpose accounts.Purpose, token string) (accounts.Token, error)
	Verify(ctx context.Context, token, password string, o accounts.Origin) error
	Reset(ctx context.Context, token, password string, o accounts.Origin) error
	Accept(ctx context.Context, token, password string, o accounts.Origin) error
	Unlock(ctx context.Context, token string, o accounts.Origin) error
	First(ctx context.Context, token string, p accounts.Person, password string, o accounts.Origin) error
	ChangeEmail(ctx context.Context, cookie, email string, o accounts.Origin) error
	ConfirmEmail(ctx context.Context, token string, o accounts.Origin) error
	Outbox(ctx context.Context, n int) ([]accounts.Mail, error)
}

// Keyring is how people prove who they are, and where they have done so.
type Keyring interface {
	Me(ctx context.Context, cookie string) (accounts.Account, error)
	SetLanguage(ctx context.Context, cookie, language string) error
	Factors(ctx context.Context, cookie string) (list []accounts.SecondFactor, codes int, err error)
	BeginTOTP(ctx context.Context, cookie string) (accounts.Enrolment, error)
	ConfirmTOTP(ctx context.Context, cookie, id, code, name string, o accounts.Origin) (accounts.Entry, []string, error)
	BeginPasskey(ctx context.Context, cookie string) (accounts.Challenge, error)
	FinishPasskey(ctx context.Context, cookie, id, name string, answer []byte, o accounts.Origin) (accounts.Entry, []string, error)
	RenewRecoveryCodes(ctx context.Context, cookie string, o accounts.Origin) ([]string, error)
	RemoveFactor(ctx context.Context, cookie, id string, o accounts.Origin) error
	ChangePassword(ctx context.Context, cookie, old, password string, o accounts.Origin) (accounts.Entry, error)
	Sessions(ctx context.Context, cookie string) ([]accounts.Session, error)
	RevokeSession(ctx context.Context, cookie, id string, o accounts.Origin) error
}

// Management is what administrators do to accounts. Each method looks at who
// asks.
type Management interface {
	List(ctx context.Context, by authz.Principal, after string, n int) ([]accounts.Account, error)
	Find(ctx context.Context, by authz.Principal, email string) (accounts.Account, error)
	Get(ctx context.Context, by authz.Principal, account string) (accounts.Account, error)
	Invite(ctx context.Context, by authz.Principal, p accounts.Person) (account, link string, err error)
	SetRoles(ctx context.Context, by authz.Principal, account string, held []accounts.Held) error
	Disable(ctx context.Context, by authz.Principal, account, reason string) error
	Enable(ctx context.Context, by authz.Principal, account string) error
	ForgetFactors(ctx context.Context, by authz.Principal, account string) (done bool, err error)
}

// Licences are those of practitioners, and what administrators say of them.
type Licences interface {
	SubmitLicence(ctx context.Context, by authz.Principal, l accounts.Licence) (id string, err error)
	Licences(ctx context.Context, by authz.Principal, account string) ([]accounts.Licence, error)
	LicencesIn(ctx context.Context, by authz.Principal, state accounts.LicenceState) ([]accounts.Licence, error)
	LicenceByID(ctx context.Context, by authz.Principal, id string) (accounts.Licence, error)
	VerifyLicence(ctx context.Context, by authz.Principal, id, evidence string) error
	RefuseLicence(ctx context.Context, by authz.Principal, id, reason string) error
	SuspendLicence(ctx context.Context, by authz.Principal, id, reason string) error
}

// Apps is what the pages ask of the authorization server.
type Apps interface {
	// Pending is a request that the person is to answer. The errors are those
	// of oauth.Server.Next.
	Pending(ctx context.Context, id string, who Signed) (Pending, error)

	// Target is the origin that a request leads to in the end, "" for one that
	// is not there. The page on which somebody signs in needs to know it.
	Target(ctx context.Context, id string) string

	// Continue is where the browser goes when a person has answered.
	Continue(id string) string

	ChoosePatient(ctx context.Context, id string, who Signed, patient string) error

	// Decide agrees to some scopes, or to none and so to nothing.
	Decide(ctx context.Context, id string, who Signed, scopes []string) error

	// Granted are the apps that an account has let in, the newest first.
	Granted(ctx context.Context, account string) ([]Granted, error)
	Withdraw(ctx context.Context, account, client string) error

	// Clients are the registered apps; the caller is an administrator.
	Clients(ctx context.Context) ([]Client, error)
	SetState(ctx context.Context, client, state string) error
}

// Signed is the session in which a person answers.
type Signed struct {
	Account, Session string
	At               time.Time // when they last proved who they are
}

// What a request waits for.
const (
	StepPatient = "patient"
	StepConsent = "consent"
)

// Pending is a request of an app.
type Pending struct {
	Step    string // StepPatient, StepConsent, or something that no page asks
	App     string
	Site    string
	Patient string   // id of the patient it is about, "" for none
	Own     []string // ids of the patients that may be chosen without a search
	Asked   []string // scopes that may be granted
}

// Granted is an app that a person has let in.
type Granted struct {
	Client, Name string
	Scopes       []string
	Since, Until time.Time
	Offline      bool
}

// Client is a registered app.
type Client struct {
	ID, Name, Site string
	State          string // draft, active, disabled
	Method         string // how it proves itself, as RFC 7591 calls it
	Redirects      []string
	Scopes         string
	Created        time.Time
}
