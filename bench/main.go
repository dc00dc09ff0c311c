package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/webdoctor/webdoctor/bench/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errFaults says that the run ended well and found the server wrong.
var errFaults = errors.New("the server is wrong")

func run(ctx context.Context, args []string, out, log io.Writer) int {
	var o Options
	parser, err := kong.New(&o, kong.Name("bench"), kong.Writers(out, log), kong.Exit(func(int) { o.helped = true }),
		kong.Description("Measure a FHIR server, and raw Postgres doing the same rows in turns with it."))
	if err != nil {
		panic(err) // the options are a constant of the programme
	}
	_, err = parser.Parse(args)
	if o.helped {
		return 0
	}
	if err != nil {
		fmt.Fprintln(log, "bench:", err)
		return 2
	}
	if err := o.complete(); err != nil {
		fmt.Fprintln(log, "bench:", err)
		return 2
	}
	r, err := measureAll(ctx, &o, log)
	if len(r.Levels) > 0 {
		err = errors.Join(err, o.write(r, out))
	}
	if err != nil {
		fmt.Fprintln(log, "bench:", err)
		return 1
	}
	return 0
}

// write prints the report as asked.
func (o *Options) write(r *report.Report, out io.Writer) error {
	if o.Out != "" {
		f, err := os.Create(o.Out)
		if err != nil {
			return err
		}
		if err := errors.Join(r.WriteJSON(f), f.Close()); err != nil {
			return err
		}
	}
	faults := r.Faults()
	var wrong error
	if len(faults) > 0 {
		wrong = errFaults
	}
	if o.JSON {
		return errors.Join(r.WriteJSON(out), wrong)
	}
	tables := r.Tables()
	if o.old != nil {
		tables = append(tables, r.Against(o.old))
	}
	fmt.Fprintln(out, r.Heading())
	for _, t := range tables {
		show := t.Plain
		if o.Markdown {
			show = t.Markdown
		}
		if err := show(out); err != nil {
			return err
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "Note:", n)
	}
	for _, f := range faults {
		fmt.Fprintln(out, "WRONG:", f)
	}
	return wrong
}
