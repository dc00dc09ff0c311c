package fhir

import (
	"errors"
	"fmt"
	"time"
)

// Code is the machine half of an error. fhir/rest maps it to an HTTP status
// and an OperationOutcome issue type in one table.
type Code string

// The codes. Where R4 has an issue type of the meaning
// (valueset-issue-type.html) the code is spelled like it.
const (
	Malformed     Code = "structure"        // not JSON, or not FHIR JSON: 400
	Invalid       Code = "invalid"          // FHIR JSON that breaks a rule of the request: 400
	Value         Code = "value"            // a parameter or element value that cannot be: 400
	Required      Code = "required"         // something mandatory is missing: 400
	CodeInvalid   Code = "code-invalid"     // a code outside its required value set: 422
	NotSupported  Code = "not-supported"    // a feature or parameter we do not have: 400
	Invariant     Code = "invariant"        // a rule between elements does not hold: 422
	Extension     Code = "extension"        // an extension that may not be, or not here: 422
	Unprocessable Code = "processing"       // understood, and refused by a rule: 422
	BusinessRule  Code = "business-rule"    // a patch test that failed, a rule of the type: 422
	NotFound      Code = "not-found"        // no such thing, or hidden: 404
	Gone          Code = "deleted"          // was there: 410
	Unauthorized  Code = "login"            // 401
	Forbidden     Code = "forbidden"        // by gate 1, never depending on data: 403
	NotAllowed    Code = "not-allowed"      // the method is not for this URL: 405
	NotAcceptable Code = "not-acceptable"   // no representation of the wanted kind: 406
	Conflict      Code = "conflict"         // lost a race, or in use: 409
	Precondition  Code = "precondition"     // If-Match, If-None-Match: 412
	MultipleMatch Code = "multiple-matches" // criteria not selective enough: 412
	TooLarge      Code = "too-long"         // 413
	MediaType     Code = "media-type"       // 415
	Unsatisfiable Code = "range"            // Range header: 416
	TooCostly     Code = "too-costly"       // over its budget: 503
	Unavailable   Code = "transient"        // try again: 503 with Retry-After
	Timeout       Code = "timeout"          // 503
	Corrupt       Code = "incomplete"       // the stored bytes are not what was stored: 500
	Internal      Code = "exception"        // 500
)

// Error is a failure the caller may be told about. Anything else that reaches
// the door is "internal" to the caller and whole in the log.
type Error struct {
	Code       Code
	Message    string        // for the person who asked; never carries clinical content
	Expression string        // FHIRPath of the offending element, or the parameter's name
	Line, Col  int           // of the offending byte in a body, 1-based; 0 if not known
	RetryAfter time.Duration // when trying again makes sense
	Issues     []Issue       // when there is more than one thing to say
	Err        error         // for the log, never for the caller
}

// Issue is one line of an OperationOutcome.
type Issue struct {
	Severity   string // fatal, error, warning, information
	Code       Code
	Message    string
	Expression string
	Line, Col  int // where in the body that was sent, 1-based; 0 if not told
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Expression != "" {
		s += " (" + e.Expression + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a message.
func Errorf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// At sets the expression and returns the error.
func (e *Error) At(expression string) *Error { e.Expression = expression; return e }

// CodeOf is the code of the first *Error in the chain, Internal if there is
// none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
