package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/webdoctor/webdoctor/migrations"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
)

// database looks at Postgres, the schema and the clock. The private Postgres
// is started for it unless a server that runs has it.
func (d *Doctor) database(ctx context.Context, s Services, log *slog.Logger) []diagnosis {
	b := &Backends{DatabaseURL: s.Database, log: log}
	var found []diagnosis
	if s.Database == "" {
		found = append(found, d.programmes(ctx))
		if _, err := os.Stat(filepath.Join(d.Dir, "postgres")); err != nil {
			return append(found, diagnosis{what: "database", detail: "there is none yet; the first start makes it"})
		}
		c, err := claim(d.Dir, "doctor")
		if t, ok := errors.AsType[*taken](err); ok {
			return append(found, running(t.holder))
		}
		if err != nil {
			return append(found, diagnosis{what: "database", state: bad, detail: err.Error()})
		}
		defer c.Release()
		if err := b.startPostgres(ctx, d.Dir); err != nil {
			return append(found, diagnosis{what: "database", state: bad, detail: firstLine(err), advice: "see postgres/postgres.log in the data directory"})
		}
		defer b.Close(context.WithoutCancel(ctx))
	}
	return append(found, examine(ctx, b.DatabaseURL)...)
}

// examine looks at a database that is up.
func examine(ctx context.Context, url string) []diagnosis {
	ctx, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	status, err := migrations.Check(ctx, url)
	if err != nil {
		return []diagnosis{{what: "database", state: bad, detail: firstLine(err), advice: "check that PostgreSQL runs, and DATABASE_URL or the PG variables"}}
	}
	schema := diagnosis{what: "schema", detail: fmt.Sprintf("%d steps applied", len(status.Applied))}
	if err := schemaProblem(status); err != nil {
		schema.state, schema.detail = bad, err.Error()
	} else if len(status.Pending) > 0 {
		schema.state, schema.detail = odd, fmt.Sprintf("%d steps pending", len(status.Pending))
		schema.advice = "run webdoctor migrate, or start the server, which does the same"
	}
	found := []diagnosis{{what: "database", detail: "answers"}, schema}
	begun := time.Now()
	there, err := storage.Now(ctx, url)
	if err != nil {
		return append(found, diagnosis{what: "clock", state: bad, detail: firstLine(err)})
	}
	here := begun.Add(time.Since(begun) / 2)
	clock := diagnosis{what: "clock", detail: fmt.Sprintf("%.0f ms apart from the database", math.Abs(float64(there.Sub(here).Milliseconds())))}
	if there.Sub(here).Abs() > 2*time.Second {
		clock.state, clock.advice = bad, "let both machines take the time from the same server (NTP): versions are stamped with it"
	}
	return append(found, clock)
}

// running tells what the holder of the data directory says of itself.
func running(h Holder) diagnosis {
	f := diagnosis{what: "database", detail: fmt.Sprintf("in use by \"webdoctor %s\" (process %d)", h.Command, h.PID)}
	if h.Base == "" {
		return f
	}
	ready, detail, err := askReady(h.Base)
	switch {
	case err != nil:
		f.state, f.advice = bad, "the server does not answer: "+firstLine(err)
	case !ready:
		f.state, f.advice = bad, "the server says that it is not ready: "+detail
	default:
		f.detail += ", ready"
	}
	return f
}

// objects asks whether the place is there and can be used.
func (d *Doctor) objects(ctx context.Context, s Services) diagnosis {
	ctx, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	f := diagnosis{what: "objects"}
	var store blob.Backend
	var err error
	if s.S3.Endpoint != "" {
		f.detail, f.advice = "S3 bucket "+s.S3.Bucket, "check S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_TLS and the keys"
		store, err = blob.S3(s.S3)
	} else {
		dir := filepath.Join(d.Dir, "blobs")
		f.detail, f.advice = "kept in "+dir, "check who owns the data directory"
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			f.detail += ", which the first start makes"
			return f
		}
		store, err = blob.Dir(dir)
	}
	if err == nil {
		err = store.Check(ctx)
	}
	if err != nil {
		f.state, f.detail = bad, firstLine(err)
	}
	return f
}

func (d *Doctor) redis(ctx context.Context, s Services) diagnosis {
	if s.Redis == "" {
		return diagnosis{what: "redis", detail: "in process"}
	}
	ctx, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	options, err := redis.ParseURL(s.Redis)
	if err != nil {
		return diagnosis{what: "redis", state: bad, detail: "REDIS_URL cannot be read", advice: "it looks like redis://user:password@host:6379/0"}
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return diagnosis{what: "redis", state: bad, detail: firstLine(err), advice: "check that Redis runs, and REDIS_URL"}
	}
	return diagnosis{what: "redis", detail: "answers"}
}
