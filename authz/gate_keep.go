package authz

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/webdoctor/webdoctor/fhir"
)

// Kept is where changes of policies are kept.
type Kept interface {
	// Changed are the documents of policies that differ from the programme's
	// own, by id, "" for one that was taken away, and their generation.
	Changed(ctx context.Context) (documents map[string]string, generation int64, err error)
	// Change keeps a document, "" to take the policy away. It is false when
	// the policies are of another generation by now.
	Change(ctx context.Context, id, document, by string, generation int64) (bool, error)
	// Reset makes a policy the programme's own again, likewise.
	Reset(ctx context.Context, id string, generation int64) (bool, error)
}

// Keeper keeps a gate in step with the policies that are kept. What cannot be
// read leaves in force what is; what can be read and is broken denies
// everything, because nobody can tell what it should have denied.
type Keeper struct {
	Gate *Gate
	Kept Kept
	Log  *slog.Logger

	mu         sync.Mutex
	generation int64
	loaded     bool
	broken     error
}

// Load puts in force what is kept now.
func (k *Keeper) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, err := k.load(ctx)
	return err
}

// Watch is Load for whoever is told of changes: what fails is logged.
func (k *Keeper) Watch(ctx context.Context) {
	if err := k.Load(ctx); err != nil && ctx.Err() == nil && k.Log != nil {
		k.Log.Error("the policies cannot be put in force", "error", err.Error())
	}
}

// Err says why the policies that are kept are not in force, nil if they are.
func (k *Keeper) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.loaded {
		return errors.New("the policies were not read yet")
	}
	return k.broken
}

func (k *Keeper) load(ctx context.Context) (map[string]string, error) {
	changed, generation, err := k.Kept.Changed(ctx)
	if err != nil {
		return nil, err
	}
	all := merged(changed)
	if k.loaded && generation == k.generation {
		return all, k.broken
	}
	set, err := CompilePolicies(all)
	k.Gate.Enforce(set) // nil if it is broken
	k.generation, k.loaded, k.broken = generation, true, err
	return all, err
}

// merged are the programme's own policies with what was changed.
func merged(changed map[string]string) map[string]string {
	all := DefaultPolicies()
	for id, document := range changed {
		if document == "" {
			delete(all, id)
		} else {
			all[id] = document
		}
	}
	return all
}

// Save checks and keeps the document of a policy; an empty one takes the
// policy away. The whole set must compile with it.
func (k *Keeper) Save(ctx context.Context, id, document string) error {
	by, err := k.may(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.load(ctx)
	if all == nil {
		return err
	}
	all = maps.Clone(all)
	if document == "" {
		delete(all, id)
	} else {
		all[id] = document
	}
	if _, err := CompilePolicies(all); err != nil {
		return err
	}
	return k.changed(ctx)(k.Kept.Change(ctx, id, document, by, k.generation))
}

// Reset makes a policy the programme's own again.
func (k *Keeper) Reset(ctx context.Context, id string) error {
	if _, err := k.may(ctx); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if all, err := k.load(ctx); all == nil {
		return err
	}
	return k.changed(ctx)(k.Kept.Reset(ctx, id, k.generation))
}

func (k *Keeper) changed(ctx context.Context) func(bool, error) error {
	return func(done bool, err error) error {
		if err != nil {
			return err
		}
		if !done {
			return fhir.Errorf(fhir.Conflict, "somebody else changed the policies meanwhile")
		}
		_, err = k.load(ctx)
		return err
	}
}

// may says whether the caller may change policies, and who it is.
func (k *Keeper) may(ctx context.Context) (by string, err error) {
	p := From(ctx)
	if p.Operator {
		return "operator", nil
	}
	if _, err := k.Gate.Permit(ctx, fhir.Access{Action: "operate", Name: "policies"}); err != nil {
		return "", fmt.Errorf("change a policy: %w", err)
	}
	return "account " + p.Account, nil
}
