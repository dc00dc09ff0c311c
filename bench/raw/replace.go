package raw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMoved says that a record was replaced by somebody else meanwhile.
var ErrMoved = errors.New("raw: another version is current")

const (
	methodPut    = 2
	methodDelete = 4
)

// Update replaces a resource by another body in one statement.
func (c *Conn) Update(ctx context.Context, r *Record, p *Plan, refs []string) error {
	now := time.Now().UTC()
	c.buf = p.Template.AppendStored(c.buf[:0], r.ID, r.version+1, now.Format(instant), refs)
	content := string(c.buf)
	if err := c.replace(ctx, now, r, p, refs, false, &content); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	r.Plan, r.refs = p, refs
	return nil
}

// Delete makes a deletion the current version and takes the index rows away.
func (c *Conn) Delete(ctx context.Context, r *Record) error {
	if err := c.replace(ctx, time.Now().UTC(), r, &Plan{}, nil, true, nil); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}

func (c *Conn) replace(ctx context.Context, now time.Time, r *Record, p *Plan, refs []string, deleted bool, content *string) error {
	method := methodPut
	if deleted {
		method = methodDelete
	}
	gone, fresh := difference(r.Plan, r.refs, p, refs), difference(p, refs, r.Plan, r.refs)
	args := []any{now, r.rid, r.version, deleted, method, content}
	args = append(append(args, gone.rows()...), fresh.rows()...)
	var version int
	err := c.pg.QueryRow(ctx, replace, args...).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrMoved
	}
	if err != nil {
		return err
	}
	r.version = version
	return nil
}

// difference is the index rows of a that b does not have.
func difference(a *Plan, aRefs []string, b *Plan, bRefs []string) *insertion {
	d := &insertion{}
	for _, t := range a.tokens {
		if !slices.Contains(b.tokens, t) {
			d.tokKey, d.system = append(d.tokKey, t.key), append(d.system, t.system)
		}
	}
	have := b.keys(bRefs)
	for _, key := range a.keys(aRefs) {
		if !slices.Contains(have, key) {
			d.refKey = append(d.refKey, key)
		}
	}
	for _, s := range a.strings {
		if !slices.Contains(b.strings, s) {
			d.strParam, d.value = append(d.strParam, s.param), append(d.value, s.value)
		}
	}
	for _, x := range a.dates {
		if !slices.Contains(b.dates, x) {
			d.dateParam, d.low, d.high = append(d.dateParam, x.param), append(d.low, x.low), append(d.high, x.high)
		}
	}
	for _, n := range a.numbers {
		if !slices.Contains(b.numbers, n) {
			d.numParam, d.numUnit, d.num = append(d.numParam, n.param), append(d.numUnit, n.unit), append(d.num, n.value)
		}
	}
	return d
}

// rows is the arguments of one of the two lists of the replace statement.
func (w *insertion) rows() []any {
	return []any{w.tokKey, w.system, w.refKey, w.strParam, w.value, w.dateParam, w.low, w.high, w.numParam, w.numUnit, w.num}
}
