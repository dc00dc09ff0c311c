package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version prints what this binary was built from.
type Version struct{}

// Run prints one line.
func (Version) Run(s Streams) error {
	b := readBuild()
	_, err := fmt.Fprintf(s.Out, "webdoctor %s (commit %s, %s, %s/%s)\n", b.Version, b.Commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// Set by the Makefile with -ldflags -X; a plain "go build" or "go install"
// falls back on what the toolchain recorded.
var version, commit string

// identity is what the running binary was built from.
type identity struct{ Version, Commit string }

func readBuild() identity {
	b := identity{Version: version, Commit: commit}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && b.Commit == "" {
			b.Commit = s.Value
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	if b.Commit == "" {
		b.Commit = "unknown"
	}
	return b
}
