package blob_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/storage/blob"
)

// TestS3ThatIsCutOff: packets to the service vanish. A listener whose queue is
// full does that on Linux.
func TestS3ThatIsCutOff(t *testing.T) {
	t.Parallel()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	for range 2 { // fill the queue
		conn, err := net.DialTimeout("tcp", address, 500*time.Millisecond)
		if err != nil {
			break
		}
		t.Cleanup(func() { conn.Close() })
	}
	if conn, err := net.DialTimeout("tcp", address, 500*time.Millisecond); err == nil {
		conn.Close()
		t.Fatal("the queue is not full")
	}
	c := blob.S3Config{Endpoint: address, Bucket: "bucket", AccessKey: "a", SecretKey: "b", Region: "us-east-1"}
	deeds(t, openS3(t, c), 5500*time.Millisecond, unavailable(t))
}
