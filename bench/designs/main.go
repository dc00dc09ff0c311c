package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/bench/measure"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

// options are the command line.
type options struct {
	Resources   []int         `default:"30000" help:"How many generated resources to load; each size is a run of its own."`
	Data        string        `type:"existingfile" help:"Load the transaction bundles in this .tar.gz instead."`
	Times       int           `default:"1" help:"Load --data so many times, each time with other ids."`
	Dir         string        `help:"Keep the databases here. Default: a temporary directory that is removed."`
	Load        bool          `help:"Only load, into --dir."`
	Ask         bool          `help:"Only ask what an earlier run has loaded into --dir."`
	Designs     []string      `default:"rows,homes,arrays" help:"Which designs."`
	Questions   []string      `help:"Which questions. Default: all."`
	Concurrency []int         `default:"1,16" help:"How many connections at once."`
	Slice       time.Duration `default:"600ms" help:"How long a design is asked a question before it is the next one's turn."`
	Rounds      int           `default:"2" help:"Turns."`
	Workers     int           `default:"4" help:"Connections while loading."`
	Plans       string        `help:"Write the plans of all questions to this file."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("designs"), kong.Description("Compare ways to keep search values in Postgres."))
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "designs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	if (o.Load || o.Ask) && o.Dir == "" {
		return errors.New("--load and --ask need --dir")
	}
	if o.Data != "" {
		o.Resources = []int{0}
	}
	for _, n := range o.Resources {
		if err := o.one(ctx, n, out); err != nil {
			return err
		}
	}
	return nil
}

// one is the run of one size.
func (o options) one(ctx context.Context, resources int, out io.Writer) (err error) {
	name := fmt.Sprintf("b100-%d", resources)
	if o.Data != "" {
		name = fmt.Sprintf("bundles-x%d", o.Times)
	}
	top := o.Dir
	if top == "" {
		if top, err = os.MkdirTemp("", "webdoctor-designs"); err != nil {
			return err
		}
		defer os.RemoveAll(top)
	}
	dir := filepath.Join(top, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	pg, err := embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: filepath.Join(dir, "postgres"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, pg.Stop(stop))
	}()
	fmt.Fprintf(out, "## %s\n\n", name)
	b, err := o.bench(pg.URL("postgres"), out)
	if err != nil {
		return err
	}
	facts := filepath.Join(dir, "pool.json")
	if !o.Ask {
		src := generated(resources)
		if o.Data != "" {
			src = bundles(o.Data, o.Times)
		}
		if err := b.load(ctx, src); err != nil {
			return err
		}
		if err := b.pool.save(facts); err != nil {
			return err
		}
	}
	if o.Load {
		return nil
	}
	if err := b.pool.read(facts); err != nil {
		return err
	}
	return b.ask(ctx)
}

// bench is one database with all designs in it.
type bench struct {
	options
	url     string
	out     io.Writer
	values  *values
	designs []design
	pool    pool
}

func (o options) bench(url string, out io.Writer) (*bench, error) {
	b := &bench{options: o, url: url, out: out, values: newValues()}
	for _, name := range o.Designs {
		make, ok := map[string]func(*values) design{"rows": newRows, "homes": newHomes, "arrays": newArrays}[name]
		if !ok {
			return nil, fmt.Errorf("there is no design %q", name)
		}
		b.designs = append(b.designs, make(b.values))
	}
	return b, nil
}

// connect opens a connection. Plans of a design are made once or each time, as
// is better for it.
func (b *bench) connect(ctx context.Context, plans string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(b.url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["jit"] = "off"
	if plans != "" {
		config.RuntimeParams["plan_cache_mode"] = plans
	}
	return pgx.ConnectConfig(ctx, config)
}

func (b *bench) plan() measure.Plan {
	return measure.Plan{Warm: b.Slice / 2, Slice: b.Slice, Rounds: b.Rounds}
}
