package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/migrations"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

// Backends are the services in use, whoever started them.
type Backends struct {
	DatabaseURL string
	RedisURL    string
	DB          *storage.DB
	Blobs       *blob.Store
	Record      *Record       // how accesses are recorded; nil: they are not
	Pages       *search.Pages // makes the links of pages, by a key that is kept in the database

	log      *slog.Logger
	postgres *embedded.Postgres // nil when one is configured
	redis    *embedded.Redis    // nil when one is configured
}

// openBackends starts what is not configured, reaches what is, and brings the
// schema up to date. The context bounds the start only.
func openBackends(ctx context.Context, dir string, s Services, log *slog.Logger) (_ *Backends, err error) {
	b := &Backends{DatabaseURL: s.Database, RedisURL: s.Redis, log: log}
	defer func() {
		if err != nil {
			b.Close(context.WithoutCancel(ctx))
		}
	}()
	if b.RedisURL == "" {
		if b.redis, err = embedded.StartRedis(ctx); err != nil {
			return nil, err
		}
		b.RedisURL = b.redis.URL()
	}
	if b.Blobs, err = openBlobs(dir, s); err != nil {
		return nil, err
	}
	if err = b.openDatabase(ctx, dir); err != nil {
		return nil, err
	}
	return b, nil
}

// openBlobs does not talk to the store yet: a server whose object store is
// down for a moment starts all the same and says that it is not ready.
func openBlobs(dir string, s Services) (*blob.Store, error) {
	backend, spool, err := openObjects(dir, s)
	if err != nil {
		return nil, err
	}
	return blob.New(backend, spool), nil
}

// openObjects is where binaries are kept, and where uploads wait.
func openObjects(dir string, s Services) (backend blob.Backend, spool string, err error) {
	if s.S3.Endpoint == "" {
		backend, err = blob.Dir(filepath.Join(dir, "blobs"))
	} else {
		backend, err = blob.S3(s.S3)
	}
	if err == nil && len(s.Keys) > 0 {
		backend, err = blob.Sealed(backend, s.Keys)
	}
	if err != nil || s.S3.Endpoint == "" && len(s.Keys) == 0 {
		return backend, "", err // a directory has a spool of its own
	}
	spool = filepath.Join(dir, "spool")
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return nil, "", fmt.Errorf("make the spool directory: %w", err)
	}
	return backend, spool, nil
}

// ownDatabase is the name of our database in the private Postgres.
const ownDatabase = "webdoctor"

func (b *Backends) openDatabase(ctx context.Context, dir string) (err error) {
	if err = b.startPostgres(ctx, dir); err != nil {
		return err
	}
	if err = patiently(ctx, b.log, func() error { return migrations.Up(ctx, b.DatabaseURL) }); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	config := storage.Config{Logger: b.log}
	if b.postgres != nil { // it has no processors but ours
		config.Searches = 2 * runtime.GOMAXPROCS(0)
	}
	if b.DB, err = storage.Open(ctx, b.DatabaseURL, config); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	key, err := b.DB.Secret(ctx, "page links", search.PageKeySize)
	if err == nil {
		b.Pages, err = search.NewPages(key)
	}
	return err
}

// startPostgres starts the private Postgres if no database is configured.
func (b *Backends) startPostgres(ctx context.Context, dir string) (err error) {
	if b.DatabaseURL != "" {
		return nil
	}
	if b.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: filepath.Join(dir, "postgres"), Logger: b.log}); err != nil {
		return err
	}
	if err = b.postgres.CreateDatabase(ctx, ownDatabase); err != nil {
		return err
	}
	b.DatabaseURL = b.postgres.URL(ownDatabase)
	return nil
}

// patience is how long a configured database may take to come up: machines
// that start together do not start at the same moment.
const patience = 30 * time.Second

// patiently tries again while nobody listens at the address yet, or the
// database says that it is starting up. Any other refusal is final.
func patiently(ctx context.Context, log *slog.Logger, try func() error) error {
	for begun, wait := time.Now(), 100*time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := try()
		soon := err != nil && (errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) || strings.Contains(err.Error(), "SQLSTATE 57P03"))
		if !soon || time.Since(begun) > patience {
			return err
		}
		log.Warn("the database does not answer yet, trying again", "after", wait.String())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Died is closed when the private Postgres has ended and will not come back.
func (b *Backends) Died() <-chan struct{} {
	if b.postgres == nil {
		return nil
	}
	return b.postgres.Done()
}

// Close ends what was opened, in the opposite order, and returns when the
// private Postgres has written its last checkpoint.
func (b *Backends) Close(ctx context.Context) {
	if b.DB != nil {
		b.DB.Close()
	}
	if b.redis != nil {
		b.redis.Stop()
	}
	if b.postgres != nil {
		if err := b.postgres.Stop(ctx); err != nil {
			b.log.Error("stop the private postgres", "error", err.Error())
		}
	}
}
