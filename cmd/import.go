package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/webdoctor/webdoctor/cmd/importer"
)

// Import brings files into the store of this machine, or into a server.
type Import struct {
	Data `embed:""`

	Paths       []string `arg:"" name:"path" help:"Bundles, resources, NDJSON (.ndjson, .jsonl), any of them as .gz, archives (.tar, .tar.gz, .tgz), and directories of all these."`
	BaseURL     string   `help:"URL under which clients reach the server, as for serve: references that begin with it are local." default:"http://127.0.0.1:8080" placeholder:"URL"`
	To          string   `help:"FHIR base URL of a running server to import into, instead of the data directory." placeholder:"URL"`
	Validation  string   `help:"What a resource must satisfy to be stored, when the import is into the data directory: structural or off." enum:"structural,off" default:"structural"`
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
	to, client, done, err := i.target(ctx, std, log)
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

// target is the REST API to import into: the one that was named, that of the
// server that holds the data directory, or one inside this process.
func (i *Import) target(ctx context.Context, std Streams, log *slog.Logger) (base string, client *http.Client, done func() error, err error) {
	nothing := func() error { return nil }
	if i.To != "" {
		u, err := url.Parse(i.To)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return "", nil, nil, errors.New("--to is not an address such as http://127.0.0.1:8080/fhir")
		}
		return strings.TrimRight(i.To, "/"), outsideClient(), nothing, nil
	}
	public, err := baseURL(i.BaseURL, nil)
	if err != nil {
		return "", nil, nil, err
	}
	configured, err := services(osEnv)
	if err != nil {
		return "", nil, nil, err
	}
	var c *Claim
	if configured.Database == "" {
		c, err = claim(i.Dir, "import")
		if t, ok := errors.AsType[*taken](err); ok && t.holder.Base != "" {
			fmt.Fprintf(std.Err, "importing into the running server at %s\n", t.holder.Base)
			return t.holder.Base, outsideClient(), nothing, nil
		}
		if err != nil {
			return "", nil, nil, err
		}
	}
	tuneMemory()
	b, err := openBackends(ctx, i.Dir, configured, log)
	if err != nil {
		if c != nil {
			c.Release()
		}
		return "", nil, nil, err
	}
	house := build(b, public, importLimits, i.Validation, log, Log{}.requests(log))
	if err := house.Index.Start(ctx); err != nil {
		b.Close(context.WithoutCancel(ctx))
		if c != nil {
			c.Release()
		}
		return "", nil, nil, fmt.Errorf("search parameters: %w", err)
	}
	background, quiet := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); house.Index.Run(background) }()
	door := openDoor(house)
	return door.Base, door.Client, func() error {
		err := door.Close()
		quiet()
		<-ended
		b.Close(context.WithoutCancel(ctx))
		if c != nil {
			c.Release()
		}
		return err
	}, nil
}

// outsideClient talks to another process. There is no limit of time: a large
// transaction takes as long as it takes, and Ctrl-C ends it.
func outsideClient() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64}}
}
