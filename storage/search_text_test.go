package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestTextFollowsTheResource: text is found in the current version only, and
// not at all once its resource is deleted.
func TestTextFollowsTheResource(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	s := newShelfOn(t, url)
	k := fhir.Key{Type: "Observation", ID: "a"}
	observation := func(code, note, narrative string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","id":"a","status":"final","code":{"text":%q},"note":[{"text":%q}],"text":{"status":"generated","div":"<div>%s</div>"}}`, code, note, narrative)
	}
	found := func(want string) {
		t.Helper()
		var got []string
		for _, query := range []string{"code:text=one", "code:text=two", "_content=old", "_content=new", "_text=first", "_text=second"} {
			a, err := s.ask(everything, "Observation?"+query)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.match) > 0 {
				_, word, _ := strings.Cut(query, "=")
				got = append(got, word)
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q is found, want %q", text, want)
		}
	}
	s.put(observation("one", "old", "first"))
	found("one old first")
	s.follow(k, observation("two", "old", "first"))
	found("two old first")
	s.follow(k, observation("two", "new", "second"))
	found("two new second")
	s.follow(k, "")
	found("")
	if rows := column(t, url, `SELECT key::text FROM search_token`); len(rows) > 0 {
		t.Errorf("%d rows are left of what was deleted", len(rows))
	}
	s.follow(k, observation("one", "old", "first"))
	found("one old first")
}

// TestAnyTextIsWritten: no text fails a write, and its beginning is found.
func TestAnyTextIsWritten(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	distinct := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for i, text := range []string{
		distinct("%d ", 200_000), distinct("w%x ", 200_000), distinct("http://h%d/p ", 60_000), distinct("a%d@b.c ", 60_000), distinct("%x=<i> ", 60_000),
		strings.Repeat("x", 400_000), strings.Repeat("same ", 100_000), strings.Repeat("世界 ", 100_000), strings.Repeat("≤", 1000), "&amp; <b> a:*&!|( '",
	} {
		id := fmt.Sprint("o", i)
		s.put(fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":%q},"note":[{"text":%q}]}`, id, "begin "+strings.ToValidUTF8(text[:min(len(text), 999)], ""), "marker "+text))
		for _, query := range []string{"code:text=begin", "_content=marker"} {
			if a, err := s.ask(everything, "Observation?_id="+id+"&"+query); err != nil || len(a.match) != 1 {
				t.Errorf("text %d: %s finds %v %v", i, query, a.match, err)
			}
		}
	}
}

// TestHiddenTextMakesNoDifference. The vulnerability: words tell what a file
// says, one by one. The attack: the same questions behind a fence, with and
// without resources beyond it. Verified: every answer, total and page is the
// same, whether text, lists or what lists contain is hidden.
func TestHiddenTextMakesNoDifference(t *testing.T) {
	t.Parallel()
	visible := []string{
		`{"resourceType":"Patient","id":"1","name":[{"text":"Anna"}]}`, `{"resourceType":"Practitioner","id":"p","name":[{"text":"House"}]}`,
		`{"resourceType":"Observation","id":"a","status":"final","code":{"text":"pulse"},"subject":{"reference":"Patient/1"},"note":[{"text":"quiet"}],"text":{"status":"generated","div":"<div>calm</div>"}}`,
	}
	hidden := []string{
		`{"resourceType":"Patient","id":"2","name":[{"text":"Secret"}],"generalPractitioner":[{"reference":"Practitioner/p"}]}`,
		`{"resourceType":"Observation","id":"b","status":"final","code":{"text":"pulse secret"},"subject":{"reference":"Patient/2"},"note":[{"text":"quiet secret"}],"text":{"status":"generated","div":"<div>calm secret</div>"},"hasMember":[{"reference":"Observation/a"}]}`,
		`{"resourceType":"List","id":"l","status":"current","mode":"working","subject":{"reference":"Patient/2"},"entry":[{"item":{"reference":"Observation/a"}},{"item":{"reference":"Observation/b"}},{"item":{"reference":"Practitioner/p"}}]}`,
	}
	with, without := newShelf(t), newShelf(t)
	without.put(visible...)
	with.put(append(visible, hidden...)...)
	for _, query := range []string{
		"Observation?code:text=pulse", "Observation?code:text=pulse%20secret", "Observation?_text=secret", "Observation?_text=calm", "Observation?_text=calm%20-secret",
		"Observation?_content=secret", "Observation?_content=quiet", "Observation?_content=quiet%20OR%20secret", "Observation?_content=NOT%20secret", "Patient?_content=secret",
		"Observation?_list=l", "Practitioner?_list=l", "?_list=l&_type=Observation,Practitioner", "List?_content=l", "List?",
		"Practitioner?_has:Patient:general-practitioner:_content=secret", "Observation?subject:Patient._content=secret", "Observation?_has:Observation:has-member:code:text=pulse",
		"Observation?_has:Observation:has-member:_text=secret", "Patient/2/Observation?_content=secret", "Practitioner?_has:List:item:_id=l",
	} {
		for _, more := range []string{"", "&_total=accurate", "&_summary=count", "&_count=1&_sort=-_lastUpdated"} {
			want, err := without.ask(within("1"), query+more)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			got, err := with.ask(within("1"), query+more)
			if err != nil || got.String() != want.String() {
				t.Errorf("%s%s: %q %v, without what is hidden %q", query, more, got, err, want)
			}
		}
		open, err := with.ask(everything, query)
		if err != nil || len(open.match) == 0 && query != "List?_content=l" {
			t.Errorf("%s finds nothing without a fence: the attack is no attack (%v)", query, err)
		}
	}
}
