package accounts

import (
	"context"
	"time"
)

// Journal is the audit's ear. An event begins as a row in the transaction of
// what it tells of, so that neither exists without the other; the background
// loop hands the rows over in their order, and drops them in a transaction
// that is committed when the Journal has answered without an error. After a
// crash in between they come again: the ID of an event says that it is known.
//
// That is also why the Journal is not called within the transaction: the
// audit chains what it writes, and no login waits for another one's lock.
type Journal interface {
	Record(ctx context.Context, e Event) error
}

// Event is one thing that happened to an account, or was tried.
type Event struct {
	ID      string // UUID
	At      time.Time
	What    What
	Failed  bool
	By      string // account that did it, "operator", or "" for a stranger
	Account string // account it was done to, "" if there is none
	Session string // Session.ID, "" for none
	Address string // network address
	Detail  string // a role, a reason, an id; never a secret or an address
}

// What happened.
type What string

// What can happen.
const (
	LoggedIn         What = "login"
	LoggedOut        What = "logout"
	FactorShown      What = "factor"
	FactorAdded      What = "factor-added"
	FactorRemoved    What = "factor-removed"
	RecoveryRenewed  What = "recovery-codes"
	RecoveryUsed     What = "recovery-used"
	Reauthenticated  What = "reauthentication"
	RoleSwitched     What = "role-switch"
	SessionRevoked   What = "session-revoked"
	Registered       What = "registration"
	EmailVerified    What = "email-verified"
	EmailChanged     What = "email-changed"
	PasswordChanged  What = "password-changed"
	PasswordReset    What = "password-reset"
	Unlocked         What = "unlocked"
	Invited          What = "invitation"
	InvitationTaken  What = "invitation-accepted"
	Created          What = "account-created"
	RolesChanged     What = "roles"
	AccountDisabled  What = "account-disabled"
	AccountEnabled   What = "account-enabled"
	AccountDeleted   What = "account-deleted"
	LicenceSubmitted What = "licence-submitted"
	LicenceVerified  What = "licence-verified"
	LicenceRefused   What = "licence-refused"
	LicenceSuspended What = "licence-suspended"
	LicenceExpired   What = "licence-expired"
	ProxyGranted     What = "proxy-granted"
	ProxyRevoked     What = "proxy-revoked"
)
