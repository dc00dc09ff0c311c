package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Checkpoint signs the tree as it is, unless it is the one that was signed
// last, and keeps the signed note in the database and elsewhere. It returns
// nil if there is nothing new.
func (a *Audit) Checkpoint(ctx context.Context) ([]byte, error) {
	if a.config.Key == nil {
		return nil, nil
	}
	tx, err := a.db.pool.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", failure(err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	var mine bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(sequencerLock)).Scan(&mine); err != nil || !mine {
		return nil, failure(err)
	}
	tree, _, err := readTree(ctx, tx)
	if err != nil {
		return nil, err
	}
	var signed bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM audit_checkpoint WHERE size >= $1)`, tree.Size()).Scan(&signed); err != nil || signed || tree.Size() == 0 {
		return nil, failure(err)
	}
	note, err := tree.Sign(a.config.Key)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO audit_checkpoint (size, note) VALUES ($1, $2)`, tree.Size(), string(note)); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", failure(err))
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", failure(err))
	}
	if a.config.Checkpoints != nil {
		if err := a.config.Checkpoints(note); err != nil {
			return note, fmt.Errorf("keep a checkpoint elsewhere: %w", err)
		}
	}
	return note, nil
}
