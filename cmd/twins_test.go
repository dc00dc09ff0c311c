package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// twoServers are two processes on one database.
func twoServers(t *testing.T) [2]*server {
	t.Helper()
	url := storagetest.Postgres(t)
	dir := t.TempDir() // both keep their binaries here
	var both [2]*server
	var wg sync.WaitGroup
	for i := range both {
		wg.Go(func() {
			s, err := start(dir, dir+"/data", plain("DATABASE_URL="+url))
			if err != nil {
				t.Error(err)
				return
			}
			both[i] = s
		})
	}
	wg.Wait()
	for _, s := range both {
		if s == nil {
			t.FailNow()
		}
		t.Cleanup(func() {
			s.kill()
			if t.Failed() {
				t.Logf("log of a server:\n%s", s.log)
			}
		})
	}
	return both
}

// TestTwinsAreNeverBorn: 64 parallel identical conditional creates, half of
// them through each of two servers, leave one resource.
func TestTwinsAreNeverBorn(t *testing.T) {
	t.Parallel()
	both := twoServers(t)
	for round := range 5 {
		identifier := fmt.Sprintf("http://example.org/mrn|%d", round)
		body := fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"http://example.org/mrn","value":"%d"}]}`, round)
		var mu sync.Mutex
		created, places := 0, map[string]int{}
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				status, h, text, err := call(t.Context(), "POST", both[i%2].Base+"/Patient", body, "If-None-Exist: identifier="+identifier)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case status == http.StatusCreated:
					created++
					places[path(h.Get("Location"))]++
				case status == http.StatusOK:
					places[path(h.Get("Location"))]++
				case status == http.StatusConflict || status == http.StatusServiceUnavailable: // lost too often; may ask again
				default:
					t.Errorf("answer %d %.300s", status, text)
				}
			})
		}
		wg.Wait()
		delete(places, "") // the match need not be told
		if created != 1 || len(places) != 1 {
			t.Errorf("round %d: %d were created, at %v", round, created, places)
		}
		for _, s := range both {
			if n := count(t, s.Base+"/Patient?identifier="+identifier); n != 1 {
				t.Errorf("round %d: there are %d", round, n)
			}
		}
	}
}

// path is the part of a location that both servers agree on.
func path(location string) string {
	for i := 0; i+6 <= len(location); i++ {
		if location[i:i+6] == "/fhir/" {
			return location[i+6:]
		}
	}
	return location
}

// count asks for the number of matches alone.
func count(t *testing.T, url string) int {
	t.Helper()
	status, _, text, err := call(t.Context(), "GET", url+"&_summary=count", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("count answers %d %v", status, err)
	}
	var bundle struct{ Total *int }
	if err := json.Unmarshal([]byte(text), &bundle); err != nil || bundle.Total == nil {
		t.Fatalf("no total in %.200s", text)
	}
	return *bundle.Total
}

// TestOneWinnerEachRound: in every round 16 updates with the same If-Match go
// to two servers at once; one wins, the others hear 412 (or 409), and the
// history has a version for each round and no more.
func TestOneWinnerEachRound(t *testing.T) {
	t.Parallel()
	both := twoServers(t)
	const id = "contested"
	if status, _, text, err := call(t.Context(), "PUT", both[0].Base+"/Patient/"+id, `{"resourceType":"Patient","id":"contested","multipleBirthInteger":1}`); err != nil || status != http.StatusCreated {
		t.Fatalf("create answers %d %v %s", status, err, text)
	}
	const rounds = 20
	for round := 1; round <= rounds; round++ {
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				body := fmt.Sprintf(`{"resourceType":"Patient","id":"contested","multipleBirthInteger":%d}`, round+1)
				status, _, text, err := call(t.Context(), "PUT", both[i%2].Base+"/Patient/"+id, body, fmt.Sprintf(`If-Match: W/"%d"`, round))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case status == http.StatusOK:
					won++
				case status != http.StatusPreconditionFailed && status != http.StatusConflict:
					t.Errorf("answer %d %.300s", status, text)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("round %d has %d winners", round, won)
		}
	}
	checkHistory(t, both[1].Base, id, rounds+1)
}
