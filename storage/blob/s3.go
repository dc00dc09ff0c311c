package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config is the address of a bucket.
type S3Config struct {
	Endpoint  string // host:port, or a URL that also says whether TLS is used
	Bucket    string // made if it is missing
	AccessKey string
	SecretKey string
	Region    string // "" asks the service
	TLS       bool
	Prefix    string // of all keys, for a bucket shared with others
}

const (
	// s3Tries is how often a request is sent, with growing pauses, when the
	// service cannot be reached or says that it is too busy.
	s3Tries = 3

	// partSize is the size from which on an object is uploaded in parts.
	partSize = 16 << 20
)

// S3 is a backend that keeps objects in a bucket of an S3 service. It does not
// talk to the service yet, so that a server can start while that is down; see
// Check. Only what every S3 implementation has is used.
func S3(c S3Config) (Backend, error) {
	if host, ok := strings.CutPrefix(c.Endpoint, "https://"); ok {
		c.Endpoint, c.TLS = host, true
	} else if host, ok := strings.CutPrefix(c.Endpoint, "http://"); ok {
		c.Endpoint, c.TLS = host, false
	}
	c.Endpoint = strings.TrimSuffix(c.Endpoint, "/")
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure:     c.TLS,
		Region:     c.Region,
		Transport:  newPatient(),
		MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("s3 endpoint %q: %w", c.Endpoint, err)
	}
	if c.Bucket == "" {
		return nil, errors.New("s3: no bucket given")
	}
	if c.Prefix != "" && !strings.HasSuffix(c.Prefix, "/") {
		c.Prefix += "/"
	}
	return &s3{core: minio.Core{Client: client}, bucket: c.Bucket, prefix: c.Prefix, region: c.Region}, nil
}

type s3 struct {
	core   minio.Core
	bucket string
	prefix string
	region string
}

var _ Backend = (*s3)(nil)

func (s *s3) Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	err := s.put(ctx, key, body, size)
	if answered(err, minio.NoSuchBucket) {
		if err = s.makeBucket(ctx); err == nil {
			err = s.put(ctx, key, body, size)
		}
	}
	return err
}

func (s *s3) put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	op, end := operation(ctx)
	defer end()
	g := &gate{body: body}
	defer g.close()
	info, err := s.core.Client.PutObject(op, s.bucket, s.prefix+key, io.NewSectionReader(g, 0, size), size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", // never a type that a browser would run
		PartSize:    partSize,
		NumThreads:  2,
		// Nothing needs no signature, and some services stumble over the
		// signed end of a stream that has no beginning.
		DisableContentSha256: size == 0,
	})
	if err == nil && info.Size != size {
		return &failure{ErrCorrupt, fmt.Errorf("the service took %d of %d bytes", info.Size, size)}
	}
	return s3Failure(ctx, op, err)
}

func (s *s3) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	op, end := operation(ctx)
	var options minio.GetObjectOptions
	if err := options.SetRange(offset, offset+length-1); err != nil {
		end()
		return nil, err
	}
	body, _, _, err := s.core.GetObject(op, s.bucket, s.prefix+key, options)
	if err == nil {
		return &s3Body{ctx: ctx, op: op, end: end, body: body}, nil
	}
	defer end()
	if answered(err, minio.InvalidRange) {
		return http.NoBody, nil // the object ends before
	}
	return nil, s3Failure(ctx, op, err)
}

// s3Body is the body of an answer. It ends the operation when it is closed.
type s3Body struct {
	ctx, op context.Context
	end     context.CancelFunc
	body    io.ReadCloser
}

func (b *s3Body) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF {
		err = s3Failure(b.ctx, b.op, err)
	}
	return n, err
}

func (b *s3Body) Close() error {
	b.end() // first, so that the rest is not read to save the connection
	return b.body.Close()
}

func (s *s3) Delete(ctx context.Context, key string) error {
	op, end := operation(ctx)
	defer end()
	err := s3Failure(ctx, op, s.core.Client.RemoveObject(op, s.bucket, s.prefix+key, minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (s *s3) Walk(ctx context.Context, f func(key string, size int64, modified time.Time) error) error {
	op, end := operation(ctx)
	defer end()
	for o := range s.core.Client.ListObjectsIter(op, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			if answered(o.Err, minio.NoSuchBucket) {
				return nil // made by the first Put
			}
			return s3Failure(ctx, op, o.Err)
		}
		if err := f(strings.TrimPrefix(o.Key, s.prefix), o.Size, o.LastModified); err != nil {
			return err
		}
	}
	return s3Failure(ctx, op, op.Err())
}

func (s *s3) Tidy(ctx context.Context, before time.Time) error {
	op, end := operation(ctx)
	defer end()
	for u := range s.core.Client.ListIncompleteUploads(op, s.bucket, s.prefix, true) {
		switch {
		case u.Err != nil:
			if err := s3Failure(ctx, op, u.Err); !errors.Is(err, ErrNotFound) {
				return err
			}
		case u.Initiated.Before(before):
			if err := s3Failure(ctx, op, s.core.AbortMultipartUpload(op, s.bucket, u.Key, u.UploadID)); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	}
	return s3Failure(ctx, op, op.Err())
}

// Check asks for the bucket, and makes it if there is none.
func (s *s3) Check(ctx context.Context) error {
	op, end := operation(ctx)
	defer end()
	there, err := s.core.Client.BucketExists(op, s.bucket)
	if err != nil {
		return s3Failure(ctx, op, err)
	}
	if there {
		return nil
	}
	return s.makeBucket(ctx)
}

func (s *s3) makeBucket(ctx context.Context) error {
	op, end := operation(ctx)
	defer end()
	err := s.core.Client.MakeBucket(op, s.bucket, minio.MakeBucketOptions{Region: s.region})
	if answered(err, minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists) {
		// Another server was faster, or it is not ours, which shows when it is used.
		return nil
	}
	if err != nil {
		return fmt.Errorf("make bucket %s: %w", s.bucket, s3Failure(ctx, op, err))
	}
	return nil
}
