package fhir

import (
	"context"
	"io"
	"time"
)

// Service is the one door to clinical data. Apps, portal and plugins all come
// through it, and the gate stands inside it.
//
// Every error that a caller may be told about is an [*Error]. What is hidden
// from the caller is NotFound, never Forbidden.
type Service interface {
	// Read returns the current version, or the one named by k.Version.
	// Errors: NotFound; Gone for a deleted current version and for the
	// version that is the deletion.
	Read(ctx context.Context, k Key) (Resource, error)

	// Search answers a query in the language an outside client would use.
	Search(ctx context.Context, s Search) (Page, error)

	// History lists versions, newest first.
	History(ctx context.Context, h History) (Page, error)

	// Commit makes all changes or none. One change is a create, update,
	// patch or delete; many are a transaction (http.html#transaction), which
	// is carried out in the order DELETE, POST, PUT and PATCH, GET. Results
	// stand in the order of the changes.
	Commit(ctx context.Context, changes ...Change) ([]Result, error)

	// Operate runs a named operation. The result has a Page, a Resource or
	// Issues.
	Operate(ctx context.Context, op Operation) (Result, error)

	// OpenBinary opens the bytes of a Binary, or of the part r of them,
	// through the same gate and fence as Read. The caller closes the Blob.
	OpenBinary(ctx context.Context, k Key, r *ByteRange) (Blob, error)

	// PutBinary stores a stream as a Binary: a create if c.Key.ID is empty,
	// else an update (or create) of that id. c.JSON is ignored.
	PutBinary(ctx context.Context, c Change, meta BinaryMeta, body io.Reader) (Result, error)
}

// Search is a query as a client would write it.
type Search struct {
	Type        string // "" searches the system
	Compartment Key    // the compartment's own resource, zero for none
	Query       string // raw query string; POST bodies are appended to it with &
	Lenient     bool   // ignore unknown parameters (Prefer: handling=lenient)
}

// History is a question about versions: of an instance when ID is set, of a
// type, or of the system (http.html#history).
type History struct {
	Key   Key
	Query string // raw query string: _since _at _count and the page cursor
}

// Page is one page of matches and what was included with them, or of versions.
type Page struct {
	Match    []Resource
	Include  []Resource
	Total    *int     // nil when not asked for or not known
	Used     string   // the raw query as understood, for the self link
	Next     string   // raw query of the following page, "" at the end
	Prev     string   // raw query of the page before, "" at the start or when unknown
	First    string   // raw query of the first page
	Notes    []Issue  // what the caller should know, e.g. an ignored parameter
	Summary  string   // _summary as understood: "", true, text, data, count
	Elements []string // _elements as understood
}

// Change is one intended write or, inside a transaction, a read.
type Change struct {
	Method      Method
	Key         Key     // ID is empty for POST and for conditional changes
	Query       string  // raw criteria of a conditional PUT, PATCH or DELETE; the search of a GET
	History     bool    // a GET of Key's history
	FullURL     string  // Bundle.entry.fullUrl
	JSON        []byte  // the resource, or the patch document
	ContentType string  // of a patch: application/json-patch+json or a FHIR type
	IfMatch     string  // entity tag
	IfNoneMatch string  // entity tag or "*"
	IfNoneExist *string // raw criteria of a conditional create; nil for none
	At          string  // prefix of expressions in errors: "Bundle.entry[3]"
}

// Result is what became of a change.
type Result struct {
	Resource Resource   // the version now current (or read); zero when nothing was there
	Created  bool       // a new resource came to be, or a deleted one came back
	Changed  bool       // a version was written
	Deleted  []Resource // what a delete removed
	Page     *Page      // of a GET that searched or asked for history, or of an operation
	Begun    bool       // of an operation: what it asks for goes on after the answer
	Issues   []Issue    // of an operation: what it has to say, when that is all
}

// Operation is a named operation on the system, a type or an instance.
type Operation struct {
	Name   string // without "$"
	Method Method // GET or POST
	Key    Key
	Query  string // raw query string
	JSON   []byte // of a POST: Parameters, or the bare resource
}

// ByteRange is a part of a body: Length bytes from Start on. Length -1 means
// to the end; Start -n means the last n bytes (RFC 9110 section 14.1.2).
type ByteRange struct{ Start, Length int64 }

// Blob is an open binary. Envelope is the Binary resource as stored, with the
// position DataAt where the base64 text of the bytes belongs when the JSON
// form is wanted.
type Blob struct {
	Resource    Resource
	ContentType string
	DataAt      int   // offset in Resource.JSON between the quotes of "data"; -1 when nothing belongs there: there are no data, or they are there as they were written
	Size        int64 // of the whole
	Start       int64 // of the part that Body yields
	Length      int64 // of the part
	Body        io.ReadCloser
}

// BinaryMeta is what is known about a stream besides its bytes.
type BinaryMeta struct {
	ContentType     string
	SecurityContext string // reference, "" for none (header X-Security-Context)
}

// Clock gives the time; tests turn it.
type Clock func() time.Time
