package cmd_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestTerminologyIsCurrent: one code system is written through each of two
// servers in turn, while others ask both about it all the time. What is
// acknowledged by one is what the other goes by in its next answer: the
// operations, and the searches.
func TestTerminologyIsCurrent(t *testing.T) {
	t.Parallel()
	both := twoServers(t)
	put := func(s *server, path, body string) {
		t.Helper()
		if status, _, text, err := call(t.Context(), "PUT", s.Base+"/"+path, body); err != nil || status >= 300 {
			t.Fatalf("%s answers %d %v %.300s", path, status, err, text)
		}
	}
	system := func(code string) string {
		return fmt.Sprintf(`{"resourceType":"CodeSystem","id":"race","url":"http://example.org/race","status":"active","content":"complete","concept":[{"code":%q}]}`, code)
	}
	put(both[0], "CodeSystem/race", system("c0"))
	put(both[0], "ValueSet/race", `{"resourceType":"ValueSet","id":"race","url":"http://example.org/vs/race","status":"active","compose":{"include":[{"system":"http://example.org/race"}]}}`)
	const rounds = 60
	for i := range rounds {
		id := fmt.Sprintf("race-%d", i)
		put(both[1], "Observation/"+id, fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"coding":[{"system":"http://example.org/race","code":"c%d"}]}}`, id, i))
	}
	get := func(s *server, path string) string {
		status, _, text, err := call(t.Context(), "GET", s.Base+"/"+path, "")
		if err != nil || status != http.StatusOK {
			t.Errorf("%s answers %d %v %.300s", path, status, err, text)
		}
		return text
	}
	var done atomic.Bool
	var others sync.WaitGroup
	for i := range 4 {
		others.Go(func() {
			for !done.Load() {
				if text := get(both[i%2], "ValueSet/$expand?url=http://example.org/vs/race"); !strings.Contains(text, `"total":1,`) {
					t.Errorf("half of a change was seen: %s", text)
				}
			}
		})
	}
	for i := 1; i < rounds; i++ {
		code := fmt.Sprintf("c%d", i)
		put(both[i%2], "CodeSystem/race", system(code))
		for _, s := range both {
			if text := get(s, "ValueSet/$validate-code?url=http://example.org/vs/race&system=http://example.org/race&code="+code); !strings.Contains(text, `"valueBoolean":true`) {
				t.Fatalf("%s is not known after it was written: %s", code, text)
			}
			if text := get(s, fmt.Sprintf("CodeSystem/$validate-code?url=http://example.org/race&code=c%d", i-1)); !strings.Contains(text, `"valueBoolean":false`) {
				t.Fatalf("c%d is still known after %s was written: %s", i-1, code, text)
			}
			if text := get(s, "Observation?code:in=http://example.org/vs/race"); strings.Count(text, `"search":`) != 1 || !strings.Contains(text, fmt.Sprintf(`"race-%d"`, i)) {
				t.Fatalf("a search does not go by %s: %s", code, text)
			}
		}
	}
	done.Store(true)
	others.Wait()
}
