package accounts

import (
	"slices"
	"time"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
)

// State of an account. Only Active opens anything.
type State string

// The states.
const (
	Pending  State = "pending" // the e-mail address has not been shown to be theirs
	Active   State = "active"
	Disabled State = "disabled" // by an administrator
	Deleted  State = "deleted"  // kept as a name in the audit; address, secrets and sessions are gone
)

// Account is one person who can log in.
type Account struct {
	ID       string
	Email    string // as the person writes it, "" when deleted
	State    State
	Name     string // for letters and lists of accounts
	Language string // BCP 47, of pages and letters
	Held     []Held
	Password string    // PHC string, "" for none
	Created  time.Time // UTC, as every time here
	Since    time.Time // what was issued to the account before counts for nothing: moved by a new password, by Disable and by Delete
	Profile  []byte    // sealed: what a newcomer said of themselves, until their record is made
}

// Held is a role that an account has and the resource that is the person in
// that role, its fhirUser: a role without a resource has none.
type Held struct {
	Role authz.Role
	Self fhir.Key
}

// Has says whether the account has the role.
func (a *Account) Has(role authz.Role) bool {
	return slices.ContainsFunc(a.Held, func(h Held) bool { return h.Role == role })
}

// grave says whether somebody with one of these roles can do so much harm that a
// password is not enough, and that they are forgotten sooner at an unattended
// screen.
func grave(held []Held) bool {
	return slices.ContainsFunc(held, func(h Held) bool {
		return h.Role == authz.Practitioner || h.Role == authz.Administrator
	})
}

// clinical says whether one of the roles works for the clinic.
func clinical(held []Held) bool {
	return slices.ContainsFunc(held, func(h Held) bool { return h.Role != authz.Patient })
}

// Standing is what an account is at this moment, as every request asks.
type Standing struct {
	Account string
	Held    []Held
	Proxies []authz.Proxy
	Licence authz.Licence
	Since   time.Time // see Account.Since
}

// Profile is what a newcomer says of themselves. It is kept sealed and only
// until Records has made a record of it.
type Profile struct {
	Given, Family string
	Birth         string // FHIR date, "" if not told
	Gender        string // FHIR code, "" if not told
}

// Origin is where a request comes from.
type Origin struct {
	Address string // network address, without port
	Agent   string // what the browser says it is
}

// Step is what a session still lacks.
type Step string

// The steps.
const (
	Whole  Step = ""       // nothing
	Factor Step = "factor" // the second factor has to be shown
	Enrol  Step = "enrol"  // a second factor has to be set up
)

// Session is one login of one browser.
type Session struct {
	ID      string // for lists and for revoking; opens nothing
	Hash    []byte // SHA-256 of the cookie's value
	Account string
	Role    authz.Role // the one that is acted in, "" for all that the account has
	Next    Step
	Began   time.Time     // of the login, kept when the value is changed
	Seen    time.Time     // to the minute
	Until   time.Time     // when it ends whatever happens
	Idle    time.Duration // after which it ends when nothing happens
	Factor  time.Time     // when a second factor was last shown, zero for never
	Fresh   time.Time     // when the person last proved who they are, by whatever means
	Origin  Origin
}

// FreshFor is how long proof of who one is counts for what must not be done
// by whoever finds a screen unlocked.
const FreshFor = 10 * time.Minute

// IsFresh says whether the person has just proved who they are. Export,
// change of factors and of the password, break-the-glass and prescribing ask.
func (s *Session) IsFresh(now time.Time) bool { return now.Sub(s.Fresh) < FreshFor }
