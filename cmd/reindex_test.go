package cmd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// found is a search answered to its last page: the ids of the matches, and
// whether an OperationOutcome came along.
func found(t *testing.T, base, query string) (ids []string, noted string) {
	t.Helper()
	for at := base + "/" + query; at != ""; {
		status, _, text, err := call(t.Context(), "GET", at, "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s answers %d %v %.300s", at, status, err, text)
		}
		var bundle struct {
			Link  []struct{ Relation, URL string }
			Entry []struct {
				Resource struct {
					ID    string
					Issue []struct{ Diagnostics string }
				}
				Search struct{ Mode string }
			}
		}
		if err := json.Unmarshal([]byte(text), &bundle); err != nil {
			t.Fatal(err)
		}
		at = ""
		for _, l := range bundle.Link {
			if l.Relation == "next" {
				at = l.URL
			}
		}
		for _, e := range bundle.Entry {
			if e.Search.Mode == "match" {
				ids = append(ids, e.Resource.ID)
			} else if e.Search.Mode == "outcome" {
				noted = e.Resource.Issue[0].Diagnostics
			}
		}
	}
	return ids, noted
}

// runs is how far the index of a type is, by $reindex.
func runs(t *testing.T, base, typ string) (state string, done, total int) {
	t.Helper()
	status, _, text, err := call(t.Context(), "GET", base+"/"+typ+"/$reindex", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("$reindex answers %d %v %s", status, err, text)
	}
	var p struct {
		Parameter []struct {
			Name string
			Part []struct {
				Name, ValueCode string
				ValueInteger    int
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	for _, index := range p.Parameter {
		for _, part := range index.Part {
			switch part.Name {
			case "state":
				state = part.ValueCode
			case "done":
				done = part.ValueInteger
			case "total":
				total = part.ValueInteger
			}
		}
	}
	return state, done, total
}

// nicknamed is a Patient of the test.
func nicknamed(id, nick string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"use":"nickname","given":[%q]}]}`, id, nick)
}

const nickParameter = `{"resourceType":"SearchParameter","id":"nick","url":"http://example.org/fhir/SearchParameter/nick","name":"nick","status":"active",
 "description":"What a patient is called","code":"nick","base":["Patient"],"type":"string","expression":"Patient.name.where(use = 'nickname').given"}`

// TestReindexSurvives: a search parameter is defined over some thousand
// resources, while others write them, and the server is killed in the middle
// of the run. What is found meanwhile is right and said to be partial; after
// the restart the run goes on from where it was, and at its end a search
// finds exactly what the resources say.
func TestReindexSurvives(t *testing.T) {
	t.Parallel()
	const patients, nicks = 8000, 20
	data := newData(t)
	s := startServer(t, data, nil)
	var mu sync.Mutex
	truth := map[string]string{} // nickname by id, as acknowledged
	var may = map[string][]string{}
	for from := 0; from < patients; from += 1000 {
		var entries []string
		for i := from; i < from+1000; i++ {
			id := "p" + strconv.Itoa(i)
			truth[id] = "nick" + strconv.Itoa(i%nicks)
			may[id] = []string{truth[id]}
			entries = append(entries, fmt.Sprintf(`{"resource":%s,"request":{"method":"PUT","url":"Patient/%s"}}`, nicknamed(id, truth[id]), id))
		}
		if status, _, text, err := call(t.Context(), "POST", s.Base, `{"resourceType":"Bundle","type":"transaction","entry":[`+strings.Join(entries, ",")+`]}`); err != nil || status != http.StatusOK {
			t.Fatalf("load: %d %v %.300s", status, err, text)
		}
	}
	// Writers change nicknames all over the place until the server is gone.
	write := func(ctx context.Context, base string, writer int) {
		for i := writer; ctx.Err() == nil; i += 37 {
			id, nick := "p"+strconv.Itoa(i*7919%patients), "nick"+strconv.Itoa((i*31+writer)%nicks)
			if i*7919%patients%4 != writer {
				continue // one writer for each patient, so that the last word is known
			}
			mu.Lock()
			may[id] = append(may[id], nick)
			mu.Unlock()
			status, _, _, err := call(ctx, "PUT", base+"/Patient/"+id, nicknamed(id, nick))
			if err != nil || status >= 300 {
				return
			}
			mu.Lock()
			truth[id], may[id] = nick, []string{nick}
			mu.Unlock()
		}
	}
	writing := func(base string) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() { write(ctx, base, w) })
		}
		// A server goes on with a request that its client has given up.
		return func() { cancel(); wg.Wait(); time.Sleep(2 * time.Second) }
	}
	stop := writing(s.Base)
	if status, _, text, err := call(t.Context(), "PUT", s.Base+"/SearchParameter/nick", nickParameter); err != nil || status != http.StatusCreated {
		t.Fatalf("define: %d %v %s", status, err, text)
	}
	if _, _, text, _ := call(t.Context(), "GET", s.Base+"/Patient?nick=nick3&_count=10&_sort=nick", ""); !strings.Contains(text, "index of Patient is not complete for nick") {
		t.Errorf("the answer does not say that it is partial: %.300s", text)
	}
	before := 0
	for state := ""; before < 200; time.Sleep(2 * time.Millisecond) {
		if state, before, _ = runs(t, s.Base, "Patient"); state == "done" {
			t.Fatal("the run was over before the server could be killed")
		}
	}
	s.kill()
	stop()
	if err := noOrphans(data); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, data, nil)
	state, after, total := runs(t, s.Base, "Patient")
	t.Logf("killed after %d of %d, goes on at %d (%s)", before, total, after, state)
	if after < before || total < patients {
		t.Errorf("after the restart the run is at %d of %d, and was at %d", after, total, before)
	}
	// What is asked while the run goes on, as seen afterwards, must say so.
	under := func() bool { now, _, _ := runs(t, s.Base, "Patient"); return now != "done" }
	ids, noted := found(t, s.Base, "Patient?_id=p1&_sort=nick")
	if len(ids) != 1 || noted == "" && under() {
		t.Error("sorting by a partial index is not said to be so")
	}
	if status, _, text, _ := call(t.Context(), "PUT", s.Base+"/Patient?nick=nobody", `{"resourceType":"Patient"}`); status != http.StatusServiceUnavailable && under() {
		t.Errorf("a conditional update by a partial index answers %d %s", status, text)
	}
	if _, noted = found(t, s.Base, "Observation?subject:Patient.nick=nick1"); noted == "" && under() {
		t.Error("a chain through a partial index is not said to be so")
	}
	stop = writing(s.Base)
	for deadline := time.Now().Add(5 * time.Minute); state != "done"; time.Sleep(20 * time.Millisecond) {
		if state, _, _ = runs(t, s.Base, "Patient"); time.Now().After(deadline) {
			t.Fatal("the run does not come to its end")
		}
	}
	stop()
	checkNicknames(t, s.Base, truth, may)
	// When the parameter is gone, so are its rows; defined again it is
	// complete again.
	if status, _, _, err := call(t.Context(), "DELETE", s.Base+"/SearchParameter/nick", ""); err != nil || status >= 300 {
		t.Fatal(status, err)
	}
	if status, _, _, _ := call(t.Context(), "GET", s.Base+"/Patient?nick=nick1", ""); status != http.StatusBadRequest {
		t.Errorf("a parameter that is gone answers %d", status)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// checkNicknames compares what is found with what the resources say.
func checkNicknames(t *testing.T, base string, truth map[string]string, may map[string][]string) {
	t.Helper()
	// The index must agree with the resources themselves.
	stored := map[string]string{}
	for at := base + "/Patient?_count=1000"; at != ""; {
		_, _, text, err := call(t.Context(), "GET", at, "")
		if err != nil {
			t.Fatal(err)
		}
		var bundle struct {
			Link  []struct{ Relation, URL string }
			Entry []struct {
				Resource struct {
					ID   string
					Name []struct{ Given []string }
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &bundle); err != nil {
			t.Fatal(err)
		}
		for _, e := range bundle.Entry {
			stored[e.Resource.ID] = e.Resource.Name[0].Given[0]
		}
		at = ""
		for _, l := range bundle.Link {
			if l.Relation == "next" {
				at = l.URL
			}
		}
	}
	want := map[string][]string{}
	for id, nick := range stored {
		if !slices.Contains(may[id], nick) {
			t.Errorf("%s is %q; the last that was acknowledged is %q", id, nick, truth[id])
		}
		want[nick] = append(want[nick], id)
	}
	for _, nick := range slices.Sorted(maps.Keys(want)) {
		ids, noted := found(t, base, "Patient?_count=1000&nick:exact="+url.QueryEscape(nick))
		slices.Sort(ids)
		slices.Sort(want[nick])
		if !slices.Equal(ids, want[nick]) {
			t.Errorf("%s: %d are found, %d are so called", nick, len(ids), len(want[nick]))
		}
		if noted != "" {
			t.Errorf("%s: the run is over and the answer says %q", nick, noted)
		}
	}
	if ids, _ := found(t, base, "Patient?nick:missing=true&_count=1000"); len(ids) > 0 {
		t.Errorf("%d patients are said to have no nickname", len(ids))
	}
}
