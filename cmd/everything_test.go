package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// walk follows the pages of an answer and returns the references of the
// matches and of what was included.
func (w *world) walk(t *testing.T, r request) (match, include []string) {
	t.Helper()
	for page := 0; page < 100; page++ {
		status, _, body := r.send(t, w.fenced)
		if status != 200 {
			t.Fatalf("%s answers %d %s", r, status, body)
		}
		var bundle struct {
			Entry []struct {
				FullURL string
				Search  struct{ Mode string }
			}
		}
		if err := json.Unmarshal([]byte(body), &bundle); err != nil {
			t.Fatal(err)
		}
		for _, e := range bundle.Entry {
			ref := strings.TrimPrefix(e.FullURL, "http://test/fhir/")
			if e.Search.Mode == "match" {
				match = append(match, ref)
			} else {
				include = append(include, ref)
			}
		}
		next := nexts.FindStringSubmatch(body)
		if next == nil {
			return match, include
		}
		if strings.Contains(next[1], "start") || strings.Contains(next[1], "_count") {
			t.Errorf("the link %s shows what was asked", next[1])
		}
		r = request("GET " + next[1])
	}
	t.Fatalf("%s has no end", r)
	return nil, nil
}

// TestEverything: all pages together are the compartment, once, and what it
// refers to as far as the caller sees it.
func TestEverything(t *testing.T) {
	t.Parallel()
	open := policy{refused: []string{"Basic"}, open: []string{"Organization", "Practitioner"}, within: []string{"Patient/1"}}
	all, _ := worlds(t, open)
	members, _ := all.walk(t, "GET Patient/1/*")
	slices.Sort(members)
	for _, count := range []int{1, 2, 3, 100} {
		match, include := all.walk(t, request(fmt.Sprintf("GET Patient/1/$everything?_count=%d", count)))
		slices.Sort(match)
		if !slices.Equal(match, members) {
			t.Errorf("in pages of %d: %v, and the compartment is %v", count, match, members)
		}
		slices.Sort(include)
		if got := slices.Compact(include); !slices.Equal(got, []string{"Practitioner/doc"}) {
			t.Errorf("in pages of %d %v come along", count, got)
		}
		if match, _ = all.walk(t, request(fmt.Sprintf("GET Patient/$everything?_count=%d", count))); len(match) != len(members) {
			t.Errorf("of all visible patients %v", match)
		}
	}
	// By POST, and of a time: the patient, who has no clinical date, is there.
	post := request("POST Patient/1/$everything\n\n" + `{"resourceType":"Parameters","parameter":[{"name":"start","valueDate":"2020-02-01"},{"name":"end","valueDate":"2020-03-31"},{"name":"_type","valueCode":"Observation"},{"name":"_type","valueCode":"Patient"}]}`)
	match, include := all.walk(t, post)
	slices.Sort(match)
	if want := []string{"Observation/moved1", "Observation/o11", "Observation/o12", "Patient/1"}; !slices.Equal(match, want) || len(include) > 0 {
		t.Errorf("of two months %v %v, not %v", match, include, want)
	}
	if match, _ := all.walk(t, "GET Patient/1/$everything?_since=2030-01-01T00:00:00Z"); len(match) > 0 {
		t.Errorf("since the future %v", match)
	}
	for r, want := range map[request]int{
		"GET Patient/2/$everything": 404, "GET Patient/none/$everything": 404, "GET Basic/b/$everything": 404, "GET Practitioner/doc/$everything": 404,
		"GET Patient/1/$everything?_count=0": 400, "GET Patient/1/$everything?start=yesterday": 400, "GET Patient/1/$everything?_since=2020": 400, "GET Patient/1/$everything?_type=Nothing": 400,
		"GET Patient/1/$everything?_type=Practitioner": 400, "GET Patient/1/$everything?foo=bar": 400, "GET Patient/1/$everything?start=2020&start=2021": 400, "GET Patient/1/$everything?_cursor=AAAA": 400,
		"GET Patient/1/$everything?_page=AAAA": 400, "POST Patient/1/$everything\n\n{\"resourceType\":\"Patient\"}": 400, "GET Observation/$lastn?patient=1": 400, "GET Observation/$lastn?code=1": 400,
		"GET Observation/$lastn?patient=1&code=1&max=0": 400, "GET Observation/$lastn?patient=1&code=1&_sort=date": 400,
	} {
		if status, _, body := r.send(t, all.fenced); status != want {
			t.Errorf("%s answers %d %s", r, status, body)
		}
	}
	// A link is good for the record it was given out for, and no other.
	_, _, body := request("GET Patient/1/$everything?_count=1").send(t, all.fenced)
	next := strings.Replace(nexts.FindStringSubmatch(body)[1], "Patient/1/", "Patient/2/", 1)
	if status, _, body := request("GET "+next).send(t, all.open); status != 400 {
		t.Errorf("the link of another record answers %d %s", status, body)
	}
	closed, _ := worlds(t, policy{refused: []string{"Basic", "Practitioner"}, open: []string{"Organization"}, within: []string{"Patient/1"}})
	if match, include := closed.walk(t, "GET Patient/1/$everything"); len(match) != len(members) || len(include) > 0 {
		t.Errorf("with practitioners hidden: %v %v", match, include)
	}
}

// TestHiddenIsMissing: the answer for a record that is hidden is the answer of
// a read of one that is missing.
func TestHiddenIsMissing(t *testing.T) {
	t.Parallel()
	all, _ := worlds(t, policy{refused: []string{"Basic"}, open: []string{"Practitioner"}, within: []string{"Patient/1"}})
	status1, _, hidden := request("GET Patient/2/$everything").send(t, all.fenced)
	status2, _, missing := request("GET Patient/9").send(t, all.fenced)
	if status1 != 404 || status2 != 404 || strings.ReplaceAll(hidden, "Patient/2", "Patient/9") != missing {
		t.Errorf("%d %s\n%d %s", status1, hidden, status2, missing)
	}
}

// TestLastN: the newest of each kind, where kinds are one by any coding that
// they have in common.
func TestLastN(t *testing.T) {
	t.Parallel()
	var list []request
	put := func(id, date string, codes ...string) {
		var coding []string
		for _, c := range codes {
			coding = append(coding, fmt.Sprintf(`{"system":"urn:%s","code":%q}`, c[:1], c))
		}
		list = append(list, request(fmt.Sprintf("PUT Observation/%s\n\n"+`{"resourceType":"Observation","id":%q,"status":"final","category":[{"coding":[{"code":"vital-signs"}]}],
 "code":{"coding":[%s]},"subject":{"reference":"Patient/1"},"effectiveDateTime":%q}`, id, id, strings.Join(coding, ","), date)))
	}
	list = append(list, "PUT Patient/1\n\n"+`{"resourceType":"Patient","id":"1"}`)
	put("pulse-1", "2020-01-01", "a1")
	put("pulse-2", "2020-02-01", "a1")
	put("pulse-3", "2020-03-01", "a1")
	put("weight-1", "2020-01-15", "b1")
	put("weight-2", "2020-02-15", "c1")       // not yet known to be the same
	put("weight-3", "2019-01-15", "b1", "c1") // by this one they are
	put("height", "2018-01-01", "d1")
	w, _ := worldsOf(t, policy{within: []string{"Patient/1"}}, list, nil)
	for query, want := range map[string]string{
		"patient=1&category=vital-signs":                    "pulse-3 weight-2 height",
		"patient=1&category=vital-signs&max=2":              "pulse-3 pulse-2 weight-2 weight-1 height",
		"subject=Patient/1&code=a1,d1&max=1":                "pulse-3 height",
		"patient=1&code=a1&max=9":                           "pulse-3 pulse-2 pulse-1",
		"patient=1&code=a1&date=lt2020-03-01":               "pulse-2",
		"patient=2&code=a1":                                 "",
		"subject:Patient=1&category=vital-signs&code=b1,c1": "weight-2",
	} {
		match, _ := w.walk(t, request("GET Observation/$lastn?"+query))
		if got := strings.ReplaceAll(strings.Join(match, " "), "Observation/", ""); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	post := request("POST Observation/$lastn\n\n" + `{"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{"reference":"Patient/1"}},{"name":"code","valueCoding":{"system":"urn:a","code":"a1"}},{"name":"max","valuePositiveInt":1}]}`)
	if match, _ := w.walk(t, post); !slices.Equal(match, []string{"Observation/pulse-3"}) {
		t.Errorf("by POST %v", match)
	}
}
