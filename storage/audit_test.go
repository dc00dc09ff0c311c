package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/ledger"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// record is the record of a database of its own.
type record struct {
	*storage.Audit
	store  *storage.Resources
	db     *storage.DB
	params *search.Registry
	keys   []ledger.Verifier
}

func newRecord(t testing.TB, url string) *record {
	t.Helper()
	db, err := storage.Open(context.Background(), url, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	secret, public, err := ledger.NewKey("clinic")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ReadSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{db: db, params: search.NewRegistry(spec.R4())}
	if r.keys, err = ledger.ReadVerifiers(public); err != nil {
		t.Fatal(err)
	}
	r.store = storage.NewResources(db, r.params)
	r.Audit = storage.NewAudit(db, r.params, storage.AuditConfig{Key: key,
		Render: func(e fhir.Event, updated time.Time) ([]byte, error) {
			return r4.AuditEvent(e, "clinic.example", updated)
		}})
	return r
}

// event is one of somebody looking at somebody's record.
func event(n int, patient string) fhir.Event {
	return fhir.Event{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", n), At: now.Add(time.Duration(n) * time.Second), Deed: "read", Type: "Observation",
		Actor: fhir.Actor{Reference: "Practitioner/3", Client: "app"}, Request: fhir.Request{ID: fmt.Sprint("r", n), Address: "10.0.0.1"},
		Patient: fhir.Key{Type: "Patient", ID: patient}, Entity: fhir.Key{Type: "Observation", ID: fmt.Sprint("o", n), Version: 1}}
}

func (r *record) find(t testing.TB, f engine.Fence, query string) []string {
	t.Helper()
	q, err := r.params.Parse(search.Request{Type: "AuditEvent", Query: query + "&_count=1000"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.store.Search(t.Context(), f, q)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range page.Match {
		ids = append(ids, strings.TrimLeft(m.ID[24:], "0"))
	}
	slices.Sort(ids)
	return ids
}

func (r *record) settle(t testing.TB) {
	t.Helper()
	if ok, err := r.Settle(t.Context()); err != nil || !ok {
		t.Fatalf("settled %v: %v", ok, err)
	}
}

// TestAudit follows events from the record to what is searched, and to an
// export that is checked without the database.
func TestAudit(t *testing.T) {
	t.Parallel()
	r := newRecord(t, storagetest.Postgres(t))
	other := event(3, "8")
	other.Deed, other.Actor.Reference, other.Query, other.Type = "search-type", "Practitioner/4", "patient=8&code=x", "Condition"
	other.Entity = fhir.Key{}
	refused := event(4, "8")
	refused.Failure, refused.Patient = fhir.Forbidden, fhir.Key{}
	if err := r.Record(t.Context(), event(1, "7"), event(2, "7")); err != nil {
		t.Fatal(err)
	}
	if err := r.Record(t.Context(), other, refused); err != nil {
		t.Fatal(err)
	}
	r.settle(t)
	for query, want := range map[string]string{
		"":                               "1 2 3 4",
		"patient=Patient/7":              "1 2",
		"patient=7":                      "1 2",
		"agent=Practitioner/4":           "3",
		"entity=Observation/o2":          "2",
		"action=E":                       "3",
		"type=rest&outcome=4":            "4",
		"subtype=read":                   "1 2 4",
		"outcome=0":                      "1 2 3",
		"date=gt2026-01-02T03:04:07Z":    "3 4",
		"address=10.0.0.1":               "1 2 3 4",
		"patient:missing=true":           "4",
		"_id=" + event(1, "").ID:         "1",
		"agent:Practitioner=3&outcome=0": "1 2",
	} {
		if got := strings.Join(r.find(t, everything, query), " "); got != want {
			t.Errorf("?%s: %s, not %s", query, got, want)
		}
	}
	mine := engine.Fence{Types: map[string]engine.Area{"AuditEvent": {inside(fhir.Key{Type: "Patient", ID: "7"})}}}
	if got := r.find(t, mine, ""); strings.Join(got, " ") != "1 2" {
		t.Errorf("patient 7 sees %v", got)
	}
	if _, err := r.store.Read(t.Context(), mine, fhir.Key{Type: "AuditEvent", ID: other.ID}); fhir.CodeOf(err) != fhir.NotFound {
		t.Errorf("patient 7 reads what happened to 8: %v", err)
	}
	if signed, err := r.Checkpoint(t.Context()); err != nil || signed == nil {
		t.Fatal(err)
	}
	if signed, err := r.Checkpoint(t.Context()); err != nil || signed != nil {
		t.Errorf("signed twice: %s %v", signed, err)
	}
	r.verify(t, true, 4, 0)
	r.verify(t, false, 4, 0)
	for range 2 { // once more, and once more within a row
		if err := r.Record(t.Context(), event(1, "7"), event(5, "7"), event(5, "7")); err != nil {
			t.Fatal(err)
		}
		r.settle(t)
	}
	if got := strings.Join(r.find(t, everything, "patient=7"), " "); got != "1 2 5" {
		t.Errorf("what came twice is %s", got)
	}
}

// verify checks an export against the newest checkpoint.
func (r *record) verify(t testing.TB, private bool, leaves, erased int64) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := r.Export(t.Context(), &out, private); err != nil {
		t.Fatal(err)
	}
	newest, err := r.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := ledger.Verify(bytes.NewReader(out.Bytes()), newest, r.keys...)
	if err != nil || v.Leaves != leaves || v.Erased != erased {
		t.Errorf("%+v %v", v, err)
	}
	return out.String()
}

// TestAuditOfChange: the events of a change are there if and only if the
// change is.
func TestAuditOfChange(t *testing.T) {
	t.Parallel()
	r := newRecord(t, storagetest.Postgres(t))
	narrow := engine.Fence{Types: map[string]engine.Area{"Patient": {inside(fhir.Key{Type: "Patient", ID: "7"})}}}
	change := func(f engine.Fence, n int, writes ...engine.Write) error {
		tx := r.store.Begin(t.Context())
		defer tx.Rollback(t.Context())
		if err := tx.Write(t.Context(), f, writes); err != nil {
			return err
		}
		tx.Record([]fhir.Event{event(n, "7")})
		return tx.Commit(t.Context())
	}
	if err := change(everything, 1, first("Patient", "7", "7", now)); err != nil {
		t.Fatal(err)
	}
	if err := change(everything, 2, first("Patient", "7", "7", now)); err == nil {
		t.Fatal("the same was created twice")
	}
	if err := change(narrow, 3, first("Patient", "8", "8", now)); fhir.CodeOf(err) != fhir.Forbidden {
		t.Fatalf("outside of the fence: %v", err)
	}
	if err := change(narrow, 4, next(head(t, r.store, fhir.Key{Type: "Patient", ID: "7"}), "7")); err != nil {
		t.Fatal(err)
	}
	if err := change(everything, 5); err != nil { // nothing to change, and on record all the same
		t.Fatal(err)
	}
	dropped := r.store.Begin(t.Context())
	dropped.Record([]fhir.Event{event(6, "7")})
	dropped.Rollback(t.Context())
	r.settle(t)
	if got := strings.Join(r.find(t, everything, ""), " "); got != "1 4 5" {
		t.Errorf("on record are %s", got)
	}
}

// TestAuditConcurrent: two servers record, give numbers and publish at once;
// each event has one number and one resource, and the tree holds.
func TestAuditConcurrent(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	servers := []*record{newRecord(t, url), newRecord(t, url)}
	ctx, stop := context.WithCancel(t.Context())
	var work, run sync.WaitGroup
	for _, s := range servers {
		run.Go(func() { s.Run(ctx, slog.New(slog.DiscardHandler)) })
	}
	const each, writers = 40, 8
	for w := range writers {
		work.Go(func() {
			for n := range each {
				id := 1 + w*each + n
				if err := servers[w%2].Record(t.Context(), event(id, fmt.Sprint("p", id%5)), event(10_000+id, "q")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	servers[0].settle(t)
	if got := servers[1].find(t, everything, "_sort=date"); len(got) != 2*each*writers {
		t.Errorf("%d of %d events", len(got), 2*each*writers)
	}
	stop()
	run.Wait()
	if b, err := servers[0].Backlog(t.Context()); err != nil || b != (storage.Backlog{Leaves: 2 * each * writers}) {
		t.Errorf("%+v %v", b, err)
	}
	var out bytes.Buffer
	if n, err := servers[0].Export(t.Context(), &out, true); err != nil || n != 2*each*writers {
		t.Errorf("%d %v", n, err)
	}
}

// TestAuditGrows: the database refuses to change what is on record, except to
// forget who it was.
func TestAuditGrows(t *testing.T) {
	t.Parallel()
	url := storagetest.Postgres(t)
	r := newRecord(t, url)
	if err := r.Record(t.Context(), event(1, "7"), event(2, "8")); err != nil {
		t.Fatal(err)
	}
	r.settle(t)
	if _, err := r.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := r.verify(t, true, 2, 0)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{
		`DELETE FROM audit_bundle`, `TRUNCATE audit_bundle`, `UPDATE audit_bundle SET first = 7`, `UPDATE audit_bundle SET leaves = private`,
		`UPDATE audit_bundle SET hashes = ''`, `DELETE FROM audit_checkpoint`, `UPDATE audit_checkpoint SET note = ''`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "not changed") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n, err := r.Erase(t.Context(), "Patient/7"); err != nil || n != 1 {
		t.Errorf("%d leaves forget Patient/7: %v", n, err)
	}
	after := r.verify(t, true, 2, 1)
	if !strings.Contains(before, "Observation/o1/") || strings.Contains(after, "Observation/o1/") || !strings.Contains(after, "Observation/o2/") {
		t.Errorf("%s\n%s", before, after)
	}
	if err := r.Record(t.Context(), event(3, "7")); err != nil { // the same name is somebody else from now on
		t.Fatal(err)
	}
	r.settle(t)
	var out bytes.Buffer
	if _, err := r.Export(t.Context(), &out, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	patient := func(line string) string { _, p, _ := strings.Cut(line, `"patient":"`); return p[:22] }
	if a, b := patient(lines[0]), patient(lines[3]); a == b {
		t.Errorf("%s stands for a patient again who was forgotten", a)
	}
}

func FuzzEvents(f *testing.F) {
	e := event(1, "7")
	e.Reasons, e.Query, e.Failure = []string{"a", "b"}, strings.Repeat("q", 10_000), fhir.NotFound
	f.Add(storage.EncodeEvents([]fhir.Event{e, event(2, "8")}))
	f.Add([]byte{1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, row []byte) {
		list, err := storage.DecodeEvents(row)
		if err != nil {
			return
		}
		again, err := storage.DecodeEvents(storage.EncodeEvents(list))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(cut(list)) && len(row) < 100 {
			t.Errorf("%v is not %v: %v", again, list, err)
		}
	})
}

func cut(list []fhir.Event) []fhir.Event {
	if len(list) == 0 {
		return nil
	}
	return list
}
