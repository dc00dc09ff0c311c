package storage_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// page asks for one page of "Type?query".
func (s *shelf) page(text string, after *search.Cursor) (engine.SearchPage, error) {
	typ, query, _ := strings.Cut(text, "?")
	q, err := s.registry.Parse(search.Request{Type: typ, Query: query})
	if err != nil {
		return engine.SearchPage{}, err
	}
	if after != nil {
		if q.After, err = search.DecodeCursor(after.Encode()); err != nil {
			return engine.SearchPage{}, err
		}
	}
	return s.Search(s.Context(), everything, q)
}

// change is the write of another version of a resource, or of its deletion if
// there is no other text.
func (s *shelf) change(h engine.Head, old, text string) engine.Write {
	before := s.write(old, h.Updated)
	w := before
	if text == "" {
		w.New = search.Values{Generation: before.New.Generation}
		w.Resource.Deleted, w.Resource.JSON, w.Resource.Method = true, nil, fhir.DELETE
	} else {
		w = s.write(text, h.Updated.Add(time.Millisecond))
	}
	w.Old, w.Previous, w.RID, w.Resource.Version = before.New, h.Version, h.RID, h.Version+1
	w.Resource.Updated = h.Updated.Add(time.Millisecond)
	return w
}

// orders are kinds of order of Observation: each source of candidates, sort
// keys of each type, several, ascending and not.
var orders = []string{
	"", "code=common", "code=common,rare", "date=ge2024-01-05", "date=lt2024-01-20", "subject=Patient/1", "subject:Patient.gender=male", "code:not=rare",
	"_sort=date", "_sort=-date", "code=common&_sort=-date", "code=common&date=ge2024-01-03&_sort=date", "subject=Patient/1&_sort=-date", "subject=Patient/1,Patient/2&_sort=date,-_id",
	"_sort=_id", "_sort=-_id", "_sort=code", "_sort=-code,date", "_sort=subject", "_sort=-subject,value-quantity", "_sort=value-quantity", "_sort=-combo-value-quantity",
	"_sort=value-string,-code", "value-quantity=gt3&_sort=-value-quantity",
}

// TestPagesWhileWritersAreBusy walks all pages and back, in every kind of
// order, while writers create, change and delete other resources: whatever is
// untouched is found exactly once either way, in the same order, and nothing
// is found twice.
func TestPagesWhileWritersAreBusy(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	text := func(id string, n int) string {
		date := fmt.Sprintf(`,"effectiveDateTime":"2024-01-%02d"`, 1+n%25)
		if n%7 == 0 {
			date = ""
		}
		value := fmt.Sprintf(`,"valueQuantity":{"value":%d,"unit":"mg"},"component":[{"code":{"text":"x"},"valueQuantity":{"value":%d,"unit":"g"}},{"code":{"text":"y"},"valueQuantity":{"value":%d,"unit":"kg"}}]`, n%9, n%5, n%5)
		if n%4 == 0 {
			value = fmt.Sprintf(`,"valueString":"v%d"`, n%3)
		}
		return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"coding":[{"system":"http://c","code":%q}]},"subject":{"reference":"Patient/%d"}%s%s}`,
			id, map[bool]string{true: "common", false: "rare"}[n%10 > 0], n%3, date, value)
	}
	var list []string
	for i := range 3 {
		list = append(list, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","gender":%q}`, i, []string{"male", "female", "male"}[i]))
	}
	for n := range 150 {
		list = append(list, text(fmt.Sprintf("still-%03d", (n*67)%150), n))
	}
	s.put(list...)

	stop, busy := make(chan struct{}), sync.WaitGroup{}
	var written atomic.Int64
	for w := range 2 {
		busy.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for n := range 150 { // a walk ends that is faster than who writes ahead of it
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("busy-%d-%d", w, n)
				a, b := text(id, random.IntN(100)), text(id, random.IntN(100))
				key := fhir.Key{Type: "Observation", ID: id}
				if err := commit(t, s.Resources, everything, s.write(a, now)); err != nil {
					t.Error(err)
					return
				}
				if err := commit(t, s.Resources, everything, s.change(head(t, s.Resources, key), a, b)); err != nil {
					t.Error(err)
					return
				}
				if n%4 > 0 { // some stay, so that there is more and more
					if err := commit(t, s.Resources, everything, s.change(head(t, s.Resources, key), b, "")); err != nil {
						t.Error(err)
						return
					}
				}
				written.Add(1)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	// walk lists what is found page by page, forwards or back from the end.
	walk := func(query string, count int) (there, back []string) {
		var last *search.Cursor
		ids := func(page engine.SearchPage) (list []string) {
			for _, m := range page.Match {
				list = append(list, m.ID)
			}
			return list
		}
		for after, pages := (*search.Cursor)(nil), 0; pages == 0 || after != nil; pages++ {
			page, err := s.page(fmt.Sprintf("Observation?%s&_count=%d", query, count), after)
			if err != nil {
				t.Errorf("%s: %v", query, err)
				return nil, nil
			}
			if there = append(there, ids(page)...); len(there) > 1500 {
				t.Errorf("%s by %d does not end: %v", query, count, there[len(there)-20:])
				return nil, nil
			}
			if after = page.Next; after == nil {
				if back, last = ids(page), page.Prev; pages > 0 && len(back) == 0 {
					return there, there // all that stood on the last page was deleted meanwhile
				}
			}
		}
		for last != nil {
			page, err := s.page(fmt.Sprintf("Observation?%s&_count=%d", query, count), last)
			if err != nil {
				t.Errorf("%s, back: %v", query, err)
				return nil, nil
			}
			if back, last = append(ids(page), back...), page.Prev; len(back) > 1500 {
				t.Errorf("%s by %d does not end: %v", query, count, back[:20])
				return nil, nil
			}
		}
		return there, back
	}
	still := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return !strings.HasPrefix(id, "still-") })
	}
	for _, query := range orders {
		page, err := s.page("Observation?"+query+"&_count=1000", nil)
		if fhir.CodeOf(err) == fhir.NotSupported || err == nil && len(page.Match) == 0 {
			t.Errorf("%s: %d matches, %v", query, len(page.Match), err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var whole []string
		for _, m := range page.Match {
			whole = append(whole, m.ID)
		}
		whole = still(whole)
		for _, count := range []int{7, 40} {
			there, back := walk(query, count)
			for way, list := range map[string][]string{"there": there, "back": back} {
				if got := still(list); !slices.Equal(got, whole) {
					t.Errorf("%s by %d, %s: %d untouched, want %d in order\n%v\n%v", query, count, way, len(got), len(whole), got, whole)
				}
				// What a writer moves may be met before and after it was moved.
				seen := map[string]bool{}
				for _, id := range still(list) {
					if seen[id] {
						t.Errorf("%s by %d, %s: %s twice", query, count, way, id)
					}
					seen[id] = true
				}
			}
		}
	}
	close(stop)
	busy.Wait()
	if written.Load() < 10 {
		t.Errorf("only %d were written meanwhile", written.Load())
	}
	// At rest nothing is found twice, and all that there is.
	for _, query := range orders {
		page, err := s.page("Observation?"+query+"&_count=1000", nil)
		if err != nil {
			continue
		}
		there, back := walk(query, 50)
		for way, list := range map[string][]string{"there": there, "back": back} {
			if len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(page.Match) || len(list) != len(page.Match) {
				t.Errorf("%s, %s: %d found, want %d", query, way, len(list), len(page.Match))
			}
		}
	}
}

// TestPagesSurviveAChangeOfMind: which plan answers depends on how many there
// were when a server last counted. A page that one server began is continued by
// another that counted otherwise.
func TestPagesSurviveAChangeOfMind(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	servers := [2]*shelf{}
	for i := range servers {
		servers[i] = newShelf(t)
		servers[i].Resources = open(t, url)
	}
	few := servers[0]
	var want []string
	put := func(from, to int) {
		var list []string
		for n := from; n < to; n++ {
			p := fmt.Sprintf("p%04d", (n*7)%1009)
			list = append(list, fmt.Sprintf(`{"resourceType":"Patient","id":%q,"gender":"male"}`, p),
				fmt.Sprintf(`{"resourceType":"Observation","id":"o%04d","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"2024-01-%02d"}`, n, p, 1+n%28))
			want = append(want, p)
		}
		few.put(list...)
	}
	queries := []string{"Patient?_has:Observation:patient:code=x", "Patient?_has:Observation:patient:code=x&gender=male", "Observation?code=x&_sort=-date", "Observation?code=x&_sort=date"}
	put(0, 10)
	for _, query := range queries {
		if _, err := few.page(query+"&_count=3", nil); err != nil {
			t.Fatal(err)
		}
	}
	put(10, 1005)
	for _, query := range queries {
		for start := range 2 {
			found, pages := map[string]int{}, 0
			for after := (*search.Cursor)(nil); pages == 0 || after != nil; pages++ {
				page, err := servers[(start+pages)%2].page(query+"&_count=90", after)
				if err != nil {
					t.Errorf("%s, page %d: %v", query, pages, err)
					break
				}
				for _, m := range page.Match {
					found[m.ID]++
				}
				after = page.Next
			}
			twice := 0
			for _, n := range found {
				twice += cmp.Compare(n, 1)
			}
			if len(found) != len(want) || twice > 0 {
				t.Errorf("%s: %d found, %d more than once, want %d", query, len(found), twice, len(want))
			}
		}
	}
}
