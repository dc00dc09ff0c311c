package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/minio/minio-go/v7"
)

// s3Failure gives an error of an operation its kind. It is the one place that
// knows what services answer.
func s3Failure(ctx, op context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(context.Cause(op), errSilent):
		return &failure{ErrUnavailable, errSilent}
	}
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return &failure{ErrUnavailable, err} // the network's
	}
	// The message is the service's own and may quote the key, which is a
	// hash; the request it may quote carries no credentials.
	err = fmt.Errorf("s3 answers %s (status %d): %w", answer.Code, answer.StatusCode, err)
	switch answer.Code {
	case minio.NoSuchKey, minio.NoSuchBucket, minio.NoSuchUpload:
		return &failure{ErrNotFound, err} // and no other 404: a service may miss the account
	case "XAdminUserNotFound":
		return &failure{ErrDenied, err}
	case "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "NoSpaceLeft":
		return &failure{ErrNoSpace, err}
	case "XAmzContentSHA256Mismatch", "BadDigest", "IncompleteBody":
		return &failure{ErrUnavailable, err} // damaged on the way: try again
	case "SlowDown", "SlowDownRead", "SlowDownWrite", "RequestTimeout", "InternalError", "ServiceUnavailable":
		return &failure{ErrUnavailable, err}
	}
	switch {
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return &failure{ErrDenied, err}
	case answer.StatusCode == http.StatusInsufficientStorage:
		return &failure{ErrNoSpace, err}
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode >= 500:
		return &failure{ErrUnavailable, err}
	}
	return err
}

// answered says whether the service answered with one of the codes.
func answered(err error, codes ...string) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && slices.Contains(codes, answer.Code)
}

// gate lets an upload read from a body until it is closed. The client's
// workers may outlive a failed upload, and the body's owner may by then have
// closed or reused it.
type gate struct {
	mu     sync.RWMutex
	closed bool

	seek sync.Mutex // a body without ReadAt is read at one place at a time
	body io.ReadSeeker
}

func (g *gate) ReadAt(b []byte, offset int64) (int, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return 0, errOver
	}
	if at, ok := g.body.(io.ReaderAt); ok {
		return at.ReadAt(b, offset)
	}
	g.seek.Lock()
	defer g.seek.Unlock()
	if _, err := g.body.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	return full(g.body, b)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
