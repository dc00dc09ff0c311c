package embedded

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Beside is the connection string of a database of the server that another
// process runs in a directory, for commands that work beside it. It is "" if
// none runs there. What it says is as sure as postmaster.pid: whoever connects
// finds out.
func Beside(dir, database string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "cluster", "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(text), "\n") // process, cluster, time, port, directory of the socket
	if len(lines) < 5 || lines[4] == "" {
		return "", nil
	}
	q := url.Values{"host": {lines[4]}, "port": {lines[3]}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: q.Encode()}).String(), nil
}
