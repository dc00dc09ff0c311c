package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/storage/blob"
)

// Objects keeps bytes outside the database and remembers them in it.
type Objects struct {
	db    *DB
	blobs *blob.Store
}

var _ engine.Objects = (*Objects)(nil)

// NewObjects returns the objects of db, whose bytes are in blobs.
func NewObjects(db *DB, blobs *blob.Store) *Objects { return &Objects{db: db, blobs: blobs} }

// Put stores the bytes first and the row second, so that a row never mentions
// bytes that were not there. What is left over when the second half fails is
// taken by Sweep.
func (o *Objects) Put(ctx context.Context, r io.Reader) (engine.Object, error) {
	ref, err := o.blobs.Put(ctx, r)
	if err != nil {
		return engine.Object{}, objectFailure(err)
	}
	chunks := make([]byte, 0, 32*len(ref.Chunks))
	for _, c := range ref.Chunks {
		chunks = append(chunks, c[:]...)
	}
	_, err = o.db.pool.Exec(ctx, `INSERT INTO object (sha256, size, chunks) VALUES ($1, $2, $3)
  ON CONFLICT (sha256) DO UPDATE SET created = now()`, ref.SHA256[:], ref.Size, chunks)
	if err != nil {
		return engine.Object{}, fmt.Errorf("remember an object: %w", failure(err))
	}
	return engine.Object(ref), nil
}

// Open yields checked bytes. An object that a version mentions and that is
// missing or damaged is an alarm, never a short body.
func (o *Objects) Open(ctx context.Context, object engine.Object, offset, length int64) (io.ReadCloser, error) {
	body, err := o.blobs.Open(ctx, blob.Ref(object), offset, length)
	if err != nil {
		if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrCorrupt) {
			o.alarm(object, err)
		}
		return nil, objectFailure(err)
	}
	return &watched{ReadCloser: body, alarm: func(err error) { o.alarm(object, err) }}, nil
}

func (o *Objects) alarm(object engine.Object, err error) {
	o.db.log.Error("object is not what was stored", "sha256", fmt.Sprintf("%x", object.SHA256), "size", object.Size, "err", err)
}

// watched raises the alarm for damage that shows in the middle.
type watched struct {
	io.ReadCloser
	alarm func(error)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && errors.Is(err, blob.ErrCorrupt) {
		w.alarm(err)
	}
	return n, err
}

// objectFailure says what the caller may know of a failure of the objects.
func objectFailure(err error) error {
	if _, ok := errors.AsType[*fhir.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrCorrupt):
		return &fhir.Error{Code: fhir.Corrupt, Message: "the bytes of this resource are damaged or missing", Err: err}
	case errors.Is(err, blob.ErrNoSpace):
		return &fhir.Error{Code: fhir.Unavailable, Message: "there is no room for the bytes at the moment", RetryAfter: time.Minute, Err: err}
	case errors.Is(err, blob.ErrUnavailable):
		return &fhir.Error{Code: fhir.Unavailable, Message: "the object store is not available at the moment", RetryAfter: 2 * time.Second, Err: err}
	}
	return err
}

// objectOf reads a row of object.
func objectOf(sum []byte, size int64, chunks []byte) (engine.Object, error) {
	if len(sum) != 32 || len(chunks)%32 != 0 {
		return engine.Object{}, errors.New("row of an object is damaged")
	}
	o := engine.Object{SHA256: [32]byte(sum), Size: size, Chunks: make([][32]byte, len(chunks)/32)}
	for i := range o.Chunks {
		o.Chunks[i] = [32]byte(chunks[32*i:])
	}
	return o, nil
}
