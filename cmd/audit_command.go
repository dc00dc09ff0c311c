package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// AuditLog is what can be done with the record.
type AuditLog struct {
	Export AuditExport `cmd:"" help:"Write the record to a file, with its checkpoints."`
	Verify AuditVerify `cmd:"" help:"Check an export, without the database, against a checkpoint that was kept elsewhere."`
}

// AuditExport writes the record.
type AuditExport struct {
	Data `embed:""`

	Out     string `short:"o" help:"File to write to; - is the standard output." default:"-" placeholder:"FILE"`
	Private bool   `help:"With who, what and from where, and not only what the tree holds of it."`
}

// Run works beside a running server, and without one.
func (x *AuditExport) Run(ctx context.Context, std Streams, log *slog.Logger) (err error) {
	db, done, err := x.beside(ctx, "audit export", log)
	if err != nil {
		return err
	}
	defer done()
	out := std.Out
	if x.Out != "-" {
		f, err := os.OpenFile(x.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriterSize(out, 1<<20)
	leaves, err := storage.NewAudit(db, nil, storage.AuditConfig{}).Export(ctx, w, x.Private)
	if err = errors.Join(err, w.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(std.Err, "%d leaves\n", leaves)
	return nil
}

// AuditVerify checks an export.
type AuditVerify struct {
	File       string   `arg:"" help:"An export; - is the standard input."`
	Checkpoint string   `help:"The newest checkpoint that was kept elsewhere. Without it nobody notices that the end is missing." placeholder:"FILE"`
	Key        []string `required:"" help:"Key that verifies, or a file with one or several (audit.key.pub)." placeholder:"KEY"`
}

// Run says what holds, or the first leaf that does not.
func (v *AuditVerify) Run(std Streams) error {
	var keys []ledger.Verifier
	for _, k := range v.Key {
		if text, err := os.ReadFile(k); err == nil {
			k = string(text)
		}
		list, err := ledger.ReadVerifiers(k)
		if err != nil {
			return fmt.Errorf("--key is neither a key nor a file with keys: %w", err)
		}
		keys = append(keys, list...)
	}
	var checkpoint []byte
	if v.Checkpoint != "" {
		var err error
		if checkpoint, err = os.ReadFile(v.Checkpoint); err != nil {
			return err
		}
	}
	var in io.Reader = os.Stdin
	if v.File != "-" {
		f, err := os.Open(v.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	found, err := ledger.Verify(in, checkpoint, keys...)
	if err != nil {
		return fmt.Errorf("the record does not hold: %w", err)
	}
	fmt.Fprintf(std.Out, "the record holds: %d leaves, %d of them signed by %d checkpoints", found.Leaves, found.Covered, found.Checkpoints)
	if found.Erased > 0 {
		fmt.Fprintf(std.Out, ", %d private parts erased", found.Erased)
	}
	fmt.Fprintf(std.Out, ", root %s\n", found.Root)
	if checkpoint == nil {
		fmt.Fprintln(std.Err, "webdoctor: without --checkpoint nobody notices that the end is missing")
	}
	return nil
}
