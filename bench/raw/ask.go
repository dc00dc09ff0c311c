package raw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Visit is called with the bytes of each resource found, which are good until
// it returns; nil where nobody looks at them.
type Visit func(content []byte)

// searchIndexes is what only searches need: sorting and comparing what another
// condition has led to. The server has the like; they are made after the load
// and taken away before scenarios that write are timed, so that the floor for
// writes stays where it is.
const (
	searchIndexes = `CREATE INDEX date_of ON date (rid, param, low); CREATE INDEX number_of ON number (rid, param, value)`
	noSearch      = `DROP INDEX IF EXISTS date_of, number_of`
)

// ForSearch makes the indexes that only searches need, and ForWrites takes
// them away.
func (d *Database) ForSearch(ctx context.Context) error {
	_, err := d.admin.Exec(ctx, noSearch+";"+searchIndexes)
	return err
}

// ForWrites takes away what ForSearch has made.
func (d *Database) ForWrites(ctx context.Context) error {
	_, err := d.admin.Exec(ctx, noSearch)
	return err
}

// searching makes a connection plan a statement once and never again: the
// shapes are right for common and rare values alike, and planning would cost
// more than most of them.
func (c *Conn) searching(ctx context.Context) error {
	if c.texts != nil {
		return nil
	}
	c.texts = map[string]string{}
	_, err := c.pg.Exec(ctx, "SET plan_cache_mode = force_generic_plan")
	return err
}

// text is the statement of a shape, made once.
func (c *Conn) text(s Search, kind string, make func() string) string {
	key := kind + s.shape()
	sql, ok := c.texts[key]
	if !ok {
		sql = make()
		c.texts[key] = sql
	}
	return sql
}

// Search fetches the resources found and says how many.
func (c *Conn) Search(ctx context.Context, s Search, visit Visit) (n int, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, err
	}
	return c.fetch(ctx, visit, c.text(s, "rows", s.contents), s.args()...)
}

// fetch runs a statement whose rows are contents.
func (c *Conn) fetch(ctx context.Context, visit Visit, sql string, args ...any) (n int, err error) {
	rows, err := c.pg.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return drain(rows, visit)
}

func drain(rows pgx.Rows, visit Visit) (n int, err error) {
	defer rows.Close()
	for rows.Next() {
		n++
		if visit != nil {
			visit(rows.RawValues()[0])
		}
	}
	rows.Close()
	return n, rows.Err()
}

// Total counts all that is found.
func (c *Conn) Total(ctx context.Context, s Search) (n int, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, err
	}
	err = c.pg.QueryRow(ctx, c.text(s, "total", s.counting), s.args()...).Scan(&n)
	return n, err
}

func (s Search) counting() string { return "SELECT count(*) FROM (" + s.rows(false) + ") w" }

// Both is Search and Total, sent together.
func (c *Conn) Both(ctx context.Context, s Search, visit Visit) (n, total int, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, 0, err
	}
	var batch pgx.Batch
	batch.Queue(c.text(s, "rows", s.contents), s.args()...).Query(func(rows pgx.Rows) error {
		n, err = drain(rows, visit)
		return err
	})
	batch.Queue(c.text(s, "total", s.counting), s.args()...).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	return n, total, c.pg.SendBatch(ctx, &batch).Close()
}

// Nth is the number of the n-th row found, counted from one: where a page ends.
func (c *Conn) Nth(ctx context.Context, s Search, n int) (rid int64, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, err
	}
	s.limit = n
	err = c.pg.QueryRow(ctx, fmt.Sprintf("SELECT rid FROM (%s) w OFFSET %d", s.rows(true), n-1), s.args()...).Scan(&rid)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNotFound
	}
	return rid, err
}

const readMany = `
SELECT v.content FROM unnest($1::smallint[], $2::text[]) AS a (type, id) JOIN resource r ON r.type = a.type AND r.id = a.id
JOIN version v ON v.rid = r.rid AND v.version = r.version WHERE NOT r.deleted`

// ReadMany fetches resources by their literal references.
func (c *Conn) ReadMany(ctx context.Context, refs []string, visit Visit) (n int, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, err
	}
	kinds, ids := make([]int16, len(refs)), make([]string, len(refs))
	for i, ref := range refs {
		typ, id, _ := strings.Cut(ref, "/")
		kinds[i], ids[i] = typeNumber(typ), id
	}
	return c.fetch(ctx, visit, readMany, kinds, ids)
}

const readAbout = `
SELECT v.content FROM (SELECT rid FROM resource WHERE type = $1 AND id = $2 AND NOT deleted
  UNION ALL SELECT rid FROM reference WHERE key = ANY ($3)) w
JOIN resource r ON r.rid = w.rid JOIN version v ON v.rid = r.rid AND v.version = r.version`

// About fetches a resource and all that refers to it by the parameters given
// as Type.param.
func (c *Conn) About(ctx context.Context, ref string, params []string, visit Visit) (n int, err error) {
	if err := c.searching(ctx); err != nil {
		return 0, err
	}
	typ, id, _ := strings.Cut(ref, "/")
	keys := make([]int64, len(params))
	for i, p := range params {
		keys[i] = hash(p + "|" + ref)
	}
	return c.fetch(ctx, visit, readAbout, typeNumber(typ), id, keys)
}

const idsOf = `
SELECT DISTINCT r.id FROM string w JOIN resource r ON r.rid = w.rid WHERE w.param = $1 AND w.value >= $2 AND w.value < $3`

// Named is the references of all of a type that have a text that begins so:
// the first half of a chain.
func (c *Conn) Named(ctx context.Context, typ, param, text string) (refs []string, err error) {
	if err := c.searching(ctx); err != nil {
		return nil, err
	}
	low := strings.ToLower(text)
	rows, err := c.pg.Query(ctx, idsOf, hash(typ+"."+param), low, low+"\U0010FFFF")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		refs = append(refs, typ+"/"+string(rows.RawValues()[0]))
	}
	return refs, rows.Err()
}

// References appends what a member of a resource refers to: those literal
// references to resources of a type that stand right behind the text, each
// once.
func References(to []string, content []byte, before, typ string) []string {
	for {
		i := bytes.Index(content, []byte(before))
		if i < 0 {
			return to
		}
		content = content[i+len(before):]
		end := bytes.IndexByte(content, '"')
		if end < 0 {
			return to
		}
		if ref := content[:end]; bytes.HasPrefix(ref, []byte(typ)) && !slices.Contains(to, string(ref)) {
			to = append(to, string(ref))
		}
	}
}
