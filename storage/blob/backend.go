package blob

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"
)

// Backend keeps objects under keys. Its implementations are tested by one
// suite, blobtest.Exercise. Errors wrap one of the five below where it fits,
// and the context's own when that ended first.
type Backend interface {
	// Put stores size bytes, read from the start of body, perhaps more than
	// once and at several places at once if it is an io.ReaderAt. When Put
	// returns, nobody reads from body any more. The object appears at once
	// and whole, or not at all; one that was there is replaced.
	Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error

	// Get reads length bytes, at least one, from offset. If the object ends
	// before, so does the reader, with io.EOF; any other cause of a short
	// read is an error. A missing object is ErrNotFound.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)

	// Delete removes an object. It is no error if there is none.
	Delete(ctx context.Context, key string) error

	// Walk calls f for every object, in no particular order, until f fails.
	Walk(ctx context.Context, f func(key string, size int64, modified time.Time) error) error

	// Tidy removes what uploads that began before a time and never ended
	// have left behind.
	Tidy(ctx context.Context, before time.Time) error

	// Check says whether objects can be stored and read now.
	Check(ctx context.Context) error
}

// The ways in which storage fails.
var (
	// ErrNotFound means that there is no such object.
	ErrNotFound = errors.New("no such object")

	// ErrUnavailable means that the backend does not answer: try again.
	ErrUnavailable = errors.New("the object storage does not answer")

	// ErrCorrupt means that the stored bytes are not those that were put.
	ErrCorrupt = errors.New("the stored bytes are damaged")

	// ErrNoSpace means that there is no room for more.
	ErrNoSpace = errors.New("the object storage is full")

	// ErrDenied means that the backend refuses us: credentials, permissions.
	ErrDenied = errors.New("the object storage refuses access")
)

// failure is an error of one of the kinds above, with its cause.
type failure struct {
	kind  error
	cause error
}

func (f *failure) Error() string   { return f.kind.Error() + ": " + f.cause.Error() }
func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }

// classify gives an error of the operating system its kind.
func classify(err error) error {
	var kind error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		kind = ErrNoSpace
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EROFS):
		kind = ErrDenied
	case errors.Is(err, syscall.ENOENT):
		kind = ErrNotFound
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ESTALE):
		kind = ErrUnavailable
	case errors.Is(err, syscall.EIO): // the disk can no longer read what it wrote
		kind = ErrCorrupt
	default:
		return err
	}
	return &failure{kind, err}
}

// place is classify for errors of places that must be there: a directory that
// has vanished is a disk that is not mounted, not an object that is missing.
func place(err error) error {
	if errors.Is(err, syscall.ENOENT) {
		return &failure{ErrUnavailable, err}
	}
	return classify(err)
}

// untilDone ends reading with the context's error when the context ends.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
