package storage_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestTotalsAreNeverOld: two servers of one database count what either has
// written, at once and however often they were asked before.
func TestTotalsAreNeverOld(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	servers := [2]*shelf{}
	for i := range servers {
		servers[i] = newShelf(t)
		servers[i].Resources = open(t, url)
	}
	count := func(s *shelf, f engine.Fence, query string) int {
		q, err := s.registry.Parse(search.Request{Type: "Patient", Query: query})
		if err != nil {
			t.Error(err)
			return -1
		}
		page, err := s.Search(t.Context(), f, q)
		if err != nil || page.Total == nil {
			t.Error(err)
			return -1
		}
		return *page.Total
	}
	want := 0
	for n := range 40 {
		w := servers[rand.IntN(2)]
		w.put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","gender":"male"}`, n))
		want++
		if n%5 == 4 {
			key := fhir.Key{Type: "Patient", ID: fmt.Sprintf("p%d", n)}
			gone := next(head(t, w.Resources, key), "")
			gone.Resource.Deleted, gone.Resource.JSON, gone.Resource.Method = true, nil, fhir.DELETE
			gone.Old = w.write(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","gender":"male"}`, n), now).New
			if err := commit(t, w.Resources, everything, gone); err != nil {
				t.Fatal(err)
			}
			want--
		}
		for _, s := range servers {
			for range 2 {
				if got := count(s, everything, "gender=male&_summary=count"); got != want {
					t.Fatalf("after %d writes %d are counted, there are %d", n+1, got, want)
				}
				if got := count(s, within("p1"), "gender=male&_summary=count"); got > 1 {
					t.Fatalf("behind a fence %d are counted", got)
				}
			}
		}
	}
	// What is counted never falls behind what was acknowledged before.
	var acknowledged atomic.Int64
	acknowledged.Store(int64(want))
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i, s := range servers {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				s.put(fmt.Sprintf(`{"resourceType":"Patient","id":"w%d-%d","gender":"male"}`, i, n))
				acknowledged.Add(1)
			}
		})
	}
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		least := acknowledged.Load()
		if got := count(servers[rand.IntN(2)], everything, "gender=male&_summary=count"); int64(got) < least {
			t.Errorf("%d are counted after %d were acknowledged", got, least)
		}
	}
	close(stop)
	all.Wait()
}
