package storage

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"

	"github.com/webdoctor/webdoctor/storage/ledger"
)

// exportBundles is how many rows are read at once.
const exportBundles = 64

// Export writes all leaves and checkpoints as they are at one moment, for
// ledger.Verify. private adds the private parts.
func (a *Audit) Export(ctx context.Context, w io.Writer, private bool) (leaves int64, err error) {
	tx, err := a.db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return 0, fmt.Errorf("export: %w", failure(err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	rows, err := tx.Query(ctx, `SELECT size, note FROM audit_checkpoint ORDER BY size`)
	if err != nil {
		return 0, fmt.Errorf("export: %w", failure(err))
	}
	type checkpoint struct {
		Size int64
		Note string
	}
	signed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[checkpoint])
	if err != nil {
		return 0, fmt.Errorf("export: %w", failure(err))
	}
	var out []byte
	for more := true; more; {
		rows, err := tx.Query(ctx, `SELECT first, count, hashes, leaves, private FROM audit_bundle WHERE first >= $1 ORDER BY first LIMIT $2`, leaves, exportBundles)
		if err != nil {
			return leaves, fmt.Errorf("export: %w", failure(err))
		}
		more = false
		err = a.bundles(rows, func(first int64, count int, b bundle) error {
			more, leaves = true, first+int64(count)
			return b.each(func(i int, hash, leaf, secret []byte) error {
				if !private {
					secret = nil
				}
				out = ledger.AppendLeaf(out, first+int64(i), hash, leaf, secret)
				for len(signed) > 0 && signed[0].Size <= first+int64(i)+1 {
					out = ledger.AppendCheckpoint(out, []byte(signed[0].Note))
					signed = signed[1:]
				}
				return nil
			})
		})
		if err != nil {
			return leaves, err
		}
		if _, err := w.Write(out); err != nil {
			return leaves, err
		}
		out = out[:0]
	}
	for _, c := range signed { // of leaves that are gone
		if _, err := w.Write(ledger.AppendCheckpoint(nil, []byte(c.Note))); err != nil {
			return leaves, err
		}
	}
	return leaves, nil
}

// Newest is the last checkpoint, nil if there is none.
func (a *Audit) Newest(ctx context.Context) ([]byte, error) {
	rows, err := a.db.pool.Query(ctx, `SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`)
	if err != nil {
		return nil, failure(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(list) == 0 {
		return nil, failure(err)
	}
	return []byte(list[0]), nil
}

// Erase makes the record forget who is meant by a name ("Patient/7"), and what
// was asked and answered wherever that person did something or was looked at.
// The leaves stay, and with them the tree. The AuditEvents are resources, which
// are erased as such.
func (a *Audit) Erase(ctx context.Context, who string) (leaves int, err error) {
	var p [16]byte
	rows, err := a.db.pool.Query(ctx, `DELETE FROM audit_name WHERE name = $1 RETURNING pseudonym`, who)
	if err != nil {
		return 0, fmt.Errorf("erase: %w", failure(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[[16]byte])
	if err != nil || len(list) == 0 {
		return 0, failure(err)
	}
	p = list[0]
	a.sequencing.Lock()
	delete(a.names.known, who)
	a.sequencing.Unlock()
	mark := []byte(`":"` + ledger.Pseudonym(p).String() + `"`)
	for next := int64(0); ; {
		rows, err := a.db.pool.Query(ctx, `SELECT first, count, hashes, leaves, private FROM audit_bundle WHERE first >= $1 ORDER BY first LIMIT $2`, next, exportBundles)
		if err != nil {
			return leaves, fmt.Errorf("erase: %w", failure(err))
		}
		changed, before := map[int64][]byte{}, next
		err = a.bundles(rows, func(first int64, count int, b bundle) error {
			next = first + int64(count)
			if !bytes.Contains(b.leaves, mark) {
				return nil
			}
			var private []byte
			err := b.each(func(_ int, _, leaf, secret []byte) error {
				if len(secret) > 0 && bytes.Contains(leaf, mark) {
					secret = nil
					leaves++
				}
				private = append(append(private, secret...), '\n')
				return nil
			})
			changed[first] = s2.Encode(nil, private)
			return err
		})
		if err != nil || next == before {
			return leaves, err
		}
		for first, private := range changed {
			if _, err := a.db.pool.Exec(ctx, `UPDATE audit_bundle SET private = $2 WHERE first = $1`, first, private); err != nil {
				return leaves, fmt.Errorf("erase: %w", failure(err))
			}
		}
	}
}
