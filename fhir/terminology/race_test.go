package terminology_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/terminology"
)

// TestManyAsk has many ask at once while what is stored changes: whoever asks
// after a change sees it.
func TestManyAsk(t *testing.T) {
	t.Parallel()
	s, r := zoo(t)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			url := fmt.Sprintf("http://example.org/w%d", worker)
			for i := range 100 {
				code := fmt.Sprintf("c%d", i)
				s.put(t, fmt.Sprintf(`{"resourceType":"CodeSystem","id":"w%d","url":%q,"status":"active","content":"complete","concept":[{"code":%q}]}`, worker, url, code))
				m, err := r.Exists(t.Context(), terminology.Coding{System: url, Code: code})
				if err != nil || m.Answer != terminology.Yes {
					t.Errorf("%s: %+v %v", code, m, err)
				}
				text, err := call(r, s, "ValueSet/$expand?url="+url+"?fhir_vs", "")
				if err != nil || !strings.Contains(text, `"`+code+`"`) {
					t.Errorf("%s: %s %v", code, text, err)
				}
			}
		})
	}
	wg.Wait()
}
