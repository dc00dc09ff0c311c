package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

// loadDotEnv adds the variables of a file to the environment. What the real
// environment already says stays as it is. No file is fine; a file that
// cannot be read is an error, since half of its settings would be worse than
// none. The error names the file and never quotes it: it may hold passwords.
func loadDotEnv(path string) error {
	switch err := godotenv.Load(path); {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			return fmt.Errorf("read %s: %w", path, pe.Err)
		}
		return fmt.Errorf("%s is not a list of NAME=value lines", path)
	}
}

// dropEmpty takes settings out of the environment that have no value: they
// mean "as if it were not there", not "the empty text".
func dropEmpty() {
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); value == "" && strings.HasPrefix(name, "WEBDOCTOR_") {
			os.Unsetenv(name)
		}
	}
}

// ownNames are the WEBDOCTOR_ variables that are not flags: where the
// programs of Postgres are.
var ownNames = []string{"WEBDOCTOR_PG_BIN"}

// warnUnknown names the WEBDOCTOR_ variables that nothing reads: most likely
// a misspelt setting that the operator believes to be in force.
func warnUnknown(log *slog.Logger, model *kong.Application, environ []string) {
	known := slices.Clone(ownNames)
	_ = kong.Visit(model, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known = append(known, f.Envs...)
		}
		return next(nil)
	})
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "WEBDOCTOR_") && !slices.Contains(known, name) {
			log.Warn("unknown setting in the environment, ignored", "name", name)
		}
	}
}

// getenv is how settings are looked up; tests hand in their own.
type getenv func(name string) string

// any says whether at least one of the names has a value.
func (get getenv) any(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return get(n) != "" })
}

var osEnv getenv = os.Getenv
