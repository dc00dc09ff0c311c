package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
)

// Commit makes all changes or none: create, update, patch and delete when
// there is one change, the transaction interaction when there are many.
// http://hl7.org/fhir/R4/http.html#transaction
//
// This is the one write path. First everything that needs no database is
// checked (plan.go); then the change is attempted, and attempted again when
// somebody else wrote first (attempt.go).
func (e *Engine) Commit(ctx context.Context, changes ...fhir.Change) ([]fhir.Result, error) {
	return e.commit(ctx, changes, nil)
}

// commit takes an object that already holds the data of the one Binary among
// the changes.
func (e *Engine) commit(ctx context.Context, changes []fhir.Change, data *Object) ([]fhir.Result, error) {
	p, err := e.plan(ctx, changes, data)
	if err != nil {
		return nil, err
	}
	attempts := e.Attempts
	if attempts == 0 {
		attempts = 8
	}
	for n := 1; ; n++ {
		results, err := e.attempt(ctx, p, n > 1)
		if err == nil && p.defines {
			e.learn(ctx)
		}
		if err == nil {
			return results, e.viewWritten(ctx, results)
		}
		if !errors.Is(err, ErrRace) {
			return nil, err
		}
		if n == attempts {
			return nil, &fhir.Error{Code: fhir.Conflict, Message: "others are changing the same resources; try again", RetryAfter: time.Second, Err: err}
		}
		wait := time.NewTimer(time.Duration(n) * time.Duration(1+rand.IntN(8)) * time.Millisecond)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		}
	}
}
