package storagetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// S3 returns the address of an empty bucket that nobody else uses, on a real
// S3 server: the one that the environment names by WEBDOCTOR_TEST_S3_ENDPOINT,
// _ACCESS_KEY, _SECRET_KEY and _REGION, or else one that the test process
// builds and runs itself, see storage/blob/s3server.
func S3(t testing.TB) blob.S3Config {
	t.Helper()
	c, err := s3()
	if err != nil {
		t.Fatal(err)
	}
	c.Bucket = fmt.Sprintf("test-%s-%d", strings.ToLower(rand.Text()[:10]), buckets.Add(1))
	b, err := blob.S3(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context()); err != nil { // makes the bucket
		t.Fatal(err)
	}
	return c
}

var buckets atomic.Int64

var s3 = sync.OnceValues(func() (blob.S3Config, error) {
	if endpoint := os.Getenv("WEBDOCTOR_TEST_S3_ENDPOINT"); endpoint != "" {
		return blob.S3Config{
			Endpoint:  endpoint,
			AccessKey: os.Getenv("WEBDOCTOR_TEST_S3_ACCESS_KEY"),
			SecretKey: os.Getenv("WEBDOCTOR_TEST_S3_SECRET_KEY"),
			Region:    os.Getenv("WEBDOCTOR_TEST_S3_REGION"),
		}, nil
	}
	dir, err := scratch("s3")
	if err != nil {
		return blob.S3Config{}, err
	}
	s, err := StartS3(dir)
	if err != nil {
		return blob.S3Config{}, err
	}
	return s.Config, nil
})

// S3Server is an S3 server of one's own, for tests that let it fail.
type S3Server struct {
	Config blob.S3Config // without a bucket
	dir    string
	child  *child
}

// StartS3 runs an S3 server that keeps its objects below a directory. It ends
// with Stop or with the test process.
func StartS3(dir string) (*S3Server, error) {
	var errs []error
	for range 3 { // a port may be lost to somebody else
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		s := &S3Server{dir: dir, Config: blob.S3Config{
			Endpoint:  net.JoinHostPort("127.0.0.1", port),
			AccessKey: "test" + rand.Text(),
			SecretKey: rand.Text(),
			Region:    "us-east-1",
		}}
		if err = s.Start(); err == nil {
			return s, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// Start runs the server again after Stop, at the same address.
func (s *S3Server) Start() error {
	binary, err := s3server()
	if err != nil {
		return err
	}
	s.child, err = run([]string{"ROOT_ACCESS_KEY=" + s.Config.AccessKey, "ROOT_SECRET_KEY=" + s.Config.SecretKey},
		binary, s.Config.Endpoint, s.dir)
	if err != nil {
		return err
	}
	if err = s.child.answers(s.ask); err != nil {
		s.child.stop()
	}
	return err
}

// ask makes a bucket, which a stranger's server would refuse.
func (s *S3Server) ask() error {
	conn, err := net.DialTimeout("tcp", s.Config.Endpoint, time.Second)
	if err != nil {
		return err
	}
	conn.Close()
	c := s.Config
	c.Bucket = "started"
	b, err := blob.S3(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return b.Check(ctx)
}

// Stop kills the server. Its objects stay.
func (s *S3Server) Stop() { s.child.stop() }

// s3server builds the server, which is a module of its own beside ours. The go
// command keeps the result, so that only the first build takes long (half a
// minute, and it fetches modules).
var s3server = sync.OnceValues(func() (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	if strings.TrimSpace(string(gomod)) == os.DevNull {
		return "", errors.New("the S3 server of the tests is built from this module: run them inside it")
	}
	cmd := exec.Command("go", "tool", "-n", "s3server")
	cmd.Dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "storage", "blob", "s3server")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	path, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("build the S3 server of the tests in %s: %w", cmd.Dir, err)
	}
	return strings.TrimSpace(string(path)), nil
})
