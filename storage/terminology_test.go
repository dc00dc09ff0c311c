package storage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// change writes resources of a type, each in its own flush when begun.
func change(r *storage.Resources, begin, commit bool, resources ...[2]string) error {
	ctx := context.Background()
	tx := r.Begin(ctx)
	defer tx.Rollback(ctx)
	if begin {
		if err := tx.Lock(ctx, []string{resources[0][0] + resources[0][1]}); err != nil {
			return err
		}
	}
	for _, k := range resources {
		if err := tx.Write(ctx, everything, []engine.Write{first(k[0], k[1], k[1], time.Now().UTC().Truncate(time.Millisecond))}); err != nil {
			return err
		}
	}
	if !commit {
		return nil
	}
	return tx.Commit(ctx)
}

// TestTerminologyGeneration: the number changes with every committed change of
// terminology, for whoever asks exactly at once, and with nothing else.
func TestTerminologyGeneration(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	db, err := storage.Open(t.Context(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := storage.Open(t.Context(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	own, foreign := storage.NewTerminology(db), storage.NewTerminology(other)
	r := storage.NewResources(db, search.NewRegistry(spec.R4()))
	number := func(t storage.Terminology, exact bool) int64 {
		n, err := t.Generation(context.Background(), exact)
		if err != nil {
			panic(err)
		}
		return n
	}
	before := number(own, true)
	for i, c := range []struct {
		typ                    string
		begin, commit, changes bool
	}{
		{"Patient", false, true, false}, {"Patient", true, true, false}, {"CodeSystem", false, true, true}, {"CodeSystem", true, true, true},
		{"CodeSystem", true, false, false}, {"ValueSet", false, true, true}, {"ConceptMap", true, true, true},
	} {
		if err := change(r, c.begin, c.commit, [2]string{c.typ, fmt.Sprintf("t%d", i)}); err != nil {
			t.Fatal(err)
		}
		now := number(own, false) // one's own changes are known at once
		if (now != before) != c.changes || number(foreign, true) != now {
			t.Errorf("%v: from %d to %d, by others %d", c, before, now, number(foreign, true))
		}
		before = now
	}
	for begun := time.Now(); number(foreign, false) != before; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 5*time.Second {
			t.Fatal("the other server never heard of it")
		}
	}
}

// TestTerminologyNeverDeadlocks: transactions that write terminology and other
// resources, in whatever order and at once, all come to an end.
func TestTerminologyNeverDeadlocks(t *testing.T) {
	t.Parallel()
	r := open(t, storagetest.Postgres(t))
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			a, b := [2]string{"CodeSystem", fmt.Sprintf("c%d", i)}, [2]string{"Patient", fmt.Sprintf("p%d", i)}
			if i%3 == 0 {
				a, b = b, a
			}
			if err := change(r, i%2 == 0, true, a, b, [2]string{"ValueSet", fmt.Sprintf("v%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
