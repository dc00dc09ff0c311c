package storage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// once writes one resource under a key. With begin the change talks to the
// database before it writes, which takes the other way through Commit.
func once(r *storage.Resources, key, id string, begin bool) error {
	ctx := storage.Once(context.Background(), key)
	tx := r.Begin(ctx)
	defer tx.Rollback(ctx)
	if begin {
		if err := tx.Lock(ctx, []string{"x"}); err != nil {
			return err
		}
	}
	if err := tx.Write(ctx, everything, []engine.Write{first("Patient", id, id, time.Now().UTC().Truncate(time.Millisecond))}); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func TestKeyTakesEffectOnce(t *testing.T) {
	t.Parallel()
	for _, begin := range []bool{false, true} {
		t.Run(fmt.Sprint(begin), func(t *testing.T) {
			t.Parallel()
			url := storagetest.Postgres(t)
			r := open(t, url)
			db, err := storage.Open(t.Context(), url, storage.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var mu sync.Mutex
			won := 0
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					err := once(r, "k", fmt.Sprintf("p%d", i), begin)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won++
					case fhir.CodeOf(err) != fhir.Conflict:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won != 1 {
				t.Errorf("%d changes with one key took effect", won)
			}
			page, err := r.History(t.Context(), everything, engine.HistoryQuery{Key: fhir.Key{Type: "Patient"}, Count: 50})
			if err != nil || len(page.Versions) != 1 {
				t.Errorf("%d versions are stored, %v", len(page.Versions), err)
			}
			if used, err := db.Used(t.Context(), "k"); err != nil || !used {
				t.Errorf("the key is used: %v %v", used, err)
			}
			if used, err := db.Used(t.Context(), "other"); err != nil || used {
				t.Errorf("another key is used: %v %v", used, err)
			}
		})
	}
}

// A change that fails leaves its key free, and one that writes nothing uses
// none; a request with several changes uses its key with the first.
func TestKeyGoesWithTheChange(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	r := open(t, url)
	if err := once(r, "a", "p", false); err != nil {
		t.Fatal(err)
	}
	if err := once(r, "b", "p", false); err == nil {
		t.Fatal("the same resource was created twice")
	}
	if err := once(r, "b", "q", false); err != nil {
		t.Errorf("the key of a change that failed: %v", err)
	}
	ctx := storage.Once(t.Context(), "c")
	if err := r.Begin(ctx).Commit(ctx); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"r", "s"} {
		tx := r.Begin(ctx)
		if err := tx.Write(ctx, everything, []engine.Write{first("Patient", id, id, time.Now().UTC().Truncate(time.Millisecond))}); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(ctx); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := once(r, "c", "u", true); fhir.CodeOf(err) != fhir.Conflict {
		t.Errorf("a used key: %v", err)
	}
}
