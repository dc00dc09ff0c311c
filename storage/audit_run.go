package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/webdoctor/webdoctor/fhir/engine"
)

const (
	gatherTime = 50 * time.Millisecond // what comes so soon after an event gets its number with it
	lookTime   = 2 * time.Second       // how often it is looked for what other servers have left
	retryTime  = time.Second           // after a failure
	settleTime = 5 * time.Second       // what a search for AuditEvents may wait for the newest
	busyRate   = 500                   // events a second beyond which publishing takes its share and no more
)

// Run gives numbers, signs and publishes until the context ends, and then gives
// numbers to what is left and signs once more.
func (a *Audit) Run(ctx context.Context, log *slog.Logger) {
	var work sync.WaitGroup
	work.Go(func() { a.publishing(ctx, log) })
	signed := time.Now()
	for ctx.Err() == nil {
		a.wait(ctx, a.db.recorded)
		idle(ctx, gatherTime)
		if err := a.sequenceAll(ctx); err != nil && ctx.Err() == nil {
			log.Error("events wait for their numbers in the record", "error", err.Error())
			idle(ctx, retryTime)
		}
		if time.Since(signed) >= a.config.Every && ctx.Err() == nil {
			if _, err := a.Checkpoint(ctx); err != nil {
				log.Error("the record is not signed", "error", err.Error())
			}
			signed = time.Now()
		}
	}
	work.Wait()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	err := a.sequenceAll(end)
	if err == nil {
		_, err = a.Checkpoint(end)
	}
	if err != nil {
		log.Error("the end of the record is not signed", "error", err.Error())
	}
}

// sequenceAll gives numbers to all that waits.
func (a *Audit) sequenceAll(ctx context.Context) error {
	begun, events := time.Now(), 0
	for {
		step, err := a.Sequence(ctx)
		if err != nil {
			return err
		}
		if events += step.Events; step.Events > 0 {
			a.published.ring()
		}
		if !step.More || step.Others {
			break
		}
	}
	a.rate.Store(int64(float64(events) / max(gatherTime.Seconds(), time.Since(begun).Seconds()+gatherTime.Seconds())))
	return nil
}

// publishing publishes until the context ends. While much happens it takes a
// share of the time: what is asked for comes before what may be asked for.
func (a *Audit) publishing(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		a.wait(ctx, a.published)
		for ctx.Err() == nil {
			begun := time.Now()
			step, err := a.Publish(ctx)
			if errors.Is(err, engine.ErrRace) {
				idle(ctx, gatherTime)
				continue
			}
			if err != nil {
				if ctx.Err() == nil {
					log.Error("what is on record is not published as AuditEvents yet", "error", err.Error())
				}
				idle(ctx, retryTime)
				break
			}
			if !step.More || step.Others || step.Events == 0 {
				break
			}
			if a.rate.Load() > busyRate && a.hurry.Load() == 0 {
				took := time.Since(begun)
				idle(ctx, time.Duration(float64(took)*(1-a.config.Share)/a.config.Share))
			}
		}
	}
}

// wait waits for the bell, and for lookTime at most.
func (a *Audit) wait(ctx context.Context, b bell) {
	t := time.NewTimer(lookTime)
	defer t.Stop()
	select {
	case <-b:
	case <-t.C:
	case <-ctx.Done():
	}
}

func idle(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Settle waits until all that is on record when it is called can be read as
// AuditEvents, and helps. It is false when that takes longer than a caller
// should wait.
func (a *Audit) Settle(ctx context.Context) (bool, error) {
	var settled bool
	err := a.db.pool.QueryRow(ctx, `SELECT size = published AND NOT EXISTS (SELECT FROM audit_pending) FROM audit_tree`).Scan(&settled)
	if err != nil || settled {
		return settled, failure(err)
	}
	a.hurry.Add(1)
	defer a.hurry.Add(-1)
	end := time.Now().Add(settleTime)
	for time.Now().Before(end) { // until a step that began after the call took all there was
		step, err := a.Sequence(ctx)
		if err != nil {
			return false, err
		}
		if !step.More {
			break
		}
		if step.Others {
			idle(ctx, 5*time.Millisecond)
		}
	}
	var size, published int64
	if err := a.db.pool.QueryRow(ctx, `SELECT size FROM audit_tree`).Scan(&size); err != nil {
		return false, fmt.Errorf("settle: %w", failure(err))
	}
	for ctx.Err() == nil {
		if err := a.db.pool.QueryRow(ctx, `SELECT published FROM audit_tree`).Scan(&published); err != nil {
			return false, fmt.Errorf("settle: %w", failure(err))
		}
		if published >= size || time.Now().After(end) {
			return published >= size, nil
		}
		step, err := a.Publish(ctx)
		if err != nil && !errors.Is(err, engine.ErrRace) {
			return false, err
		}
		if step.Others || err != nil {
			idle(ctx, 5*time.Millisecond)
		}
	}
	return false, ctx.Err()
}

// Backlog is how far the work in the background is behind.
type Backlog struct {
	Pending     int64 // rows of events without a number
	Leaves      int64
	Unpublished int64 // leaves without an AuditEvent
}

// Backlog looks how far it is.
func (a *Audit) Backlog(ctx context.Context) (b Backlog, err error) {
	err = a.db.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM audit_pending), size, size - published FROM audit_tree`).Scan(&b.Pending, &b.Leaves, &b.Unpublished)
	return b, failure(err)
}
