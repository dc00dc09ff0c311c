// Command conformance runs suites and data sets that others wrote against the
// real binary: "make conformance". It starts a fresh server for each part,
// prints what passed and what did not, and fails unless everything holds that
// docs/conformance.md promises.
//
// The suites and data are not part of the repository. They lie in a directory
// (SHARED) with suites/run and data/*.tar.gz.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// part is one thing to be done on a server of its own.
type part struct {
	name  string
	serve []string // flags of the server
	run   func(*bench) error
}

// bench is what a part works with.
type bench struct {
	ctx    context.Context
	shared string
	full   bool   // all of the data, and not a sample
	base   string // FHIR base of the server
	work   string // scratch directory of the run
	passed int
	failed []string
}

// check counts one check.
func (b *bench) check(ok bool, format string, args ...any) {
	if ok {
		b.passed++
		return
	}
	b.failed = append(b.failed, fmt.Sprintf(format, args...))
}

var parts = []part{
	{"rest-conformance", nil, restConformance},
	{"fhir-patch-cases", []string{"--validation=structural"}, patchCases}, // two of them leave a contact that breaks pat-1
	{"real-clients", nil, realClients},
	{"synthea-loader", nil, syntheaLoader},
	{"examples", []string{"--references=free"}, examples},
	{"wrong-examples", []string{"--references=free", "--validation=off"}, wrongExamples},
	{"synthea-smart-am", nil, transactions},
	{"big-transaction", []string{"--max-entries=30000", "--max-body=134217728", "--deadline=10m"}, bigTransaction},
}

func main() {
	shared := flag.String("shared", "../shared", "directory with suites and data")
	binary := flag.String("binary", "bin/webdoctor", "the server")
	full := flag.Bool("full", false, "all of the data, and not a sample")
	only := flag.String("only", "", "only the parts whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *shared, *binary, *full, *only); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, shared, binary string, full bool, only string) error {
	shared, err := filepath.Abs(shared)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(shared, "suites", "run")); err != nil {
		return fmt.Errorf("the suites are not in %s: say where with SHARED=DIR", shared)
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "webdoctor-conformance-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	passed, failed := 0, 0
	for _, p := range parts {
		if !strings.Contains(p.name, only) {
			continue
		}
		fmt.Printf("== %s\n", p.name)
		begun := time.Now()
		b := &bench{ctx: ctx, shared: shared, full: full, work: work}
		err := serving(ctx, binary, filepath.Join(work, p.name), p.serve, func(base string) error {
			b.base = base
			return p.run(b)
		})
		if err != nil {
			b.check(false, "%v", err)
		}
		for _, f := range b.failed {
			fmt.Println("FAIL", f)
		}
		fmt.Printf("-- %s: %d passed, %d failed in %.1f s\n", p.name, b.passed, len(b.failed), time.Since(begun).Seconds())
		passed, failed = passed+b.passed, failed+len(b.failed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Printf("\n%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}
