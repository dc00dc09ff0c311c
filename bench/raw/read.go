package raw

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotFound says that a query had no row.
var ErrNotFound = errors.New("raw: not found")

// Read fetches the current version of a resource. The bytes belong to the
// connection and are good until its next use.
func (c *Conn) Read(ctx context.Context, r *Record) ([]byte, error) {
	return c.one(ctx, read, r.Plan.kind, r.ID)
}

// History fetches the newest twenty versions and says how many there were.
func (c *Conn) History(ctx context.Context, r *Record) (int, error) {
	rows, err := c.pg.Query(ctx, history, r.Plan.kind, r.ID)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n += min(1, len(rows.RawValues()))
	}
	return n, rows.Err()
}

// one fetches a single value without decoding it.
func (c *Conn) one(ctx context.Context, sql string, args ...any) ([]byte, error) {
	rows, err := c.pg.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := rows.Next()
	if found {
		c.buf = append(c.buf[:0], rows.RawValues()[0]...)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if !found {
		return nil, ErrNotFound
	}
	return c.buf, nil
}

// binaryPlan is what a Binary is indexed by: nothing.
var binaryPlan = &Plan{kind: typeNumber(binary)}

// envelope is the JSON of a Binary whose bytes are kept elsewhere.
func envelope(id string, version int, now time.Time, body []byte) string {
	sum := sha256.Sum256(body)
	return fmt.Sprintf(`{"resourceType":"Binary","id":"%s","meta":{"versionId":"%d","lastUpdated":"%s"},"contentType":"application/octet-stream","data":"%s"}`,
		id, version, now.Format(instant), hex.EncodeToString(sum[:]))
}

// CreateBinary stores bytes as a new Binary in one statement.
func (c *Conn) CreateBinary(ctx context.Context, body []byte) (*Record, error) {
	rid, err := c.nextRID(ctx)
	if err != nil {
		return nil, err
	}
	r, now := &Record{ID: NewID(), Plan: binaryPlan, rid: rid, version: 1}, time.Now().UTC()
	if _, err := c.pg.Exec(ctx, insertBlob, now, rid, r.Plan.kind, r.ID, envelope(r.ID, 1, now, body), body); err != nil {
		return nil, fmt.Errorf("create binary: %w", err)
	}
	return r, nil
}

// UpdateBinary gives a Binary other bytes in one statement.
func (c *Conn) UpdateBinary(ctx context.Context, r *Record, body []byte) error {
	now := time.Now().UTC()
	err := c.pg.QueryRow(ctx, replaceBlob, now, r.rid, r.version, envelope(r.ID, r.version+1, now, body), body).Scan(&r.version)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrMoved
	}
	if err != nil {
		return fmt.Errorf("update binary: %w", err)
	}
	return nil
}

// ReadBinary fetches the bytes of a Binary; they are good until the
// connection's next use.
func (c *Conn) ReadBinary(ctx context.Context, r *Record) ([]byte, error) {
	return c.one(ctx, readBlob, r.Plan.kind, r.ID)
}

// ReadRange fetches length bytes of a Binary from offset on.
func (c *Conn) ReadRange(ctx context.Context, r *Record, offset, length int) ([]byte, error) {
	return c.one(ctx, readRange, r.Plan.kind, r.ID, offset+1, length)
}
