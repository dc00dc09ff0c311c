package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// follow writes the next version of a resource as the engine would; without
// JSON it is a deletion.
func (s *shelf) follow(k fhir.Key, json string) {
	s.Helper()
	h := head(s, s.Resources, k)
	w := engine.Write{Resource: fhir.Resource{Key: k, Updated: h.Updated.Add(time.Millisecond), Method: fhir.DELETE, Deleted: true}}
	if json != "" {
		w = s.write(json, h.Updated.Add(time.Millisecond))
	}
	w.Previous, w.RID, w.Revived = h.Version, h.RID, h.Deleted
	w.Resource.Version = h.Version + 1
	if !h.Deleted {
		w.Old = s.write(string(h.JSON), now).New
	}
	if json == "" {
		w.New = search.Values{Homes: w.Old.Homes}
	}
	if err := commit(s, s.Resources, everything, w); err != nil {
		s.Fatal(err)
	}
}

// column reads one column of texts.
func column(t testing.TB, url, sql string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestShapeFollowsTheResource: :missing is answered by the version that is
// current, through updates, deletion and revival.
func TestShapeFollowsTheResource(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	s := newShelfOn(t, url)
	k := fhir.Key{Type: "Patient", ID: "a"}
	// the shape's parameters that tell the versions apart, by asking for each
	has := func(want string) {
		t.Helper()
		var got []string
		for _, code := range []string{"active", "birthdate", "family", "gender", "general-practitioner", "name"} {
			present, err := s.ask(everything, "Patient?"+code+":missing=false")
			if err != nil {
				t.Fatal(err)
			}
			absent, err := s.ask(everything, "Patient?"+code+":missing=true")
			if err != nil {
				t.Fatal(err)
			}
			if len(present.match) > 0 {
				got = append(got, code)
			}
			if h := head(t, s.Resources, k); !h.Deleted && len(present.match)+len(absent.match) != 1 || h.Deleted && len(present.match)+len(absent.match) != 0 {
				t.Errorf("%s is missing in %v and there in %v", code, absent.match, present.match)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("values for %v, want %s", got, want)
		}
		if orphans := column(t, url, `SELECT r.id FROM resource r LEFT JOIN search_shape h USING (shape) WHERE NOT r.deleted AND (h.shape IS NULL OR h.type <> r.type)`); len(orphans) > 0 {
			t.Errorf("no shape for %v", orphans)
		}
	}
	s.put(`{"resourceType":"Patient","id":"a","gender":"male"}`)
	has("gender")
	s.follow(k, `{"resourceType":"Patient","id":"a","gender":"female","active":true}`)
	has("active gender")
	s.follow(k, `{"resourceType":"Patient","id":"a","name":[{"given":["A"]}],"generalPractitioner":[{"reference":"#p"}]}`)
	has("general-practitioner name")
	s.follow(k, "")
	has("")
	s.follow(k, `{"resourceType":"Patient","id":"a","birthDate":"1980","name":[{"family":"B"}]}`)
	has("birthdate family name")
	s.follow(k, `{"resourceType":"Patient","id":"a"}`)
	has("")
}

// TestTermsOutliveTheResource: a term is there once, from the first resource
// that has it, and stays when that is gone.
func TestTermsOutliveTheResource(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	s := newShelfOn(t, url)
	terms := func() string {
		t.Helper()
		list := column(t, url, `SELECT value FROM search_term WHERE value LIKE 'urn:%' OR value LIKE 'T-%' ORDER BY value COLLATE "C"`)
		return strings.Join(list, " ")
	}
	patient := func(id, value string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"meta":{"profile":["urn:p"]},"identifier":[{"system":"urn:s","value":%q},{"system":"urn:s","value":%q}]}`, id, value, value)
	}
	a, b := fhir.Key{Type: "Patient", ID: "a"}, fhir.Key{Type: "Patient", ID: "b"}
	s.put(patient("a", "T-1"), patient("b", "T-1"))
	s.follow(a, patient("a", "T-2"))
	s.follow(a, "")
	s.follow(a, patient("a", "T-3"))
	s.follow(b, patient("b", "T-1"))
	if got := terms(); got != "T-1 T-2 T-3 urn:p" {
		t.Errorf("terms are %s", got)
	}
	got, err := s.ask(everything, "Patient?identifier=urn:s|")
	slices.Sort(got.match)
	if err != nil || !slices.Equal(got.match, []string{"Patient/a", "Patient/b"}) {
		t.Errorf("%v %v", got.match, err)
	}
	// Another server knows nothing and writes nothing twice.
	newShelfOn(t, url).put(patient("c", "T-3"))
	if got := terms(); got != "T-1 T-2 T-3 urn:p" {
		t.Errorf("terms are %s", got)
	}
	long := strings.Repeat("ü", 300)
	s.put(patient("d", "T-"+long))
	if got := terms(); !strings.Contains(got, "T-"+strings.Repeat("ü", 198)+" ") {
		t.Errorf("terms are %s", got)
	}
}

// TestATermIsKnownWhenItIsCommitted: what is rolled back is written again.
func TestATermIsKnownWhenItIsCommitted(t *testing.T) {
	t.Parallel()
	ctx, url := context.Background(), storagetest.Postgres(t)
	s := newShelfOn(t, url)
	json := `{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:s","value":"T-1"}]}`
	tx := s.Begin(ctx)
	if err := tx.Write(ctx, everything, []engine.Write{s.write(json, now)}); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Read(ctx, everything, fhir.Key{Type: "Patient", ID: "a"}); err != nil { // sends what is pending
		t.Fatal(err)
	}
	tx.Rollback(ctx)
	s.put(json)
	if got, err := s.ask(everything, "Patient?identifier=urn:s|&identifier:missing=false"); err != nil || len(got.match) != 1 {
		t.Errorf("%v %v", got.match, err)
	}
}

// TestWritersOfTheSameTerms: servers that write the same new terms at once all
// succeed, if need be at the second try, and each term is there once.
func TestWritersOfTheSameTerms(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	shelves := []*shelf{newShelfOn(t, url), newShelfOn(t, url)}
	const writers, rounds, codes = 8, 6, 5
	var wg sync.WaitGroup
	for i := range writers {
		s := shelves[i%2]
		wg.Go(func() {
			for round := range rounds {
				var tags []string
				for c := range codes {
					tags = append(tags, fmt.Sprintf(`{"system":"urn:t","code":"c-%d-%d"}`, round, (c*(i+1)+i)%codes))
				}
				json := fmt.Sprintf(`{"resourceType":"Patient","id":"p-%d-%d","meta":{"tag":[%s]}}`, i, round, strings.Join(tags, ","))
				for try := 0; ; try++ {
					err := commit(t, s.Resources, everything, s.write(json, now))
					if err == nil {
						break
					}
					if !errors.Is(err, engine.ErrRace) || try == 5 {
						t.Errorf("%v", err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if got := column(t, url, `SELECT value FROM search_term WHERE value LIKE 'c-%'`); len(got) != rounds*codes {
		t.Errorf("%d terms, want %d: %v", len(got), rounds*codes, got)
	}
	got, err := shelves[0].ask(everything, "Patient?_tag=urn:t|")
	if err != nil || len(got.match) != writers*rounds {
		t.Errorf("%d patients, %v", len(got.match), err)
	}
	if got := column(t, url, `SELECT count(*)::text FROM search_shape`); got[0] != "1" {
		t.Errorf("%s shapes", got)
	}
}

// TestOpposedTransactions: two changes that write two new terms in opposed
// orders cannot both go on, and the one that may not is told to try again.
func TestOpposedTransactions(t *testing.T) {
	t.Parallel()
	ctx, url := context.Background(), storagetest.Postgres(t)
	s := newShelfOn(t, url)
	tagged := func(id, code string) engine.Write {
		return s.write(fmt.Sprintf(`{"resourceType":"Patient","id":%q,"meta":{"tag":[{"code":%q}]}}`, id, code), now)
	}
	txs := []engine.Tx{s.Begin(ctx), s.Begin(ctx)}
	send := func(i int, id, code string) error {
		if err := txs[i].Write(ctx, everything, []engine.Write{tagged(id, code)}); err != nil {
			return err
		}
		_, err := txs[i].Read(ctx, everything, fhir.Key{Type: "Patient", ID: id})
		return err
	}
	for i, code := range []string{"x", "y"} {
		// The shape must not be what they meet at first.
		s.put(fmt.Sprintf(`{"resourceType":"Patient","id":"first-%d","meta":{"tag":[{"code":"z"}]}}`, i))
		if err := send(i, fmt.Sprint("one-", i), code); err != nil {
			t.Fatal(err)
		}
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, code := range []string{"y", "x"} {
		wg.Go(func() {
			if errs[i] = send(i, fmt.Sprint("two-", i), code); errs[i] == nil {
				errs[i] = txs[i].Commit(ctx)
			}
			txs[i].Rollback(ctx)
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), engine.ErrRace) {
		t.Errorf("%v", errs)
	}
}

func newShelfOn(t testing.TB, url string) *shelf {
	t.Helper()
	s := &shelf{TB: t, Resources: open(t, url), registry: search.NewRegistry(spec.R4())}
	s.registry.Base = base
	s.registry.Now = func() time.Time { return now }
	return s
}
