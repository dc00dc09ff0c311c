package rest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/webdoctor/webdoctor/fhir"
)

// answer is what an error code means to a client.
type answer struct {
	status int
	issue  string        // a code of valueset-issue-type.html
	retry  time.Duration // the least Retry-After, 0 for none
}

// answers is the one table from code to HTTP status and issue type. Nobody
// else writes the status of a failure.
var answers = map[fhir.Code]answer{
	fhir.Malformed:     {status: 400, issue: "structure"},
	fhir.Invalid:       {status: 400, issue: "invalid"},
	fhir.Value:         {status: 400, issue: "value"},
	fhir.Required:      {status: 400, issue: "required"},
	fhir.CodeInvalid:   {status: 422, issue: "code-invalid"},
	fhir.NotSupported:  {status: 400, issue: "not-supported"},
	fhir.Invariant:     {status: 422, issue: "invariant"},
	fhir.Extension:     {status: 422, issue: "extension"},
	fhir.Unprocessable: {status: 422, issue: "processing"},
	fhir.BusinessRule:  {status: 422, issue: "business-rule"},
	fhir.NotFound:      {status: 404, issue: "not-found"},
	fhir.Gone:          {status: 410, issue: "deleted"},
	fhir.Unauthorized:  {status: 401, issue: "login"},
	fhir.Forbidden:     {status: 403, issue: "forbidden"},
	fhir.NotAllowed:    {status: 405, issue: "not-supported"},
	fhir.NotAcceptable: {status: 406, issue: "not-supported"},
	fhir.Conflict:      {status: 409, issue: "conflict"},
	fhir.Precondition:  {status: 412, issue: "conflict"},
	fhir.MultipleMatch: {status: 412, issue: "multiple-matches"},
	fhir.TooLarge:      {status: 413, issue: "too-long"},
	fhir.MediaType:     {status: 415, issue: "not-supported"},
	fhir.Unsatisfiable: {status: 416, issue: "value"},
	fhir.TooCostly:     {status: 503, issue: "too-costly"},
	fhir.Unavailable:   {status: 503, issue: "transient", retry: time.Second},
	fhir.Timeout:       {status: 503, issue: "timeout", retry: time.Second},
	fhir.Corrupt:       {status: 500, issue: "incomplete"},
	fhir.Internal:      {status: 500, issue: "exception"},
}

// answerTo looks a code up; one that is not in the table is our own fault.
func answerTo(c fhir.Code) answer {
	if a, ok := answers[c]; ok {
		return a
	}
	return answers[fhir.Internal]
}

// explain turns any error into what the caller may know of it. Errors that
// are not meant for callers become Internal, whole in the log and without
// detail here; the end of a context is Timeout or, when the client has gone,
// Unavailable.
func explain(err error) *fhir.Error {
	if e, ok := errors.AsType[*fhir.Error](err); ok {
		return e
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &fhir.Error{Code: fhir.Timeout, Message: "the request took too long and was given up", Err: err}
	case errors.Is(err, context.Canceled):
		return &fhir.Error{Code: fhir.Unavailable, Message: "the request was given up", Err: err}
	}
	return &fhir.Error{Code: fhir.Internal, Message: "internal error; the log of the server says more", Err: err}
}

// retryAfter is the value of Retry-After in seconds, "" for none.
func retryAfter(e *fhir.Error) string {
	wait := max(e.RetryAfter, answerTo(e.Code).retry)
	if wait <= 0 {
		return ""
	}
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}

// appendFailure writes the OperationOutcome of an error
// (operationoutcome.html).
func appendFailure(dst []byte, e *fhir.Error) []byte {
	if len(e.Issues) > 0 {
		return appendOutcome(dst, e.Issues...)
	}
	return appendOutcome(dst, fhir.Issue{Severity: "error", Code: e.Code, Message: e.Message, Expression: e.Expression})
}

// appendOutcome writes an OperationOutcome of at least one issue. Codes of
// our own are told by the issue type of the table, codes of the value set
// stay as they are.
func appendOutcome(dst []byte, issues ...fhir.Issue) []byte {
	dst = append(dst, `{"resourceType":"OperationOutcome","issue":[`...)
	for i, is := range issues {
		if i > 0 {
			dst = append(dst, ',')
		}
		if is.Severity == "" {
			is.Severity = "error"
		}
		code := string(is.Code)
		if a, ok := answers[is.Code]; ok {
			code = a.issue
		} else if code == "" {
			code = answers[fhir.Internal].issue
		}
		dst = append(dst, '{')
		if is.Line > 0 {
			dst = appendPlace(dst, is.Line, is.Col)
		}
		dst = append(dst, `"severity":`...)
		dst = appendString(dst, is.Severity)
		dst = append(dst, `,"code":`...)
		dst = appendString(dst, code)
		if is.Message != "" {
			if is.Line > 0 {
				dst = append(dst, `,"details":{"text":`...)
				dst = append(appendString(dst, is.Message), '}')
			}
			dst = append(dst, `,"diagnostics":`...)
			dst = appendString(dst, is.Message)
		}
		if is.Expression != "" {
			dst = append(dst, `,"expression":[`...)
			dst = appendString(dst, is.Expression)
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// appendPlace writes where in the body an issue lies, in the extensions of the
// HL7 validator.
func appendPlace(dst []byte, line, col int) []byte {
	const url = `{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-`
	dst = append(dst, `"extension":[`+url+`line","valueInteger":`...)
	dst = strconv.AppendInt(dst, int64(line), 10)
	dst = append(dst, `},`+url+`col","valueInteger":`...)
	dst = strconv.AppendInt(dst, int64(col), 10)
	return append(dst, `}],`...)
}

// outsideCodes are the failures that Fiber and fasthttp find before a handler
// runs, as codes of ours. The status stays theirs where it says more than the
// table does.
var outsideCodes = map[int]fhir.Code{
	fiber.StatusNotFound:                    fhir.NotFound,
	fiber.StatusMethodNotAllowed:            fhir.NotAllowed,
	fiber.StatusRequestEntityTooLarge:       fhir.TooLarge,
	fiber.StatusRequestHeaderFieldsTooLarge: fhir.TooLarge,
	fiber.StatusRequestURITooLong:           fhir.TooLarge,
	fiber.StatusRequestTimeout:              fhir.Timeout,
	fiber.StatusUnsupportedMediaType:        fhir.MediaType,
	fiber.StatusServiceUnavailable:          fhir.Unavailable,
}

// errorHandler answers what goes wrong outside the handlers of this package:
// requests that cannot be parsed, and paths that nobody serves. It says what
// is wrong and never quotes the request.
func errorHandler(c *fiber.Ctx, err error) error {
	e := &fhir.Error{Code: fhir.Internal, Message: "internal error"}
	status := 0
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		status = f.Code
		code, known := outsideCodes[f.Code]
		switch {
		case known:
			e.Code = code
		case f.Code < 500:
			e.Code = fhir.Invalid
		}
		switch f.Code {
		case fiber.StatusRequestHeaderFieldsTooLarge:
			e.Message = "the URL and the headers are too long; send a long search with POST to _search"
		case fiber.StatusBadRequest:
			e.Message = "the HTTP request cannot be read"
		case fiber.StatusNotFound:
			e.Message = "nothing is served at this URL"
		default:
			e.Message = fiber.NewError(f.Code).Message
		}
	} else if o, ok := errors.AsType[*fhir.Error](err); ok {
		e = o
	}
	if status == 0 {
		status = answerTo(e.Code).status
	}
	(&web{ctx: c.Context()}).drain()
	refuse(c.Context(), e, status)
	return nil
}

// refuse answers outside of an exchange.
func refuse(ctx *fasthttp.RequestCtx, e *fhir.Error, status int) {
	h := &ctx.Response.Header
	h.SetContentType(format{}.contentType())
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderCacheControl, "no-store")
	if s := retryAfter(e); s != "" {
		h.Set(fiber.HeaderRetryAfter, s)
	}
	ctx.SetStatusCode(status)
	ctx.Response.SetBodyRaw(appendFailure(nil, e))
}
