package storage_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestSearchBudget: searches over their budget are refused as too costly, and
// stop in the database: no statement goes on, and no connection is lost. A
// lock stands for what makes them slow.
func TestSearchBudget(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := storagetest.Postgres(t)
	db, err := storage.Open(ctx, url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SearchBudget = 300 * time.Millisecond
	registry := search.NewRegistry(spec.R4())
	store := storage.NewResources(db, registry)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, sql := range []string{"BEGIN", "LOCK TABLE search_token IN ACCESS EXCLUSIVE MODE"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	q, err := registry.Parse(search.Request{Type: "Patient", Query: "gender=male"})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_, err := store.Search(ctx, everything, q)
			if fhir.CodeOf(err) != fhir.TooCostly {
				t.Errorf("a search over its budget: %v", err)
			}
		})
	}
	all.Wait()
	var running int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'").Scan(&running); err != nil || running > 0 {
		t.Errorf("%d statements go on: %v", running, err)
	}
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Search(ctx, everything, q); err != nil {
		t.Errorf("the pool has not recovered: %v", err)
	}
	// Whoever goes away is not told that the search was too costly.
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := store.Search(gone, everything, q); err == nil || fhir.CodeOf(err) == fhir.TooCostly {
		t.Errorf("a search that was given up: %v", err)
	}
}
