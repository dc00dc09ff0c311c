package storage_test

import (
	"context"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// TestForget: what was written about somebody goes from the dictionaries some
// time after it went from the resources, and nothing goes that is found by.
func TestForget(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	at := func() *shelf {
		s := &shelf{TB: t, Resources: open(t, url), registry: search.NewRegistry(spec.R4())}
		s.registry.Now = func() time.Time { return now }
		return s
	}
	one, other := at(), at() // two servers, which remember different things
	db, err := storage.Open(context.Background(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	index := storage.NewIndex(db, one.registry)
	sweep := func() storage.Forgotten {
		t.Helper()
		gone, err := index.Forget(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return gone
	}
	left := func(word string) int {
		t.Helper()
		return len(column(t, url, `SELECT value FROM search_term WHERE value LIKE '%' || $1 || '%'
 UNION ALL SELECT value FROM search_text WHERE value LIKE '%' || $1 || '%'
 UNION ALL SELECT g.key::text FROM search_wording g JOIN search_text x USING (key) WHERE x.value LIKE '%' || $1 || '%'`, word))
	}
	patient := func(id, word string) string {
		return `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"urn:x","value":"` + word + `"}],"gender":"male","maritalStatus":{"text":"` + word + `"},
"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">` + word + `</div>"}}`
	}
	found := func(s *shelf, word string, ids ...string) {
		t.Helper()
		want := ""
		for i, id := range ids {
			if want += "Patient/" + id; i < len(ids)-1 {
				want += " "
			}
		}
		for _, query := range []string{"identifier=urn:x|" + word, "_text=" + word, "_content=" + word} {
			s.check("Patient?"+query, want)
		}
	}
	one.put(patient("a", "alpha"), patient("b", "bravo"), patient("c", "charlie"),
		`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"g"}}`)
	if gone := sweep(); gone != (storage.Forgotten{}) || sweep() != gone {
		t.Errorf("%+v were removed of what is in use", gone)
	}
	for _, id := range []string{"a", "b", "c"} {
		one.follow(fhir.Key{Type: "Patient", ID: id}, "")
	}
	sweep() // notes
	if left("alpha") == 0 {
		t.Error("something was removed before it was noted")
	}
	other.put(patient("b2", "bravo")) // by a server that does not remember
	one.put(patient("c2", "charlie")) // by one that does
	if gone := sweep(); gone.Terms == 0 || gone.Texts == 0 || gone.Wordings == 0 {
		t.Errorf("only %+v were removed", gone)
	}
	if n := left("alpha"); n != 0 {
		t.Errorf("%d rows are left of somebody who was deleted", n)
	}
	for _, s := range []*shelf{one, other} {
		found(s, "bravo", "b2")
		found(s, "charlie", "c2")
		s.check("Observation?value-quantity=1000%7Chttp://unitsofmeasure.org%7Cmg", "Observation/o")
		s.check("Patient?gender=http://hl7.org/fhir/administrative-gender%7C", "Patient/b2 Patient/c2")
	}
	third := at()
	third.put(patient("a2", "alpha"))
	found(third, "alpha", "a2")
	sweep()
	if gone := sweep(); gone != (storage.Forgotten{}) {
		t.Errorf("%+v were removed of what is in use again", gone)
	}
	found(other, "alpha", "a2")
}
