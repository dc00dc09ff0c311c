package storage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/fhir/engine"
)

// terminologyTypes are the resource types whose resources say something about
// codes.
var terminologyTypes = map[string]bool{"CodeSystem": true, "ValueSet": true, "ConceptMap": true}

// A change that writes resources of terminology says so as its last statement
// before it is committed: whoever waits for the row holds nothing that another
// such change needs.
const nextTerminology = `UPDATE terminology_change SET generation = generation + 1`

// terminologyAge is how old what is known of other servers may be when it
// need not be exact.
const terminologyAge = time.Second

// Terminology tells when resources of terminology were written.
type Terminology struct{ db *DB }

var _ engine.Changes = Terminology{}

// NewTerminology returns that of a database.
func NewTerminology(db *DB) Terminology { return Terminology{db} }

// Generation is another number after every change that has been committed.
func (t Terminology) Generation(ctx context.Context, exact bool) (int64, error) {
	number, epoch, ok := t.db.changes.known()
	if ok && !exact {
		return number, nil
	}
	if err := t.db.pool.QueryRow(ctx, `SELECT generation FROM terminology_change`).Scan(&number); err != nil {
		return 0, fmt.Errorf("read the generation of the terminology: %w", failure(err))
	}
	t.db.changes.learn(number, epoch)
	return number, nil
}

// changes is what this server knows of the generation. The zero value knows
// nothing.
type changes struct {
	mu     sync.Mutex
	number int64
	epoch  int // goes up with every change of this server
	read   time.Time
}

// known is the number, if it is not too old.
func (c *changes) known() (number int64, epoch int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number, c.epoch, !c.read.IsZero() && time.Since(c.read) < terminologyAge
}

// learn keeps a number that was read after the epoch began.
func (c *changes) learn(number int64, epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch == c.epoch && number >= c.number {
		c.number, c.read = number, time.Now()
	}
}

// forget is called after this server has committed a change.
func (c *changes) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	c.read = time.Time{}
}
