package storage

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRecent: what is remembered is what would have been decoded, for many at
// once, and it stays within its bounds.
func TestRecent(t *testing.T) {
	t.Parallel()
	codec, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	r := reader{db: &DB{codec: codec}}
	var c recent
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var key []byte
			for n := range 6000 {
				id := fmt.Sprint(n % 2000)
				json := `{"resourceType":"Patient","id":"` + id + `","text":"` + strings.Repeat("abc "+id, 600) + `"}`
				row := &versionRow{rid: 1, version: 2, updated: time.UnixMilli(5), method: 1, content: r.db.codec.encode([]byte(json), own{id, time.UnixMilli(5)})}
				s, next, err := c.stored(r, row, "Patient", id, key)
				if err != nil || string(s.JSON) != json || s.ID != id || s.Version != 2 {
					t.Errorf("%s: %v %s %v", id, s.Key, s.JSON, err)
					return
				}
				key = next
			}
		})
	}
	wait.Wait()
	if c.size > maxRecent+maxRecent/64 || len(c.young) == 0 {
		t.Errorf("%d bytes of %d contents", c.size, len(c.young))
	}
	if s, _, err := c.stored(r, &versionRow{rid: 1, version: 3, method: 4}, "Patient", "1", nil); err != nil || !s.Deleted || s.JSON != nil {
		t.Errorf("a deletion: %+v %v", s, err)
	}
}

// TestRecentKeepsWhatComesAgain: what is asked for once is not kept.
func TestRecentKeepsWhatComesAgain(t *testing.T) {
	t.Parallel()
	var c recent
	for n, want := range []bool{false, true} {
		c.keep([]byte("key"), []byte("{}"))
		if _, got := c.find([]byte("key")); got != want {
			t.Errorf("seen %d times: kept %v", n+1, got)
		}
	}
	c.keep([]byte("large"), make([]byte, maxRecent))
	c.keep([]byte("large"), make([]byte, maxRecent))
	if _, kept := c.find([]byte("large")); kept {
		t.Error("one content may take all the room")
	}
}
