package fhir

import (
	"context"
	"time"
)

// Event is one thing that is on record: who did what, to whose record, and how
// it ended. It names things by their ids and says nothing of what is in them;
// only Query is in the caller's own words. An AuditEvent is made of it.
type Event struct {
	ID      string    // of the AuditEvent, a UUID
	At      time.Time // millisecond precision
	Deed    string    // what was done: an interaction of FHIR by its code ("read", "search-type"), or a word for what is none ("login")
	Name    string    // of an operation, without the $; what kind of a deed that has kinds
	Failure Code      // why it was refused or failed, "" when it was done
	Actor   Actor
	Request Request
	Type    string   // of the resources that were asked for
	Patient Key      // whose record it was, zero when it was nobody's
	Entity  Key      // what it was done to, with the version if one is meant
	Account string   // id of the account it was done to, of what is about accounts
	Detail  string   // a role, a reason by its code, an id
	Query   string   // raw, of a search
	Reasons []string // by which the gate opened: names of policies, of a break of the glass
}

// Request is what is known of a request besides what it asks for. Its door
// puts it into the context.
type Request struct {
	ID      string // X-Request-Id
	Address string // network address it came from
	Account string // id of the account, "" for applications alone and for strangers
	Actor   Actor  // who the door thinks it is; what the gate says in a Grant counts more
	Token   string // what may be told of the access token
	Purpose string // a code of v3-PurposeOfUse
}

type requestKey struct{}

// WithRequest returns a context that carries what is known of a request. The
// door and those behind it may go on filling it in until it is answered.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf is what is known of the request of a context, nil for none.
func RequestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}
