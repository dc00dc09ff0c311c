package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

var everything = engine.Fence{Anywhere: true}

// entire shows all of a type.
var entire = engine.Area{{Slice: fhir.Slice{Anywhere: true}}}

// inside shows the members of any of the compartments.
func inside(keys ...fhir.Key) engine.Slice {
	var homes fhir.Homes
	for _, k := range keys {
		homes = append(homes, fhir.Home{Key: k})
	}
	return engine.Slice{Slice: fhir.Slice{Within: []fhir.Homes{homes}}}
}

// where shows what a search finds.
func where(q search.Query) engine.Area {
	return engine.Area{{Slice: fhir.Slice{Anywhere: true}, All: []search.Query{q}}}
}

// within is a fence around one patient's file.
func within(id string) engine.Fence {
	area := engine.Area{inside(fhir.Key{Type: "Patient", ID: id})}
	return engine.Fence{Types: map[string]engine.Area{"Patient": area, "Observation": area, "Practitioner": entire}}
}

func open(t testing.TB, url string) *storage.Resources {
	t.Helper()
	db, err := storage.Open(context.Background(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return storage.NewResources(db, search.NewRegistry(spec.R4()))
}

// first is a write that creates a resource in somebody's file.
func first(typ, id, patient string, at time.Time) engine.Write {
	return engine.Write{
		Resource: fhir.Resource{Key: fhir.Key{Type: typ, ID: id, Version: 1}, Updated: at, Method: fhir.POST,
			JSON: fmt.Appendf(nil, `{"resourceType":%q,"id":%q,"text":%q}`, typ, id, strings.Repeat("x", 300))},
		New: search.Values{Homes: []search.Home{{Type: "Patient", ID: patient, Param: "subject"}}},
	}
}

// next is the write that follows a head.
func next(h engine.Head, patient string) engine.Write {
	w := first(h.Type, h.ID, patient, h.Updated.Add(time.Millisecond))
	w.Previous, w.RID, w.Revived = h.Version, h.RID, h.Deleted
	w.Resource.Version, w.Resource.Method = h.Version+1, fhir.PUT
	w.Resource.JSON = fmt.Appendf(nil, `{"resourceType":%q,"id":%q,"version":%d}`, h.Type, h.ID, h.Version+1)
	return w
}

// move is the write that takes a resource from one file to another.
func move(h engine.Head, from, to string) engine.Write {
	w := next(h, to)
	w.Old.Homes = []search.Home{{Type: "Patient", ID: from, Param: "subject"}}
	return w
}

func commit(t testing.TB, store engine.Store, f engine.Fence, w ...engine.Write) error {
	t.Helper()
	ctx := context.Background()
	tx := store.Begin(ctx)
	defer tx.Rollback(ctx)
	if err := tx.Write(ctx, f, w); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func head(t testing.TB, store engine.Store, k fhir.Key) engine.Head {
	t.Helper()
	heads, err := store.Heads(context.Background(), everything, []fhir.Key{k})
	if err != nil {
		t.Fatal(err)
	}
	return heads[k]
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), open(t, storagetest.Postgres(t))
	k := fhir.Key{Type: "Observation", ID: "o1"}
	w := first("Observation", "o1", "7", now)
	if err := commit(t, store, everything, w, first("Patient", "7", "7", now)); err != nil {
		t.Fatal(err)
	}
	got, err := store.Read(ctx, everything, k)
	if err != nil || string(got.JSON) != string(w.Resource.JSON) || got.Version != 1 || !got.Updated.Equal(now) || got.Method != fhir.POST {
		t.Fatalf("%+v %v", got, err)
	}
	if err := commit(t, store, everything, next(head(t, store, k), "7")); err != nil {
		t.Fatal(err)
	}
	old, err := store.Read(ctx, everything, fhir.Key{Type: "Observation", ID: "o1", Version: 1})
	if err != nil || string(old.JSON) != string(w.Resource.JSON) {
		t.Fatalf("%+v %v", old, err)
	}
	for _, missing := range []fhir.Key{{Type: "Observation", ID: "o2"}, {Type: "Patient", ID: "o1"}, {Type: "Observation", ID: "o1", Version: 3}, {Type: "Nothing", ID: "o1"}} {
		if _, err := store.Read(ctx, everything, missing); fhir.CodeOf(err) != fhir.NotFound {
			t.Errorf("%s: %v", missing, err)
		}
	}
	gone := next(head(t, store, k), "7")
	gone.Resource.Deleted, gone.Resource.JSON, gone.Resource.Method = true, nil, fhir.DELETE
	gone.Old = search.Values{Homes: gone.New.Homes}
	if err := commit(t, store, everything, gone); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Read(ctx, within("7"), k); err != nil || !got.Deleted || got.JSON != nil || got.Version != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	if h := head(t, store, k); !h.Deleted || h.Version != 3 {
		t.Fatalf("%+v", h)
	}
}

func TestWritesRace(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	stores := []*storage.Resources{open(t, url), open(t, url)} // two servers
	k := fhir.Key{Type: "Patient", ID: "7"}
	if err := commit(t, stores[0], everything, first("Patient", "7", "7", now)); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, stores[1], everything, first("Patient", "7", "7", now)); !errors.Is(err, engine.ErrRace) {
		t.Fatalf("the same identity twice: %v", err)
	}
	for round := 1; round <= 5; round++ {
		h := head(t, stores[0], k)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 16 {
			wg.Go(func() {
				err := commit(t, stores[i%2], everything, next(h, "7"))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, engine.ErrRace) {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("%d of 16 won", won)
		}
		if got := head(t, stores[1], k).Version; got != round+1 {
			t.Fatalf("version %d after round %d", got, round)
		}
	}
}

func TestNothingIsHalfWritten(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), open(t, storagetest.Postgres(t))
	if err := commit(t, store, everything, first("Patient", "7", "7", now)); err != nil {
		t.Fatal(err)
	}
	stale := next(head(t, store, fhir.Key{Type: "Patient", ID: "7"}), "7")
	if err := commit(t, store, everything, stale); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, store, everything, first("Observation", "new", "7", now), stale); !errors.Is(err, engine.ErrRace) {
		t.Fatal(err)
	}
	if _, err := store.Read(ctx, everything, fhir.Key{Type: "Observation", ID: "new"}); fhir.CodeOf(err) != fhir.NotFound {
		t.Fatalf("half a change is there: %v", err)
	}
}

func TestLockQueuesChanges(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	stores := []*storage.Resources{open(t, url), open(t, url)}
	k := fhir.Key{Type: "Patient", ID: "only"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	created := 0
	for i := range 64 {
		wg.Go(func() {
			ctx, store := context.Background(), stores[i%2]
			tx := store.Begin(ctx)
			defer tx.Rollback(ctx)
			if err := tx.Lock(ctx, []string{"Patient?identifier=x", "Patient?identifier=y", "Patient?identifier=x"}); err != nil {
				t.Error(err)
				return
			}
			heads, err := tx.Heads(ctx, everything, []fhir.Key{k})
			if err != nil {
				t.Error(err)
				return
			}
			if _, there := heads[k]; !there {
				if err := tx.Write(ctx, everything, []engine.Write{first("Patient", "only", "only", now)}); err != nil {
					t.Error(err)
				}
				mu.Lock()
				created++
				mu.Unlock()
			}
			if err := tx.Commit(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if created != 1 {
		t.Fatalf("%d of 64 created it", created)
	}
}

// TestFence tries every way to see or touch what lies in another file.
func TestFence(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), open(t, storagetest.Postgres(t))
	if err := commit(t, store, everything, first("Patient", "7", "7", now), first("Patient", "8", "8", now),
		first("Observation", "mine", "7", now), first("Observation", "other", "8", now), first("Practitioner", "p", "none", now)); err != nil {
		t.Fatal(err)
	}
	mine, other := fhir.Key{Type: "Observation", ID: "mine"}, fhir.Key{Type: "Observation", ID: "other"}
	f := within("7")
	sees := func(k fhir.Key, want bool) {
		t.Helper()
		_, err := store.Read(ctx, f, k)
		if want != (err == nil) || !want && fhir.CodeOf(err) != fhir.NotFound {
			t.Errorf("%s: %v", k, err)
		}
	}
	sees(mine, true)
	sees(other, false)
	sees(fhir.Key{Type: "Patient", ID: "8"}, false)
	sees(fhir.Key{Type: "Practitioner", ID: "p"}, true)

	if err := commit(t, store, f, move(head(t, store, mine), "7", "8")); fhir.CodeOf(err) != fhir.Forbidden {
		t.Errorf("moved out of reach: %v", err)
	}
	if err := commit(t, store, f, first("Observation", "planted", "8", now)); fhir.CodeOf(err) != fhir.Forbidden {
		t.Errorf("planted in another file: %v", err)
	}
	if got := head(t, store, mine).Version; got != 1 {
		t.Errorf("a refused write left version %d", got)
	}
	heads, err := store.Heads(ctx, f, []fhir.Key{mine, other})
	if err != nil || heads[mine].Hidden || !heads[other].Hidden {
		t.Errorf("%+v %v", heads, err)
	}

	missing, err := store.Missing(ctx, f, []fhir.Key{mine, other, {Type: "Patient", ID: "8"}, {Type: "Practitioner", ID: "p"}, {Type: "Patient", ID: "none"}, {Type: "None", ID: "7"}})
	if err != nil || len(missing) != 4 || slices.Contains(missing, mine) || slices.Contains(missing, fhir.Key{Type: "Practitioner", ID: "p"}) {
		t.Errorf("missing are %v: %v", missing, err)
	}

	// A version that lay in another file stays hidden after the move.
	if err := commit(t, store, everything, move(head(t, store, other), "8", "7")); err != nil {
		t.Fatal(err)
	}
	sees(other, true)
	sees(fhir.Key{Type: "Observation", ID: "other", Version: 2}, true)
	sees(fhir.Key{Type: "Observation", ID: "other", Version: 1}, false)
	f = within("8")
	sees(other, false)
	sees(fhir.Key{Type: "Observation", ID: "other", Version: 1}, false)
	f = within("7")
	page, err := store.History(ctx, f, engine.HistoryQuery{Key: fhir.Key{Type: "Observation"}, Count: 10})
	if err != nil || *page.Total != 2 || len(page.Versions) != 2 {
		t.Errorf("%d versions: %v", len(page.Versions), err)
	}
	if _, err := store.Read(ctx, engine.Fence{}, mine); fhir.CodeOf(err) != fhir.NotFound {
		t.Errorf("the zero fence shows something: %v", err)
	}
	clauses := engine.Fence{Types: map[string]engine.Area{"Observation": where(search.Query{})}}
	if _, err := store.Read(ctx, clauses, mine); err == nil {
		t.Error("a fence that cannot be built opened")
	}
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), open(t, storagetest.Postgres(t))
	var writes []engine.Write
	for i := range 7 {
		writes = append(writes, first("Patient", fmt.Sprint("p", i), "x", now.Add(time.Duration(i/2)*time.Second)))
	}
	if err := commit(t, store, everything, writes...); err != nil {
		t.Fatal(err)
	}
	for round := 0; round < 4; round++ {
		if err := commit(t, store, everything, next(head(t, store, fhir.Key{Type: "Patient", ID: "p3"}), "x")); err != nil {
			t.Fatal(err)
		}
	}
	for name, q := range map[string]engine.HistoryQuery{
		"instance": {Key: fhir.Key{Type: "Patient", ID: "p3"}}, "type": {Key: fhir.Key{Type: "Patient"}}, "system": {},
	} {
		whole := q
		whole.Count = 100
		all, err := store.History(ctx, everything, whole)
		if err != nil {
			t.Fatal(err)
		}
		want := 11
		if name == "instance" {
			want = 5
		}
		if *all.Total != want || len(all.Versions) != want || all.Next != "" {
			t.Fatalf("%s: %d of %d, next %q", name, len(all.Versions), *all.Total, all.Next)
		}
		q.Count = 2
		var walked []fhir.Key
		for {
			page, err := store.History(ctx, everything, q)
			if err != nil {
				t.Fatal(err)
			}
			if (page.Total == nil) != (name != "instance") || page.Total != nil && *page.Total != want || len(page.Versions) > 2 {
				t.Fatalf("%s: %d versions, total %v", name, len(page.Versions), page.Total)
			}
			for _, v := range page.Versions {
				walked = append(walked, v.Key)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(walked) != want {
			t.Fatalf("%s: walked %d of %d", name, len(walked), want)
		}
		for i, v := range all.Versions {
			if walked[i] != v.Key {
				t.Errorf("%s: place %d is %s, not %s", name, i, walked[i], v.Key)
			}
		}
	}
	if _, err := store.History(ctx, everything, engine.HistoryQuery{Key: fhir.Key{Type: "Patient", ID: "nobody"}, Count: 5}); fhir.CodeOf(err) != fhir.NotFound {
		t.Errorf("history of nobody: %v", err)
	}
	since, err := store.History(ctx, everything, engine.HistoryQuery{Key: fhir.Key{Type: "Patient", ID: "p3"}, Since: now.Add(time.Hour), Count: 5})
	if err != nil || *since.Total != 0 {
		t.Errorf("since the future: %v", err)
	}
	at := now.Add(1500 * time.Millisecond)
	then, err := store.History(ctx, everything, engine.HistoryQuery{Key: fhir.Key{Type: "Patient", ID: "p3"}, From: at, Until: at.Add(time.Millisecond), Count: 5})
	if err != nil || *then.Total != 1 || then.Versions[0].Version != 5 {
		t.Errorf("at: %+v %v", then, err)
	}
	if _, err := store.History(ctx, everything, engine.HistoryQuery{Count: 5, After: "forged"}); fhir.CodeOf(err) != fhir.Value {
		t.Errorf("forged page: %v", err)
	}
}

// TestNumbersAreTakenOnce: many changes at once, more of them in open
// transactions than there are connections, never wait for one another.
func TestNumbersAreTakenOnce(t *testing.T) {
	t.Parallel()
	store := open(t, storagetest.Postgres(t))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for w := range 40 {
		wg.Go(func() {
			for i := range 3 {
				var list []engine.Write
				for n := range 200 {
					list = append(list, first("Observation", fmt.Sprintf("n-%d-%d-%d", w, i, n), "x", now))
				}
				tx := store.Begin(ctx)
				if w%2 == 0 {
					if err := tx.Lock(ctx, []string{fmt.Sprint("lock ", w)}); err != nil {
						t.Error(err)
					}
				}
				if err := tx.Write(ctx, everything, list); err != nil {
					t.Error(err)
				}
				if err := tx.Commit(ctx); err != nil {
					t.Error(err)
				}
				tx.Rollback(ctx)
			}
		})
	}
	wg.Wait()
	page, err := store.History(ctx, everything, engine.HistoryQuery{Key: fhir.Key{Type: "Observation"}})
	if err != nil || *page.Total != 40*3*200 {
		t.Errorf("%v: %v", page.Total, err)
	}
}
