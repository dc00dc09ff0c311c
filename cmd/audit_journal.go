package cmd

import (
	"context"

	"github.com/webdoctor/webdoctor/authz/accounts"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
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
