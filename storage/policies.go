package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Policies keeps the policies that administrators changed.
type Policies struct{ db *DB }

// NewPolicies returns those of a database.
func NewPolicies(db *DB) *Policies { return &Policies{db} }

// policiesEvery is how often a server looks for changes that it was not told.
const policiesEvery = 2 * time.Second

// Changed are the documents by the ids of the policies, and their generation.
// One without a document was taken away.
func (p *Policies) Changed(ctx context.Context) (documents map[string]string, generation int64, err error) {
	// One statement, so that both are of one time.
	rows, err := p.db.pool.Query(ctx, `SELECT c.generation, p.id, coalesce(p.document, '') FROM policy_change c LEFT JOIN policy p ON true`)
	if err != nil {
		return nil, 0, fmt.Errorf("read the policies: %w", failure(err))
	}
	documents = map[string]string{}
	var id *string
	var document string
	_, err = pgx.ForEachRow(rows, []any{&generation, &id, &document}, func() error {
		if id != nil {
			documents[*id] = document
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the policies: %w", failure(err))
	}
	return documents, generation, nil
}

// Change stores the document of a policy, "" for taking it away, if the
// policies are still of the generation.
func (p *Policies) Change(ctx context.Context, id, document, by string, generation int64) (changed bool, err error) {
	return p.write(ctx, generation, `INSERT INTO policy (id, document, by) VALUES ($1, nullif($2, ''), $3)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, by = excluded.by, changed = now()`, id, document, by)
}

// Reset makes a policy again what the programme brings.
func (p *Policies) Reset(ctx context.Context, id string, generation int64) (changed bool, err error) {
	return p.write(ctx, generation, `DELETE FROM policy WHERE id = $1`, id)
}

func (p *Policies) write(ctx context.Context, generation int64, sql string, args ...any) (bool, error) {
	err := pgx.BeginFunc(ctx, p.db.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE policy_change SET generation = generation + 1 WHERE generation = $1`, generation)
		if err == nil && tag.RowsAffected() == 0 {
			return errChanged
		}
		if err == nil {
			_, err = tx.Exec(ctx, sql, args...)
		}
		if err == nil {
			_, err = tx.Exec(ctx, `NOTIFY webdoctor_policies`)
		}
		return err
	})
	switch {
	case errors.Is(err, errChanged):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("change a policy: %w", failure(err))
	}
	return true, nil
}

var errChanged = errors.New("the policies were changed meanwhile")

// Watch calls changed whenever policies may have been changed, on whatever
// server, until the context ends.
func (p *Policies) Watch(ctx context.Context, changed func(context.Context)) {
	for ctx.Err() == nil {
		if err := p.listen(ctx, changed); err != nil && ctx.Err() == nil {
			p.db.log.Warn("changes of policies are not heard of", "error", err.Error())
			changed(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(policiesEvery):
			}
		}
	}
}

func (p *Policies) listen(ctx context.Context, changed func(context.Context)) error {
	conn, err := pgx.ConnectConfig(ctx, p.db.listening())
	if err != nil {
		return fmt.Errorf("connect: %w", failure(err))
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN webdoctor_policies`); err != nil {
		return fmt.Errorf("listen: %w", failure(err))
	}
	for ctx.Err() == nil {
		changed(ctx)
		wait, cancel := context.WithTimeout(ctx, policiesEvery)
		_, err := conn.WaitForNotification(wait)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("wait for word: %w", failure(err))
		}
	}
	return nil
}
