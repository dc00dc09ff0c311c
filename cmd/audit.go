package cmd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/ledger"
)

// Recording is whether and how accesses are recorded.
type Recording struct {
	Audit            string        `help:"Whether every access is put on record (on) or none (off); auto records where accounts are asked for." enum:"auto,on,off" default:"auto"`
	AuditKey         string        `help:"File with the key that signs the record; it is made if it is not there. By default audit.key in the data directory." placeholder:"FILE"`
	AuditEvery       time.Duration `help:"How often the record is signed, when something has happened." default:"10s"`
	AuditCheckpoints string        `help:"Directory that gets a copy of every signed checkpoint; best one that another machine keeps." placeholder:"DIR"`
	AuditLax         bool          `help:"Answer reads that cannot be recorded. What is changed is always recorded."`
}

// Record is how accesses are recorded, once that is settled.
type Record struct {
	Recording
	key ledger.Signer
}

// open reads or makes the key. It is nil when nothing is recorded.
func (r Recording) open(dir string, guarded bool) (*Record, error) {
	if r.Audit == "off" || r.Audit == "auto" && !guarded {
		return nil, nil
	}
	file := r.AuditKey
	if file == "" {
		file = filepath.Join(dir, "audit.key")
	}
	key, err := auditKey(file)
	if err != nil {
		return nil, err
	}
	if r.AuditCheckpoints != "" {
		if err := os.MkdirAll(r.AuditCheckpoints, 0o700); err != nil {
			return nil, fmt.Errorf("make the directory of checkpoints: %w", err)
		}
	}
	return &Record{r, key}, nil
}

// auditKey reads the key that signs, or makes one, with the key that verifies
// beside it: FILE.pub.
func auditKey(file string) (ledger.Signer, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newAuditKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of the record: %w", err)
	}
	key, err := ledger.ReadSigner(string(text))
	if err != nil {
		return nil, fmt.Errorf("the key of the record in %s cannot be used: %w", file, err)
	}
	return key, nil
}

func newAuditKey(file string) ([]byte, error) {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	secret, public, err := ledger.NewKey(fmt.Sprintf("webdoctor-audit-%x", id))
	if err != nil {
		return nil, err
	}
	pub, err := os.OpenFile(file+".pub", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is missing and %s.pub is there: put the key back, or move both away to go on with a new one", file, file)
	}
	if err != nil {
		return nil, err
	}
	_, err = pub.WriteString(public + "\n")
	if err = errors.Join(err, pub.Sync(), pub.Close()); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return []byte(secret), nil
}

// audit is the record of a database. base is the URL of the server.
func (r *Record) audit(db *storage.DB, params *search.Registry, base string) *storage.Audit {
	site := base
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" {
		site = u.Hostname()
	}
	c := storage.AuditConfig{
		Key: r.key, Every: r.AuditEvery,
		Render: func(e fhir.Event, updated time.Time) ([]byte, error) { return r4.AuditEvent(e, site, updated) },
	}
	if r.AuditCheckpoints != "" {
		c.Checkpoints = func(signed []byte) error { return keepCheckpoint(r.AuditCheckpoints, signed) }
	}
	return storage.NewAudit(db, params, c)
}

// keepCheckpoint writes a checkpoint to a directory under the number of its
// leaves, and as the newest.
func keepCheckpoint(dir string, signed []byte) error {
	lines := strings.SplitN(string(signed), "\n", 3)
	if len(lines) < 3 {
		return errors.New("a checkpoint without a size")
	}
	for _, name := range []string{lines[1] + ".checkpoint", "newest.checkpoint"} {
		temporary := filepath.Join(dir, "."+name)
		if err := os.WriteFile(temporary, signed, 0o644); err != nil {
			return err
		}
		if err := os.Rename(temporary, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// subject is whose record counts.
var subject = engine.Subject{Type: r4.Subject, Params: r4.SubjectParams}

// known puts what the door knows of a request into its context, for the record.
func known(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p := authz.From(ctx)
	r := &fhir.Request{Address: p.Address, Account: p.Account, Token: p.Token, Purpose: p.Purpose, Actor: fhir.Actor{Client: p.Client}}
	if r.Address == "" {
		r.Address = strings.Clone(c.IP())
	}
	if len(p.Self) > 0 {
		r.Actor.Reference = p.Self[0].Current().String()
	}
	if p.Plugin != "" {
		r.Actor.Client = p.Plugin
	}
	c.SetUserContext(fhir.WithRequest(ctx, r))
	return c.Next()
}
