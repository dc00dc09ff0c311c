package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v2"
)

// The owner of the machine comes to a running server by a socket in its data
// directory, which nobody else can enter: whoever can is the operator, and
// needs no account, no token and no certificate. Commands such as import use it.

// socketLimit is the longest path of a unix socket that every system takes.
const socketLimit = 103

// operatorSocket is where the socket of a data directory is: inside it, or in
// a directory of its own when that path is too long for a socket.
func operatorSocket(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if path := filepath.Join(dir, "operator.sock"); len(path) <= socketLimit {
		return path, nil
	}
	sum := sha256.Sum256([]byte(dir))
	own := filepath.Join(os.TempDir(), fmt.Sprintf("webdoctor-%d-%s-operator", os.Geteuid(), hex.EncodeToString(sum[:8])))
	if err := os.Mkdir(own, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if err := private(own); err != nil {
		return "", err
	}
	return filepath.Join(own, "operator.sock"), nil
}

// private says whether a directory is ours alone: its name can be guessed, and
// it lies in a public place.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !ours(info) {
		return fmt.Errorf("%s is not a directory of this user alone: remove it", dir)
	}
	return nil
}

// listenOperator opens the socket. The caller holds the data directory, so
// that a socket that is there is left over.
func listenOperator(dir string) (net.Listener, error) {
	path, err := operatorSocket(dir)
	if err != nil {
		return nil, fmt.Errorf("socket of the operator: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("socket of the operator: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("socket of the operator: %w", err)
	}
	return ln, nil
}

// operatorClient talks to a server by its socket.
func operatorClient(socket string) *http.Client {
	var d net.Dialer
	return &http.Client{Transport: &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
		MaxIdleConnsPerHost: 64,
	}}
}

// byOperator says whether a request came by the socket, or from inside the
// process.
func byOperator(c *fiber.Ctx) bool {
	return c.Context().LocalAddr().Network() == "unix"
}
