package raw

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// block is how many numbers the sequence hands out at once.
const block = 1024

const instant = "2006-01-02T15:04:05.000Z"

// Conn is a connection that one worker has to itself. It is not safe for
// concurrent use.
type Conn struct {
	pg        *pgx.Conn
	rid, last int64 // numbers still unused
	buf       []byte
	texts     map[string]string // of searches, by shape
}

// Close ends the connection.
func (c *Conn) Close(ctx context.Context) error { return c.pg.Close(ctx) }

// Record is a resource that has been written: what its writer must remember to
// replace it.
type Record struct {
	ID      string
	Plan    *Plan
	rid     int64
	version int
	refs    []string
}

// Row is the number of the record's row.
func (r *Record) Row() int64 { return r.rid }

// Stored is the record of the resource that an earlier run has written at a
// position of refs, its first version.
func Stored(p *Plan, refs []string, at int, row int64) Record {
	_, id, _ := strings.Cut(refs[at], "/")
	return Record{ID: id, Plan: p, rid: row, version: 1, refs: refs}
}

// Ref is the literal reference of the record.
func (r *Record) Ref() string { return r.Plan.Template.Type + "/" + r.ID }

func (c *Conn) nextRID(ctx context.Context) (int64, error) {
	if c.rid == c.last {
		if err := c.pg.QueryRow(ctx, "SELECT nextval('rids')").Scan(&c.rid); err != nil {
			return 0, fmt.Errorf("take numbers: %w", err)
		}
		c.last = c.rid + block
	}
	c.rid++
	return c.rid - 1, nil
}

// NewID makes an id as servers do: a UUID that grows with time, so that new
// rows stand at the end of the index.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Create writes new resources in one statement. References between them are by
// position; refs, if not nil, gives the references by position instead.
func (c *Conn) Create(ctx context.Context, plans []*Plan, refs []string) ([]Record, error) {
	w, records, err := c.prepare(ctx, plans, refs)
	if err != nil {
		return nil, err
	}
	if _, err := c.pg.Exec(ctx, insert, w.args()...); err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	return records, nil
}

// CreateEach writes new resources in a statement of their own each, sent
// together: the shape of a batch, whose entries stand alone.
func (c *Conn) CreateEach(ctx context.Context, plans []*Plan, refs []string) error {
	var batch pgx.Batch
	for i := range plans {
		w, _, err := c.prepare(ctx, plans[i:i+1], refs)
		if err != nil {
			return err
		}
		batch.Queue(insert, w.args()...)
	}
	if err := c.pg.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("create each: %w", err)
	}
	return nil
}

func (c *Conn) prepare(ctx context.Context, plans []*Plan, refs []string) (*insertion, []Record, error) {
	now := time.Now().UTC()
	records := make([]Record, len(plans))
	own := refs == nil
	if own {
		refs = make([]string, len(plans))
	}
	for i, p := range plans {
		rid, err := c.nextRID(ctx)
		if err != nil {
			return nil, nil, err
		}
		records[i] = Record{ID: NewID(), Plan: p, rid: rid, version: 1, refs: refs}
		if own {
			refs[i] = records[i].Ref()
		}
	}
	w := &insertion{now: now}
	stamp := now.Format(instant)
	for i := range records {
		r := &records[i]
		c.buf = r.Plan.Template.AppendStored(c.buf[:0], r.ID, 1, stamp, refs)
		w.add(r, string(c.buf))
	}
	return w, records, nil
}

// insertion is the arguments of the insert statement, column by column.
type insertion struct {
	now                                  time.Time
	rid, tokKey, tokRID, refKey, refRID  []int64
	strParam, strRID, dateParam, dateRID []int64
	numParam, numUnit, numRID            []int64
	kind                                 []int16
	system                               []int32
	id, content, value                   []string
	low, high                            []time.Time
	num                                  []float64
}

func (w *insertion) add(r *Record, content string) {
	p := r.Plan
	w.rid, w.kind, w.id, w.content = append(w.rid, r.rid), append(w.kind, p.kind), append(w.id, r.ID), append(w.content, content)
	for _, t := range p.tokens {
		w.tokKey, w.system, w.tokRID = append(w.tokKey, t.key), append(w.system, t.system), append(w.tokRID, r.rid)
	}
	for _, key := range p.keys(r.refs) {
		w.refKey, w.refRID = append(w.refKey, key), append(w.refRID, r.rid)
	}
	for _, s := range p.strings {
		w.strParam, w.value, w.strRID = append(w.strParam, s.param), append(w.value, s.value), append(w.strRID, r.rid)
	}
	for _, d := range p.dates {
		w.dateParam, w.low, w.high, w.dateRID = append(w.dateParam, d.param), append(w.low, d.low), append(w.high, d.high), append(w.dateRID, r.rid)
	}
	for _, n := range p.numbers {
		w.numParam, w.numUnit, w.num, w.numRID = append(w.numParam, n.param), append(w.numUnit, n.unit), append(w.num, n.value), append(w.numRID, r.rid)
	}
}

func (w *insertion) args() []any {
	return []any{w.now, w.rid, w.kind, w.id, w.content, w.tokKey, w.system, w.tokRID, w.refKey, w.refRID,
		w.strParam, w.value, w.strRID, w.dateParam, w.low, w.high, w.dateRID, w.numParam, w.numUnit, w.num, w.numRID}
}

// keys is the keys of the references, now that the other ends are known; two
// positions may have become the same resource.
func (p *Plan) keys(refs []string) []int64 {
	keys := make([]int64, 0, len(p.refs))
	for _, t := range p.refs {
		keys = once(keys, hash(t.name+"|"+refs[t.at]))
	}
	return keys
}

// Refs is the references of records by position, for what refers to them later.
func Refs(records []Record) []string {
	refs := make([]string, len(records))
	for i := range records {
		refs[i] = records[i].Ref()
	}
	return refs
}
