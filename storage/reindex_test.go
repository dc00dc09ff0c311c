package storage_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/authz"
	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// desk is a server without its doors: an engine over a database.
type desk struct {
	*testing.T
	*engine.Engine
	index *storage.Index
	url   string
}

func newDesk(t *testing.T, url string) *desk {
	t.Helper()
	db, err := storage.Open(t.Context(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	params := search.NewRegistry(spec.R4())
	d := &desk{T: t, url: url, index: storage.NewIndex(db, params)}
	d.Engine = &engine.Engine{Spec: spec.R4(), Params: params, Store: storage.NewResources(db, params), Gate: authz.Open{}, Index: d.index}
	if err := d.index.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.index.Close(context.Background()) })
	return d
}

// run lets the desk keep up until the test ends.
func (d *desk) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.index.Run(ctx) }()
	d.Cleanup(func() { cancel(); <-ended })
}

func (d *desk) put(json string) {
	d.Helper()
	if err := d.try(json); err != nil {
		d.Fatalf("%v in %s", err, json)
	}
}

func (d *desk) try(json string) error {
	doc, err := tree.Parse([]byte(json))
	if err != nil {
		return err
	}
	key := fhir.Key{Type: doc.Text(doc.Find("resourceType")), ID: doc.Text(doc.Find("id"))}
	_, err = d.Commit(d.Context(), fhir.Change{Method: fhir.PUT, Key: key, JSON: []byte(json)})
	return err
}

// settled waits until every run is over.
func (d *desk) settled() {
	d.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list, err := d.index.Progress(d.Context())
		if err != nil {
			d.Fatal(err)
		}
		if len(list) > 0 && !slices.ContainsFunc(list, func(p engine.Progress) bool { return p.State != engine.Done }) {
			return
		}
		if time.Now().After(deadline) {
			d.Fatalf("the runs do not end: %+v", list)
		}
	}
}

// found counts what a search finds, and says whether it was told to be partial.
func (d *desk) found(typ, query string) (n int, partial bool) {
	d.Helper()
	page, err := d.Search(d.Context(), fhir.Search{Type: typ, Query: query + "&_total=accurate"})
	if err != nil {
		d.Fatal(err)
	}
	return *page.Total, len(page.Notes) > 0
}

// rows are all rows of the index of a type, with ids in the place of numbers.
func (d *desk) rows(typ string) []string {
	d.Helper()
	conn, err := pgx.Connect(d.Context(), d.url)
	if err != nil {
		d.Fatal(err)
	}
	defer conn.Close(context.Background())
	var list []string
	for _, table := range []string{"search_token", "search_reference", "search_string", "search_date", "search_number"} {
		rows, err := conn.Query(d.Context(), `SELECT r.id || ' ' || (to_jsonb(s) - 'rid')::text FROM `+table+` s JOIN resource r ON r.rid = s.rid
 JOIN resource_type t ON t.id = r.type AND t.name = $1`, typ)
		if err != nil {
			d.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			d.Fatal(err)
		}
		for _, row := range found {
			list = append(list, table+" "+row)
		}
	}
	rows, err := conn.Query(d.Context(), `SELECT r.id || ' ' || r.shape FROM resource r JOIN resource_type t ON t.id = r.type AND t.name = $1 WHERE NOT deleted`, typ)
	if err != nil {
		d.Fatal(err)
	}
	shapes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		d.Fatal(err)
	}
	list = append(list, shapes...)
	slices.Sort(list)
	return list
}

// parameter is an active SearchParameter.
func parameter(code, typ, expression string) string {
	return fmt.Sprintf(`{"resourceType":"SearchParameter","id":%q,"url":"http://example.org/%s","status":"active","code":%q,"base":["Patient"],"type":%q,"expression":%q}`, code, code, code, typ, expression)
}

// parameters are one of each type.
var parameters = []string{
	parameter("nick", "string", "Patient.name.where(use = 'nickname').given"),
	parameter("race", "token", "Patient.extension.where(url = 'http://example.org/race').value"),
	parameter("born-by", "date", "Patient.birthDate | Patient.deceased"),
	parameter("nth", "number", "Patient.multipleBirth.ofType(integer) * 2"),
	parameter("keeper", "reference", "Patient.contact.organization"),
}

func patient(id string, n int) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"use":"nickname","given":["Nick%d"]},{"family":"F%d"}],"birthDate":"19%02d-01-02","multipleBirthInteger":%d,
 "extension":[{"url":"http://example.org/race","valueCoding":{"system":"urn:x","code":"r%d"}}],"contact":[{"organization":{"reference":"Organization/%d"}}]}`, id, n%7, n%5, n%90, n%9, n%3, n%4)
}

// TestReindexEqualsAFreshIndex: after a run among writers every row is there
// that would have been written had the parameters been there from the
// beginning, once, and no other.
func TestReindexEqualsAFreshIndex(t *testing.T) {
	t.Parallel()
	late, early := newDesk(t, storagetest.Postgres(t)), newDesk(t, storagetest.Postgres(t))
	const patients = 500
	for i := range patients {
		late.put(patient(fmt.Sprintf("p%d", i), i))
	}
	if _, err := late.Commit(t.Context(), fhir.Change{Method: fhir.DELETE, Key: fhir.Key{Type: "Patient", ID: "p7"}}); err != nil {
		t.Fatal(err)
	}
	late.run()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			mix := rand.New(rand.NewPCG(uint64(w), 1))
			for range 60 {
				i := mix.IntN(patients/4)*4 + w
				if err := late.try(patient(fmt.Sprintf("p%d", i), mix.IntN(1000))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, p := range parameters {
		late.put(p)
	}
	late.put(parameter("nick", "string", "Patient.name.where(use = 'nickname').given.lower()")) // another definition
	late.put(parameter("gone", "number", "Patient.name.count()"))
	if _, err := late.Commit(t.Context(), fhir.Change{Method: fhir.DELETE, Key: fhir.Key{Type: "SearchParameter", ID: "gone"}}); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	late.settled()

	early.run()
	for _, p := range parameters[1:] {
		early.put(p)
	}
	early.put(parameter("nick", "string", "Patient.name.where(use = 'nickname').given.lower()"))
	early.settled()
	query := "_count=500"
	for page := 0; page < 100; page++ {
		found, err := late.Search(t.Context(), fhir.Search{Type: "Patient", Query: query})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found.Match {
			early.put(string(r.JSON))
		}
		if found.Next == "" {
			break
		}
		query = found.Next
	}
	compareRows(t, late.rows("Patient"), early.rows("Patient"))
	if n, partial := late.found("Patient", "nick=nick1"); n == 0 || partial {
		t.Errorf("%d are found, partial: %v", n, partial)
	}
	// A run that compares everything finds nothing to do, and repairs what
	// somebody broke.
	before := late.rows("Patient")
	conn, err := pgx.Connect(t.Context(), late.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{"DELETE FROM search_date WHERE rid % 3 = 0", "DELETE FROM search_string WHERE rid % 3 = 1", "UPDATE search_number SET low = low + 1 WHERE rid % 2 = 0",
		"INSERT INTO search_token SELECT key + 1, rid, system FROM search_token WHERE rid % 5 = 0", "UPDATE resource SET shape = 5 WHERE rid % 4 = 0"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := late.index.Reindex(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	late.settled()
	compareRows(t, late.rows("Patient"), before)
}

func compareRows(t *testing.T, got, want []string) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if got[i] == got[i-1] {
			t.Fatalf("there twice: %s", got[i])
		}
	}
	if slices.Equal(got, want) {
		return
	}
	var extra, missing []string
	for _, row := range got {
		if _, ok := slices.BinarySearch(want, row); !ok {
			extra = append(extra, row)
		}
	}
	for _, row := range want {
		if _, ok := slices.BinarySearch(got, row); !ok {
			missing = append(missing, row)
		}
	}
	t.Errorf("%d rows too many:\n%s\n%d missing:\n%s", len(extra), strings.Join(extra[:min(5, len(extra))], "\n"), len(missing), strings.Join(missing[:min(5, len(missing))], "\n"))
}

// TestReindexWaitsForTheSlow: while another server writes by definitions of
// yesterday no run may come to its end, for what that server writes would be
// missed. When it has heard of the new ones, all of it is found.
func TestReindexWaitsForTheSlow(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	quick, slow := newDesk(t, url), newDesk(t, url)
	quick.put(patient("before", 1))
	quick.run()
	quick.put(parameters[0])
	quick.put(patient("quick", 1))
	slow.put(patient("slow", 1))
	time.Sleep(500 * time.Millisecond)
	if n, partial := quick.found("Patient", "nick=nick1"); n != 1 || !partial {
		t.Errorf("while one server is behind %d are found, partial: %v", n, partial)
	}
	slow.run()
	quick.settled()
	if n, partial := quick.found("Patient", "nick=nick1"); n != 3 || partial {
		t.Errorf("at last %d are found, partial: %v", n, partial)
	}
	if n, partial := slow.found("Patient", "nick=nick1"); n != 3 || partial {
		t.Errorf("the other server finds %d, partial: %v", n, partial)
	}
}

// TestStaleValuesAreARace: what was extracted by other definitions than those
// in force is not written.
func TestStaleValuesAreARace(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storagetest.Postgres(t))
	doc, err := tree.Parse([]byte(patient("p", 1)))
	if err != nil {
		t.Fatal(err)
	}
	values, err := d.Params.Extract(doc)
	if err != nil {
		t.Fatal(err)
	}
	d.put(parameters[0])
	tx := d.Store.Begin(t.Context())
	defer tx.Rollback(t.Context())
	w := engine.Write{Resource: fhir.Resource{Key: fhir.Key{Type: "Patient", ID: "p", Version: 1}, Updated: time.Now(), Method: fhir.PUT, JSON: doc.Bytes()}, New: values}
	err = tx.Write(t.Context(), engine.Fence{Anywhere: true}, []engine.Write{w})
	if err == nil {
		err = tx.Commit(t.Context())
	}
	if !errors.Is(err, engine.ErrRace) {
		t.Errorf("answers %v", err)
	}
	d.put(patient("p", 1)) // the engine begins anew
}

// TestTwoDefinitionsOfOneCode: of two definitions that come at once one is
// refused, also within one transaction.
func TestTwoDefinitionsOfOneCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storagetest.Postgres(t))
	again := func(i int) string {
		return strings.Replace(parameters[0], `"id":"nick"`, fmt.Sprintf(`"id":"nick-%d"`, i), 1)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for i := range 6 {
		wg.Go(func() {
			err := d.try(again(i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if refused++; fhir.CodeOf(err) != fhir.Unprocessable {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if refused != 5 {
		t.Errorf("%d of 6 are refused", refused)
	}
	change := func(json, id string, at string) fhir.Change {
		return fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: "SearchParameter", ID: id}, JSON: []byte(json), At: at}
	}
	twin := strings.NewReplacer(`"id":"race"`, `"id":"race-2"`).Replace(parameters[1])
	_, err := d.Commit(t.Context(), change(parameters[1], "race", "Bundle.entry[0]"), change(twin, "race-2", "Bundle.entry[1]"))
	if fhir.CodeOf(err) != fhir.Unprocessable {
		t.Errorf("two in one transaction: %v", err)
	}
}
