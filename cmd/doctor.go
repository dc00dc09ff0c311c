package cmd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/storage/embedded"
)

// Doctor looks at everything the server depends on and says what to do about
// what is wrong. It changes nothing.
type Doctor struct {
	Data `embed:""`
}

// diagnosis is the result of one look.
type diagnosis struct {
	what   string
	state  state
	detail string
	advice string // what to do, when the state is not good
}

type state int

const (
	good state = iota
	odd        // works, but somebody should know
	bad
)

func (s state) String() string { return [...]string{"ok", "warning", "FAILED"}[s] }

// examination is how long doctor waits for one service.
const examination = 10 * time.Second

// Run prints one line for each check and fails when one of them does.
func (d *Doctor) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	var found []diagnosis
	configured, err := services(osEnv)
	if err != nil {
		found = append(found, diagnosis{what: "settings", state: bad, detail: err.Error(), advice: "correct the environment or the .env file"})
	}
	found = append(found, d.settings(configured)...)
	found = append(found, d.disk()...)
	if err == nil {
		found = append(found, d.database(ctx, configured, log)...)
		found = append(found, d.objects(ctx, configured))
		found = append(found, d.redis(ctx, configured))
	}
	return print(std.Out, found)
}

func print(w io.Writer, found []diagnosis) error {
	var err error
	for _, f := range found {
		fmt.Fprintf(w, "%-8s %-10s %s\n", f.state, f.what, f.detail)
		if f.state != good && f.advice != "" {
			fmt.Fprintf(w, "%-8s %-10s → %s\n", "", "", f.advice)
		}
		if f.state == bad {
			err = errFailed
		}
	}
	return err
}

// settings warns of variables that look like settings and are none.
func (d *Doctor) settings(s Services) []diagnosis {
	found := []diagnosis{{what: "version", detail: readBuild().Version + ", commit " + readBuild().Commit}}
	if s.Database == "" && osEnv.any("PGUSER", "PGPASSWORD", "PGPORT") {
		found = append(found, diagnosis{what: "settings", state: odd, detail: "PGUSER, PGPASSWORD or PGPORT is set, but no database is named; the private one is used",
			advice: "set DATABASE_URL, PGHOST or PGDATABASE to use a database of your own"})
	}
	return found
}

// enough is the free space below which doctor warns, and a tenth of it is
// too little to run.
const enough = 5 << 30

func (d *Doctor) disk() []diagnosis {
	free, total, err := diskSpace(d.Dir)
	f := diagnosis{what: "disk", detail: fmt.Sprintf("%.1f of %.1f GB free for %s", float64(free)/1e9, float64(total)/1e9, d.Dir), advice: "make room, or move the data directory"}
	switch {
	case err != nil:
		f.state, f.detail = bad, err.Error()
	case free < enough/10:
		f.state = bad
	case free < enough:
		f.state = odd
	}
	return []diagnosis{f}
}

// programmes says which PostgreSQL would be started.
func (d *Doctor) programmes(ctx context.Context) diagnosis {
	dir, version, err := embedded.FindPostgres(ctx, filepath.Join(d.Dir, "postgres"))
	if err != nil {
		return diagnosis{what: "binaries", state: bad, detail: err.Error(), advice: "install PostgreSQL (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL"}
	}
	return diagnosis{what: "binaries", detail: "PostgreSQL " + version + " in " + dir}
}

// first line of an error: drivers add details that only confuse here.
func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}
