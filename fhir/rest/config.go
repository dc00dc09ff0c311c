package rest

import (
	"context"
	"log/slog"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
)

// Config is what Mount needs besides the service. Spec and Params are
// mandatory; the zero value of everything else is a sensible server.
type Config struct {
	// Base is the absolute URL under which clients reach the router, without
	// a slash at the end. When it is empty it is taken from each request's
	// Host, which is right for one machine and wrong behind most proxies.
	Base string

	Spec       *spec.Definitions
	Params     *search.Registry
	Operations []Operation // what Service.Operate answers
	Expansion  []string    // the parameters of ValueSet/$expand; nil: there is no terminology service
	Software   Software
	Policy     Policy
	Limits     Limits

	// Origins may read responses from scripts of other sites (CORS): exact
	// origins, or "*" alone for any. Nobody by default.
	Origins []string

	// Origin is asked about origins that are not listed; nil for none.
	Origin func(ctx context.Context, origin string) bool

	Now    fhir.Clock   // nil for time.Now
	Log    *slog.Logger // nil for silence
	Served func(Served) // called after each request, for metrics; nil for none
}

// Operation is an operation that Service.Operate answers.
type Operation struct {
	Name       string // without the $
	Definition string // canonical URL of its OperationDefinition

	System, Type, Instance bool     // levels
	Resources              []string // resource types of the Type and Instance levels; empty for all
}

// Software names the programme in the CapabilityStatement.
type Software struct {
	Name, Version string
	Released      time.Time // zero when not known
}

// Policy is what the engine does where the specification leaves a choice, as
// the CapabilityStatement must tell it.
type Policy struct {
	SingleDelete bool // a conditional delete refuses more than one match
	Enforced     bool // references must resolve when they are written
}

// Limits bound what one request may cost. Zero means the default.
type Limits struct {
	Body     int64         // bytes of a body other than raw Binary content, after inflating; 64 MiB
	Binary   int64         // bytes of raw Binary content; 2 GiB
	Form     int64         // bytes of a search form; 1 MiB
	Entries  int           // entries of a batch or transaction; 10,000
	Answer   int64         // bytes of a batch response, beyond which the remaining entries are refused; 256 MiB
	Deadline time.Duration // of everything but the transfer of raw Binary content; 60 s
}

func (l Limits) withDefaults() Limits {
	set(&l.Body, 64<<20)
	set(&l.Binary, 2<<30)
	set(&l.Form, 1<<20)
	set(&l.Entries, 10_000)
	set(&l.Answer, 256<<20)
	set(&l.Deadline, 60*time.Second)
	return l
}

func set[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}
