package cmd

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/authz/oauth"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/r4"
)

// journal puts what happens to accounts on record.
type journal struct{ audit engine.Audit }

var _ accounts.Journal = journal{}

// deedsOfAccounts are those that the record knows by a word of its own. All
// others are changes of an account, and the name tells which.
var deedsOfAccounts = map[accounts.What]string{
	accounts.LoggedIn: "login", accounts.LoggedOut: "logout",
	accounts.FactorShown: "factor", accounts.Reauthenticated: "factor",
	accounts.FactorAdded: "credentials", accounts.FactorRemoved: "credentials",
	accounts.RecoveryRenewed: "credentials", accounts.RecoveryUsed: "credentials",
	accounts.EmailVerified: "credentials", accounts.EmailChanged: "credentials",
	accounts.PasswordChanged: "credentials", accounts.PasswordReset: "credentials",
}

// Record is called again with an event that may be known: one AuditEvent comes
// of it all the same.
func (j journal) Record(ctx context.Context, e accounts.Event) error {
	out := fhir.Event{ID: e.ID, At: e.At, Deed: "account", Name: string(e.What), Account: e.Account, Detail: e.Detail,
		Request: fhir.Request{Account: e.By, Address: e.Address}}
	if deed, ok := deedsOfAccounts[e.What]; ok {
		out.Deed = deed
	}
	if out.Deed == out.Name {
		out.Name = ""
	}
	if e.Failed {
		out.Failure = fhir.Unauthorized
	}
	return j.audit.Record(ctx, out)
}

// deedsOfApps are what apps and their tokens do, by oauth.Event.Kind.
var deedsOfApps = map[string]string{"token": "token", "refused": "token", "revoked": "token", "consent": "consent", "denied": "consent", "registered": "policy", "launch": "token"}

// app puts what happens at the authorization server on record. The token is
// not held back when that fails: everything that is done with it is recorded
// by itself.
func (j journal) app(log *slog.Logger) func(context.Context, oauth.Event) {
	return func(ctx context.Context, e oauth.Event) {
		out := fhir.Event{ID: uuid.NewString(), At: time.Now().UTC().Truncate(time.Millisecond), Deed: cmp.Or(deedsOfApps[e.Kind], "token"), Name: e.Kind, Account: e.Account,
			Actor: fhir.Actor{Client: e.Client}, Request: fhir.Request{Account: e.Account, Address: e.Address, Token: e.Token, Actor: fhir.Actor{Client: e.Client}}}
		if e.Patient != "" {
			out.Patient = fhir.Key{Type: r4.Subject, ID: e.Patient}
		}
		if e.Reason != "" {
			out.Failure, out.Detail = fhir.Unauthorized, e.Reason
		}
		if err := j.audit.Record(context.WithoutCancel(ctx), out); err != nil {
			log.ErrorContext(ctx, "an event of an app is not on record", "event", e.Kind, "error", err.Error())
		}
	}
}

// unrecorded takes events where accesses are not recorded.
type unrecorded struct{}

func (unrecorded) Record(context.Context, accounts.Event) error { return nil }
