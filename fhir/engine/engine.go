package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// Engine implements fhir.Service. All fields up to Gate must be set.
type Engine struct {
	Spec    *spec.Definitions
	Params  *search.Registry
	Store   Store
	Objects Objects
	Gate    Gate

	Audit   Audit   // of Audited, and of what is written; nil: nothing is on record
	Subject Subject // whose record counts for it
	Lax     bool    // what cannot be recorded is answered all the same, unless it is a change

	Index      Index       // nil: search parameters are those of R4
	Relating   *Relating   // nil: what is written makes no care relations and withholds nothing
	Operations []Operation // besides the engine's own, see operation.go

	Validator  *validate.Validator                  // of $validate, and of what is written; nil: there is neither
	Validation Validation                           // how much of what is valid is asked of what is written
	Codes      func(context.Context) validate.Terms // value sets beyond R4's own; nil: those are not known
	Required   Required                             // profiles that are asked of what is written, unless Validation is Off
	Unknown    bool                                 // $validate takes a profile that is claimed and not stored for an error
	References bool                                 // what is written may point only at resources that are there

	Terms       func(context.Context, fhir.Service) search.Terms // what a caller's searches may ask about codes; nil: what R4 enumerates
	Terminology Changes                                          // nil: nothing is said of changes

	Pages *search.Pages // makes the links of pages opaque; nil: they are in the clear

	Now      fhir.Clock    // nil: the system's clock
	NewID    func() string // nil: UUIDv7, random and in the order of time
	Attempts int           // how often a change is tried when others come first; 0: 8
	Log      *slog.Logger

	people people
}

var _ fhir.Service = (*Engine)(nil)

// now has the precision of what is stored.
func (e *Engine) now() time.Time {
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}

func (e *Engine) newID() string {
	if e.NewID != nil {
		return e.NewID()
	}
	return uuid.Must(uuid.NewV7()).String()
}

// known checks the names in a key against the definitions.
func (e *Engine) known(k fhir.Key) error {
	if !e.Spec.IsResource(k.Type) {
		return fhir.Errorf(fhir.NotFound, "FHIR R4 has no resource type of that name")
	}
	if k.ID != "" && !fhir.ValidID(k.ID) {
		return fhir.Errorf(fhir.Invalid, "an id has 1 to 64 letters, digits, '-' and '.'").At(k.Type + ".id")
	}
	return nil
}
