package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// program is the command line. A field is a command, its fields are flags;
// each flag is read from the environment too.
type program struct {
	Log Log `embed:"" prefix:"log-"`

	Serve   Serve    `cmd:"" help:"Serve FHIR R4 on a loopback address, starting every service that nobody configured."`
	Import  Import   `cmd:"" help:"Import bundles, resources, NDJSON and archives or directories of them."`
	Package Package  `cmd:"" help:"Add FHIR packages of implementation guides, or list them."`
	Reindex Reindex  `cmd:"" help:"Compare every row of the search index with what it should be, and put right what differs."`
	Rewrap  Rewrap   `cmd:"" help:"Seal every binary under the newest of the keys."`
	User    User     `cmd:"" help:"Manage the accounts of people."`
	Client  Client   `cmd:"" help:"Register applications and list them."`
	Token   Token    `cmd:"" help:"Make a bearer token for the owner of the machine."`
	Audit   AuditLog `cmd:"" help:"Export the record of accesses, and verify an export."`
	Migrate Migrate  `cmd:"" help:"Bring the database schema up to date, or show its state."`
	Doctor  Doctor   `cmd:"" help:"Check the services and say what to do about what is wrong."`
	Version Version  `cmd:"" help:"Print the version."`
}

// Streams are where a command talks to people. Machines read the exit code,
// and the log on Err.
type Streams struct{ Out, Err io.Writer }

// Exit codes: 0 done, 1 something failed or was refused, 2 the command line
// cannot be understood.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errFailed ends a command that has already said what is wrong.
var errFailed = errors.New("failed")

// Run carries out one command line and returns the exit code.
func Run(args []string) int {
	std := Streams{Out: os.Stdout, Err: os.Stderr}
	dropEmpty()
	if err := loadDotEnv(".env"); err != nil {
		fmt.Fprintln(std.Err, "webdoctor:", err)
		return exitUsage
	}
	var p program
	parser := kong.Must(&p,
		kong.Name("webdoctor"),
		kong.Description("A FHIR R4 server. Settings come from flags, from the environment and from a .env file, in this order; docs/operations.md lists them."),
		kong.DefaultEnvars("WEBDOCTOR"),
		kong.Writers(std.Out, std.Err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(std.Out, (*io.Writer)(nil)),
		kong.Bind(std),
	)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	cli, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(std.Err, "webdoctor: %v\nTry: webdoctor --help\n", err)
		return exitUsage
	}
	log := p.Log.logger(std.Err)
	warnUnknown(log, parser.Model, os.Environ())

	ctx, stop := untilSignal(context.Background())
	defer stop()
	cli.Bind(log, p.Log)
	cli.BindTo(ctx, (*context.Context)(nil))
	switch err := cli.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
		return exitFailed
	default:
		fmt.Fprintln(std.Err, "webdoctor:", err)
		return exitFailed
	}
}

// untilSignal is done at the first SIGINT or SIGTERM, so that a command can
// end in good order. A second one ends the process at once: whoever asks
// twice does not want to wait. The private Postgres notices by itself that
// its parent has gone.
func untilSignal(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-got:
			cancel()
		case <-ctx.Done():
			signal.Stop(got)
			return
		}
		s := <-got
		code := 128
		if n, ok := s.(syscall.Signal); ok {
			code += int(n)
		}
		os.Exit(code)
	}()
	return ctx, cancel
}
