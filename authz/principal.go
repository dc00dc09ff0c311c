package authz

import (
	"context"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Role is what an account is in the clinic. An account can have several.
type Role string

// The roles.
const (
	Patient       Role = "patient"
	Practitioner  Role = "practitioner"
	Staff         Role = "staff" // front desk and nurses
	Administrator Role = "administrator"
)

// Licence is the state of a practitioner's right to practise. Only Verified
// opens anything.
type Licence string

// The states of a licence.
const (
	Submitted Licence = "submitted"
	Verified  Licence = "verified"
	Suspended Licence = "suspended"
	Expired   Licence = "expired"
)

// Principal is who makes a request: what a session, an access token or the
// server itself vouches for. It is read anew for every request, so that a
// change takes effect on the next one. The zero Principal is a stranger.
type Principal struct {
	Account string     // id of the account, "" for backend clients, plugins and strangers
	Roles   []Role     // of the account
	Self    []fhir.Key // the fhirUser of each role: Patient/7, Practitioner/3, RelatedPerson/2
	Proxies []Proxy    // for whom the account may act
	Licence Licence    // of the practitioner
	Factor  time.Time  // when a second factor was last shown, zero for never

	Session string // id of the session of the portal, "" for access tokens
	Client  string // OAuth client_id, "" for the portal
	Token   string // what the audit may say of the access token
	Scopes  Scopes
	Patient string // launch context: id of the patient, "" for none
	Plugin  string // name of the plugin, "" for none

	Cohort []fhir.Key // of a backend client: the organizations whose patients it may see
	Whole  bool       // of a backend client: it may see every patient

	Operator bool   // the owner of the machine, by a command beside the data
	Address  string // network address the request came from
	Purpose  string // purpose of use, a code of v3-PurposeOfUse
}

// Proxy is the right to act for a patient.
type Proxy struct {
	Patient fhir.Key // for whom
	Related fhir.Key // the RelatedPerson who acts
	Rights  []string // read, book, write, share, audit
	Until   time.Time
}

type principalKey struct{}

// With returns a context that carries the principal.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From is the principal of a context, a stranger when there is none.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
