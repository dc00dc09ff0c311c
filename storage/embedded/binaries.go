//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// BinaryDirVariable names the environment variable that points at the
// directory of initdb and postgres when they are not in a usual place.
const BinaryDirVariable = "WEBDOCTOR_PG_BIN"

// oldest is the first major version that has everything we use.
const oldest = 14

// binaries is one installation of the PostgreSQL server.
type binaries struct {
	dir     string
	major   int
	version string // "15.18"
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// usualPlaces are where packages put the server's programmes; they are not on
// PATH on most systems.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // PostgreSQL's own packages for Red Hat and kin
	"/usr/lib/postgresql*/bin",  // SUSE
	"/usr/libexec/postgresql*",  // Alpine
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin",
}

// installed lists the installations, the newest of the usual places first,
// then what PATH finds. An explicit choice by environment admits no other.
func installed() ([]string, error) {
	if dir := os.Getenv(BinaryDirVariable); dir != "" {
		if !complete(dir) {
			return nil, fmt.Errorf("%s is %s, which does not hold initdb and postgres", BinaryDirVariable, dir)
		}
		return []string{dir}, nil
	}
	var dirs []string
	for _, pattern := range usualPlaces {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, found...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return number(b) - number(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !complete(dir) })
	if len(dirs) == 0 {
		return nil, errors.New("no PostgreSQL server is installed: " + advice() + ", set " + BinaryDirVariable +
			" to the directory of its binaries, or point DATABASE_URL at a server that runs elsewhere")
	}
	return dirs, nil
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

var digits = regexp.MustCompile(`\d+`)

// number is the version a path speaks of, 0 if it speaks of none.
func number(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path))
	return n
}

// advice is the command that installs the server here.
func advice() string {
	if runtime.GOOS == "darwin" {
		return "run `brew install postgresql@17`"
	}
	for _, known := range [][2]string{
		{"apt-get", "run `apt-get install postgresql`"},
		{"dnf", "run `dnf install postgresql-server`"},
		{"yum", "run `yum install postgresql-server`"},
		{"zypper", "run `zypper install postgresql-server`"},
		{"apk", "run `apk add postgresql`"},
		{"pacman", "run `pacman -S postgresql`"},
		{"pkg", "run `pkg install postgresql17-server`"},
	} {
		if _, err := exec.LookPath(known[0]); err == nil {
			return known[1]
		}
	}
	return "install PostgreSQL " + strconv.Itoa(oldest) + " or newer"
}

var versionLine = regexp.MustCompile(`\) ((\d+)[^\s]*)`)

// choose picks the installation and the user to run it as: of the
// installations the newest, or the one that made the cluster if there is one;
// of the users the first who can run the programme from the directory.
func choose(ctx context.Context, dir, cluster string) (binaries, identity, error) {
	dirs, err := installed()
	if err != nil {
		return binaries{}, identity{}, err
	}
	want, err := clusterVersion(cluster)
	if err != nil {
		return binaries{}, identity{}, err
	}
	var as identity
	var first binaries
	var refusals []error
	for _, candidate := range identities(dir) {
		undo := candidate.admit(dir)
		if first, err = ask(ctx, dirs[0], candidate, filepath.Dir(dir)); err != nil {
			undo()
			refusals = append(refusals, fmt.Errorf("as %s: %w", candidate.name, err))
			continue
		}
		as = candidate
		break
	}
	if as.attr == nil {
		return binaries{}, identity{}, fmt.Errorf("PostgreSQL refuses to run as root, and nobody else can run it here; "+
			"start WebDoctor as an ordinary user, or put its data below a directory that others may enter, such as /var/lib/webdoctor: %w", errors.Join(refusals...))
	}
	var have []string
	for i, d := range dirs {
		b := first
		if i > 0 {
			if b, err = ask(ctx, d, as, "/"); err != nil {
				return binaries{}, identity{}, err
			}
		}
		if want == b.major || want == 0 && b.major >= oldest {
			return b, as, nil
		}
		have = append(have, b.version)
	}
	if want == 0 {
		return binaries{}, identity{}, fmt.Errorf("PostgreSQL %d or newer is needed, and only %s is installed", oldest, strings.Join(have, ", "))
	}
	return binaries{}, identity{}, fmt.Errorf("the data were written by PostgreSQL %d, and only %s is installed: install version %d, "+
		"or carry the data over with pg_upgrade", want, strings.Join(have, ", "), want)
}

// ask runs `postgres --version` as a user in a working directory. The answer
// is the version; that there is one proves that the user may run the
// programme and enter the directory, and that the kernel lets us become it.
func ask(ctx context.Context, bin string, as identity, dir string) (binaries, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environment(), as.attr()
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, err
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return binaries{}, fmt.Errorf("%s answers %q when asked for its version", cmd.Path, out)
	}
	major, err := strconv.Atoi(m[2])
	return binaries{dir: bin, major: major, version: m[1]}, err
}
