package cmd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// acknowledged is what a writer was told: for each id, how often it was
// written with success. Its last request may have been carried out too.
type acknowledged struct {
	updates int      // versions of its own resource
	pairs   []string // subjects of the bundles that were answered with 200
	sent    int      // bundles that were sent
}

// write goes on until the server is gone: an update of the writer's own
// resource, then a transaction of two resources that belong together.
func (a *acknowledged) write(ctx context.Context, base string, writer int) {
	for i := 1; ctx.Err() == nil; i++ {
		id := "writer-" + strconv.Itoa(writer)
		status, _, _, err := call(ctx, "PUT", base+"/Patient/"+id, fmt.Sprintf(`{"resourceType":"Patient","id":%q,"multipleBirthInteger":%d}`, id, i))
		if err != nil || status >= 300 {
			return
		}
		a.updates = i
		pair := fmt.Sprintf("pair-%d-%d", writer, i)
		a.sent = i
		status, _, _, err = call(ctx, "POST", base, fmt.Sprintf(`{"resourceType":"Bundle","type":"transaction","entry":[
			{"resource":{"resourceType":"Patient","id":%[1]q},"request":{"method":"PUT","url":"Patient/%[1]s"}},
			{"resource":{"resourceType":"Observation","id":%[1]q,"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%[1]s"}},
			 "request":{"method":"PUT","url":"Observation/%[1]s"}}]}`, pair))
		if err != nil || status != http.StatusOK {
			return
		}
		a.pairs = append(a.pairs, pair)
	}
}

// TestServerKilledAmongWriters: kill -9 of the server in the middle of 16
// writers. Every acknowledged write is there after the restart, no bundle is
// there by half, no history has a gap, and no process of the private Postgres
// is left behind.
func TestServerKilledAmongWriters(t *testing.T) {
	t.Parallel()
	data := newData(t)
	const writers = 16
	var told [writers]acknowledged
	for round := range 2 {
		told = [writers]acknowledged{}
		s := startServer(t, data, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { told[w].write(ctx, s.Base, w+round*writers) })
		}
		time.Sleep(1500 * time.Millisecond)
		s.kill()
		wg.Wait()
		if err := noOrphans(data); err != nil {
			t.Fatal(err)
		}
		s = startServer(t, data, nil)
		total := 0
		for w, a := range told {
			total += a.updates + len(a.pairs)
			checkHistory(t, s.Base, "writer-"+strconv.Itoa(w+round*writers), a.updates)
			for _, pair := range a.pairs {
				for _, typ := range []string{"Patient", "Observation"} {
					if status, _, _, err := call(t.Context(), "GET", s.Base+"/"+typ+"/"+pair, ""); err != nil || status != http.StatusOK {
						t.Errorf("%s/%s was acknowledged and answers %d %v", typ, pair, status, err)
					}
				}
			}
			checkNoHalf(t, s.Base, fmt.Sprintf("pair-%d-%d", w+round*writers, a.sent))
		}
		if total < writers {
			t.Errorf("only %d writes were acknowledged: the test shows nothing", total)
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}
}

// checkHistory sees that a resource has at least the acknowledged versions,
// at most one more, and none missing between.
func checkHistory(t *testing.T, base, id string, acknowledged int) {
	t.Helper()
	status, _, text, err := call(t.Context(), "GET", base+"/Patient/"+id+"/_history?_count=1000", "")
	if acknowledged == 0 && status == http.StatusNotFound {
		return
	}
	if err != nil || status != http.StatusOK {
		t.Errorf("history of %s answers %d %v", id, status, err)
		return
	}
	var bundle struct {
		Total int
		Entry []struct {
			Resource struct {
				Meta                 struct{ VersionID string }
				MultipleBirthInteger int
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &bundle); err != nil {
		t.Error(err)
		return
	}
	n := len(bundle.Entry)
	if n != bundle.Total || n < acknowledged || n > acknowledged+1 {
		t.Errorf("%s has %d versions (total %d), %d were acknowledged", id, n, bundle.Total, acknowledged)
	}
	for i, e := range bundle.Entry {
		if want := n - i; e.Resource.Meta.VersionID != strconv.Itoa(want) || e.Resource.MultipleBirthInteger != want {
			t.Errorf("%s: entry %d is version %s with content %d, expected %d", id, i, e.Resource.Meta.VersionID, e.Resource.MultipleBirthInteger, want)
		}
	}
}

// checkNoHalf sees that of the last bundle both resources are there or none.
func checkNoHalf(t *testing.T, base, pair string) {
	t.Helper()
	first, _, _, err := call(t.Context(), "GET", base+"/Patient/"+pair, "")
	if err != nil {
		t.Error(err)
	}
	second, _, _, err := call(t.Context(), "GET", base+"/Observation/"+pair, "")
	if err != nil {
		t.Error(err)
	}
	if first != second {
		t.Errorf("half of the bundle %s is there: %d and %d", pair, first, second)
	}
}

// TestPostgresKilledUnderLoad: kill -9 of Postgres while requests run. Those
// that fail are told to come back with 503 and Retry-After, never with
// anything that sounds final; the same server then works again, and what it
// acknowledged is there.
func TestPostgresKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s := startServer(t, newData(t), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var mu sync.Mutex
	done, refused := map[string]bool{}, 0
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("p-%d-%d", w, i)
				status, h, text, err := call(t.Context(), "PUT", s.Base+"/Patient/"+id, fmt.Sprintf(`{"resourceType":"Patient","id":%q}`, id))
				mu.Lock()
				switch {
				case err != nil:
					t.Errorf("the server did not answer: %v", err)
				case status == http.StatusCreated:
					done[id] = true
				case status == http.StatusServiceUnavailable && h.Get("Retry-After") != "":
					refused++
				default:
					t.Errorf("answer %d %s %.200s", status, h.Get("Retry-After"), text)
				}
				mu.Unlock()
				if status != http.StatusCreated {
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	for range 2 {
		time.Sleep(time.Second)
		pid, err := s.postmaster()
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		met := refused
		mu.Unlock()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		// The backends outlive their postmaster for a moment, and still serve.
		waitFor(t, "the dead Postgres to be met", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return refused > met
		})
		mu.Lock()
		before := len(done)
		mu.Unlock()
		waitFor(t, "writes after the recovery", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(done) > before+20
		})
	}
	cancel()
	wg.Wait()
	if refused == 0 {
		t.Error("no request met the dead Postgres: the test shows nothing")
	}
	for id := range done {
		if status, _, _, err := call(t.Context(), "GET", s.Base+"/Patient/"+id, ""); err != nil || status != http.StatusOK {
			t.Errorf("Patient/%s was acknowledged and answers %d %v", id, status, err)
		}
	}
	if status, _, _, _ := call(t.Context(), "GET", s.Root+"/readyz", ""); status != http.StatusOK {
		t.Errorf("not ready after the recovery: %d", status)
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Error("something panicked")
	}
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 300 {
		if is() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("no %s within 30 seconds", what)
}
