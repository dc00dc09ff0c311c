package blob_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func openS3(t *testing.T, c blob.S3Config) blob.Backend {
	t.Helper()
	b, err := blob.S3(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestS3(t *testing.T) {
	t.Parallel()
	blobtest.Exercise(t, func(t *testing.T) blob.Backend { return openS3(t, storagetest.S3(t)) })
}

func TestS3BelowAPrefix(t *testing.T) {
	t.Parallel()
	c := storagetest.S3(t)
	c.Endpoint, c.Prefix = "http://"+c.Endpoint+"/", "clinic/one"
	one := openS3(t, c)
	c.Prefix = "clinic/on/"
	other := openS3(t, c)
	if err := one.Put(t.Context(), "aa/bb", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	var keys []string
	list := func(key string, _ int64, _ time.Time) error { keys = append(keys, key); return nil }
	if err := errors.Join(one.Walk(t.Context(), list), other.Walk(t.Context(), list)); err != nil || len(keys) != 1 || keys[0] != "aa/bb" {
		t.Errorf("keys %v, error %v", keys, err)
	}
}

// deeds are all that can be done with a store. They must end within a time.
func deeds(t *testing.T, b blob.Backend, within time.Duration, check func(name string, err error)) {
	t.Helper()
	store, content := blob.New(b, t.TempDir()), blobtest.Bytes(30<<10, 1)
	var all sync.WaitGroup // not subtests: these wait for time, not for a processor
	for name, do := range map[string]func() error{
		"put":    func() error { return second(store.Put(t.Context(), bytes.NewReader(content))) },
		"open":   func() error { return closing(store.Open(t.Context(), refOf(content), 0, -1)) },
		"check":  func() error { return store.Check(t.Context()) },
		"delete": func() error { return store.Delete(t.Context(), refOf(content)) },
		"walk":   func() error { return store.Walk(t.Context(), func([32]byte, int64, time.Time) error { return nil }) },
		"tidy":   func() error { return b.Tidy(t.Context(), time.Now()) },
	} {
		all.Go(func() {
			begun := time.Now()
			err := do()
			if took := time.Since(begun); took > within {
				t.Errorf("%s took %v", name, took)
			}
			check(name, err)
		})
	}
	all.Wait()
}

func TestS3RefusesWrongCredentials(t *testing.T) {
	t.Parallel()
	for _, spoil := range []func(*blob.S3Config){
		func(c *blob.S3Config) { c.SecretKey = "wrong-secret" },
		func(c *blob.S3Config) { c.AccessKey = "nobody" },
	} {
		c := storagetest.S3(t)
		spoil(&c)
		deeds(t, openS3(t, c), 3*time.Second, func(name string, err error) {
			if !errors.Is(err, blob.ErrDenied) || strings.Contains(err.Error(), c.SecretKey) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func unavailable(t *testing.T) func(name string, err error) {
	return func(name string, err error) {
		if !errors.Is(err, blob.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestS3ThatIsDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens
	c := blob.S3Config{Endpoint: l.Addr().String(), Bucket: "bucket", AccessKey: "a", SecretKey: "b", Region: "us-east-1"}
	deeds(t, openS3(t, c), 5*time.Second, unavailable(t))
	c.Region = "" // is asked for first
	deeds(t, openS3(t, c), 5*time.Second, unavailable(t))
}

// TestS3ThatHangs: connections come about, and then nothing.
func TestS3ThatHangs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := blob.S3Config{Endpoint: l.Addr().String(), Bucket: "bucket", AccessKey: "a", SecretKey: "b", Region: "us-east-1"}
	deeds(t, openS3(t, c), 5*time.Second, unavailable(t))
	c.TLS = true
	deeds(t, openS3(t, c), 5*time.Second, unavailable(t))
}

func TestS3ComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, err := storagetest.StartS3(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	c := server.Config
	c.Bucket = "scans"
	store := blob.New(openS3(t, c), t.TempDir())
	content := blobtest.Bytes(1<<20, 1)
	ref, err := store.Put(t.Context(), bytes.NewReader(content)) // makes the bucket
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	unavailable(t)("open", closing(store.Open(t.Context(), ref, 0, -1)))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}

func TestS3MakesItsBucket(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"check", "put", "read"} {
		c := storagetest.S3(t)
		c.Bucket += "-" + name
		b := openS3(t, c)
		if name == "check" {
			if err := b.Check(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := b.Walk(t.Context(), func(string, int64, time.Time) error { return nil }); err != nil {
			t.Errorf("walk before the first put: %v", err)
		}
		if err := b.Tidy(t.Context(), time.Now()); err != nil {
			t.Errorf("tidy before the first put: %v", err)
		}
		if name == "read" {
			if _, err := b.Get(t.Context(), "aa/bb", 0, 1); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("get before the first put: %v", err)
			}
		}
		if err := b.Put(t.Context(), "aa/bb", strings.NewReader("x"), 1); err != nil {
			t.Error(err)
		}
	}
}

func TestS3NeedsAnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []blob.S3Config{{}, {Endpoint: "127.0.0.1:9000"}, {Endpoint: "not a host", Bucket: "b"}, {Endpoint: "ftp://host", Bucket: "b"}} {
		if _, err := blob.S3(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
