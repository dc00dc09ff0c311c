//go:build unix

package blob_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/blob/blobtest"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// task is what a process of its own does: the test binary, run again.
type task struct {
	Do    string
	Dir   string        // of a directory backend
	S3    blob.S3Config // else
	Spool string
}

const taskVariable = "WEBDOCTOR_TEST_TASK"

// TestTask is not a test but the other process: it does nothing unless told.
func TestTask(t *testing.T) {
	text, ok := os.LookupEnv(taskVariable)
	if !ok {
		return
	}
	var job task
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	switch job.Do {
	case "upload for ever", "store for ever":
		uploadForEver(t, job)
	default:
		platformTask(t, job)
	}
}

func other(t *testing.T, job task) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTask$")
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	return cmd
}

// uploadForEver gets to the middle of an upload, says so, and goes no further.
func uploadForEver(t *testing.T, job task) {
	var b blob.Backend
	if job.Dir != "" {
		b = openDir(t, job.Dir)
	} else {
		b = openS3(t, job.S3)
	}
	const size = 20 << 20
	half := &stuck{ReadSeeker: bytes.NewReader(blobtest.Bytes(size, 1)), at: 18 << 20}
	var err error
	if job.Do == "store for ever" {
		err = b.Put(t.Context(), blobtest.Key([]byte("x")), half, size)
	} else {
		_, err = blob.New(b, job.Spool).Put(t.Context(), half)
	}
	t.Errorf("the upload ended: %v", err)
}

// stuck is a body that is read up to a point.
type stuck struct {
	io.ReadSeeker
	at   int64
	read int64
}

func (s *stuck) Read(b []byte) (int, error) {
	n, err := s.ReadSeeker.Read(b[:min(len(b), 64<<10)])
	if s.read += int64(n); s.read >= s.at {
		fmt.Println("in the middle")
		select {}
	}
	return n, err
}

// TestKilledUploadShowsNothing kills a process in the middle of an upload: when
// it receives, and when it stores what it received.
func TestKilledUploadShowsNothing(t *testing.T) {
	t.Parallel()
	for _, do := range []string{"upload for ever", "store for ever"} {
		for _, kind := range []string{"dir", "s3"} {
			t.Run(kind+" "+do, func(t *testing.T) {
				t.Parallel()
				job := task{Do: do, Spool: t.TempDir()}
				var b blob.Backend
				if kind == "dir" {
					job.Dir = t.TempDir()
					b = openDir(t, job.Dir)
				} else {
					job.S3 = storagetest.S3(t)
					b = openS3(t, job.S3)
				}
				cmd := other(t, job)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				line, err := bufio.NewReader(out).ReadString('\n')
				if err != nil || !strings.Contains(line, "in the middle") {
					t.Errorf("it says %q, error %v", line, err)
				}
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // killed
				if err := b.Walk(t.Context(), func(key string, size int64, _ time.Time) error {
					return fmt.Errorf("%s shows, with %d bytes", key, size)
				}); err != nil {
					t.Error(err)
				}
				if err := b.Tidy(t.Context(), time.Now().Add(time.Hour)); err != nil {
					t.Errorf("tidy: %v", err)
				}
				store, content := blob.New(b, t.TempDir()), []byte("afterwards")
				if _, err := store.Put(t.Context(), bytes.NewReader(content)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
