package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/webdoctor/webdoctor/cmd/importer"
)

// Import brings files into the store of this machine, or into a server.
type Import struct {
	Data `embed:""`

	Paths       []string `arg:"" name:"path" help:"Bundles, resources, NDJSON (.ndjson, .jsonl), any of them as .gz, archives (.tar, .tar.gz, .tgz), and directories of all these."`
	BaseURL     string   `help:"URL under which clients reach the server, as for serve: references that begin with it are local." default:"http://127.0.0.1:8080" placeholder:"URL"`
	To          string   `help:"FHIR base URL of a running server to import into, instead of the data directory." placeholder:"URL"`
	Validation  string   `help:"What a resource must satisfy to be stored, when the import is into the data directory: strict, structural or off." enum:"strict,structural,off" default:"strict"`
	Concurrency int      `help:"Documents that are imported at the same time." default:"4"`
}

// importLimits are those of a bulk import by the owner of the machine: the
// largest bundles of the data sets we know have 25,000 entries and 60 MB.
var importLimits = Limits{MaxBody: importer.MaxDocument, MaxEntries: 200_000, Deadline: 30 * time.Minute}

// importBudget bounds the bytes of documents under way.
const importBudget = 64 << 20

// Run imports and prints what was refused and why. Something refused makes
// the exit code 1; everything else is in all the same, and the same import
// may be run again.
func (i *Import) Run(ctx context.Context, std Streams, log *slog.Logger) error {
	if i.Concurrency < 1 || i.Concurrency > 64 {
		return errors.New("--concurrency is a number from 1 to 64")
	}
	to, client, done, err := entrance{i.Data, i.To, i.BaseURL, i.Validation, "import", "importing into"}.open(ctx, std, log)
	if err != nil {
		return err
	}
	fmt.Fprintln(std.Err, "looking at the files, to find an order that works")
	bar := newProgress(std.Err)
	im := &importer.Importer{Base: to, Client: client, Concurrency: i.Concurrency, Budget: importBudget, Progress: bar.show, Log: log}
	report, err := im.Run(ctx, importer.Files(i.Paths...))
	bar.end()
	report.Write(std.Out)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; run the same import again to go on")
	}
	if err = errors.Join(err, done()); err == nil && report.Refused() > 0 {
		err = errFailed
	}
	return err
}
