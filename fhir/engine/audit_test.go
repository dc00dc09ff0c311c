package engine_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/r4"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// doctor opens everything but the types that are named.
type doctor []string

func (d doctor) Permit(_ context.Context, a fhir.Access) (fhir.Grant, error) {
	if slices.Contains(d, a.Type) {
		return fhir.Grant{}, fhir.Errorf(fhir.Forbidden, "not for you")
	}
	return fhir.Grant{Actor: fhir.Actor{Reference: "Practitioner/d", Client: "app"}, Anywhere: true}, nil
}

// recorded is an engine whose every access is on record.
type recorded struct {
	fhir.Service
	engine *engine.Engine
	audit  *storage.Audit
	store  *storage.Resources
	params *search.Registry
	seen   map[string]bool
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.Postgres(t), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	dir, err := blob.Dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{params: search.NewRegistry(spec.R4()), seen: map[string]bool{}}
	r.store = storage.NewResources(db, r.params)
	r.audit = storage.NewAudit(db, r.params, storage.AuditConfig{
		Render: func(e fhir.Event, updated time.Time) ([]byte, error) {
			return r4.AuditEvent(e, "clinic.example", updated)
		}})
	r.engine = &engine.Engine{Spec: spec.R4(), Params: r.params, Gate: doctor{"Account"}, Store: r.store, Objects: storage.NewObjects(db, blob.New(dir, "")),
		Audit: r.audit, Subject: engine.Subject{Type: r4.Subject, Params: r4.SubjectParams}}
	r.Service = r.engine.Audited()
	return r
}

// trail is what was recorded since it was asked for last: one line for each
// event, sorted.
func (r *recorded) trail(t *testing.T) string {
	t.Helper()
	if ok, err := r.audit.Settle(t.Context()); err != nil || !ok {
		t.Fatalf("settled %v: %v", ok, err)
	}
	q, err := r.params.Parse(search.Request{Type: "AuditEvent", Query: "_count=1000"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.store.Search(t.Context(), engine.Fence{Anywhere: true}, q)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range page.Match {
		if r.seen[m.ID] {
			continue
		}
		r.seen[m.ID] = true
		var e struct {
			Subtype []struct{ Code string }
			Outcome string
			Agent   []struct {
				Who       struct{ Reference string }
				Requestor bool
			}
			Entity []struct {
				What  struct{ Reference string }
				Role  struct{ Code string }
				Query string
			}
		}
		if err := json.Unmarshal(m.JSON, &e); err != nil {
			t.Fatal(err)
		}
		line := e.Subtype[0].Code + " " + e.Outcome
		for _, a := range e.Agent {
			if a.Requestor {
				line += " " + a.Who.Reference
			}
		}
		for _, x := range e.Entity {
			q, _ := base64.StdEncoding.DecodeString(x.Query)
			switch x.Role.Code {
			case "1":
				line += " of " + x.What.Reference
			case "4":
				line += " " + x.What.Reference
			case "24":
				line += " " + string(q)
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func putting(json string) fhir.Change {
	typ, rest, _ := strings.Cut(strings.TrimPrefix(json, `{"resourceType":"`), `"`)
	id, _, _ := strings.Cut(strings.TrimPrefix(rest, `,"id":"`), `"`)
	return fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: typ, ID: id}, JSON: []byte(json)}
}

// TestAudited: every access leaves its events, with the right person, patient,
// thing and outcome, and no others.
func TestAudited(t *testing.T) {
	t.Parallel()
	r := newRecorded(t)
	ctx := fhir.WithRequest(t.Context(), &fhir.Request{ID: "r", Address: "10.0.0.1"})
	obs := func(id, subject, more string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}%s}`, id, subject, more)
	}
	patient := func(id string) string { return fmt.Sprintf(`{"resourceType":"Patient","id":%q}`, id) }
	commit := func(changes ...fhir.Change) func() error {
		return func() error { _, err := r.Commit(ctx, changes...); return err }
	}
	at := func(i int, c fhir.Change) fhir.Change { c.At = fmt.Sprintf("Bundle.entry[%d]", i); return c }
	read := func(k fhir.Key) func() error { return func() error { _, err := r.Read(ctx, k); return err } }
	find := func(s fhir.Search) func() error { return func() error { _, err := r.Search(ctx, s); return err } }
	for i, step := range []struct {
		do   func() error
		code fhir.Code
		want string
	}{
		{commit(putting(patient("a"))), "", "create 0 Practitioner/d Patient/a/_history/1 of Patient/a"},
		{commit(putting(patient("b"))), "", "create 0 Practitioner/d Patient/b/_history/1 of Patient/b"},
		{commit(putting(obs("o", "a", ""))), "", "create 0 Practitioner/d Observation/o/_history/1 of Patient/a"},
		{commit(putting(obs("p", "b", `,"performer":[{"reference":"Patient/a"}],"focus":[{"reference":"Patient/a"}]`))), "", "create 0 Practitioner/d Observation/p/_history/1 of Patient/b"},
		{commit(putting(obs("o", "b", ""))), "", "update 0 Practitioner/d Observation/o/_history/2 of Patient/a\nupdate 0 Practitioner/d Observation/o/_history/2 of Patient/b"},
		{commit(fhir.Change{Method: fhir.PATCH, Key: fhir.Key{Type: "Observation", ID: "o"}, ContentType: "application/json-patch+json", JSON: []byte(`[{"op":"add","path":"/language","value":"de"}]`)}), "",
			"patch 0 Practitioner/d Observation/o/_history/3 of Patient/b"},
		{read(fhir.Key{Type: "Observation", ID: "o"}), "", "read 0 Practitioner/d Observation/o/_history/3 of Patient/b"},
		{read(fhir.Key{Type: "Observation", ID: "o", Version: 1}), "", "vread 0 Practitioner/d Observation/o/_history/1 of Patient/a"},
		{read(fhir.Key{Type: "Observation", ID: "x"}), fhir.NotFound, "read 4 Practitioner/d Observation/x"},
		{read(fhir.Key{Type: "Patient", ID: "x"}), fhir.NotFound, "read 4 Practitioner/d Patient/x of Patient/x"},
		{read(fhir.Key{Type: "Account", ID: "x"}), fhir.Forbidden, "read 4  Account/x"},
		{find(fhir.Search{Type: "Observation", Query: "status=final"}), "", "search-type 0 Practitioner/d of Patient/b Observation?status=final"},
		{find(fhir.Search{Type: "Observation", Query: "subject=Patient/a"}), "", "search-type 0 Practitioner/d Observation?subject=Patient/a"},
		{find(fhir.Search{Type: "Patient", Query: "_sort=_id"}), "", "search-type 0 Practitioner/d of Patient/a Patient?_sort=_id\nsearch-type 0 Practitioner/d of Patient/b Patient?_sort=_id"},
		{find(fhir.Search{Type: "Observation", Compartment: fhir.Key{Type: "Patient", ID: "z"}}), "", "search-type 0 Practitioner/d Patient/z of Patient/z Observation"},
		{find(fhir.Search{Type: "Observation", Query: "nonsense=1"}), fhir.NotSupported, "search-type 4 Observation?nonsense=1"},
		{find(fhir.Search{Type: "Account"}), fhir.Forbidden, "search-type 4  Account"},
		{func() error {
			_, err := r.History(ctx, fhir.History{Key: fhir.Key{Type: "Observation", ID: "o"}})
			return err
		}, "",
			"history-instance 0 Practitioner/d Observation/o of Patient/a\nhistory-instance 0 Practitioner/d Observation/o of Patient/b"},
		{func() error {
			_, err := r.Operate(ctx, fhir.Operation{Name: "everything", Method: fhir.GET, Key: fhir.Key{Type: "Patient", ID: "a"}})
			return err
		}, "", "operation 0 Practitioner/d Patient/a of Patient/a Patient/$everything\noperation 0 Practitioner/d Patient/a of Patient/b Patient/$everything"},
		{commit(at(0, putting(obs("q", "a", ""))), at(1, fhir.Change{Method: fhir.GET, Key: fhir.Key{Type: "Patient", ID: "b"}}), at(2, fhir.Change{Method: fhir.DELETE, Key: fhir.Key{Type: "Observation", ID: "none"}})), "",
			"create 0 Practitioner/d Observation/q/_history/1 of Patient/a\ndelete 0 Practitioner/d Observation/none\nread 0 Practitioner/d Patient/b/_history/1 of Patient/b"},
		{commit(at(0, putting(obs("q", "a", ""))), at(1, putting(`{"resourceType":"Account","id":"x"}`))), fhir.Forbidden, "transaction 4 Practitioner/d"},
		{commit(putting(`{"resourceType":"Account","id":"x"}`)), fhir.Forbidden, "update 4  Account/x"},
		{commit(fhir.Change{Method: fhir.PUT, Key: fhir.Key{Type: "Patient", ID: "a"}, JSON: []byte(patient("a")), IfMatch: `W/"9"`}), fhir.Precondition, "update 4 Practitioner/d Patient/a of Patient/a"},
		{commit(fhir.Change{Method: fhir.DELETE, Key: fhir.Key{Type: "Observation", ID: "o"}}), "", "delete 0 Practitioner/d Observation/o/_history/4 of Patient/b"},
		{read(fhir.Key{Type: "Observation", ID: "o"}), fhir.Gone, "read 4 Practitioner/d Observation/o/_history/4"},
		{commit(fhir.Change{Method: fhir.POST, Key: fhir.Key{Type: "Patient"}, JSON: []byte(`{"resourceType":"Patient"}`), IfNoneExist: new("_id=a")}), "", "create 0 Practitioner/d Patient/a/_history/1 of Patient/a Patient?_id=a"},
		{commit(fhir.Change{Method: fhir.POST, Key: fhir.Key{Type: "AuditEvent"}, JSON: []byte(`{"resourceType":"AuditEvent"}`)}), fhir.Forbidden, "create 4"},
	} {
		err := step.do()
		got := strings.TrimSpace(r.trail(t))
		if fhir.CodeOf(err) != step.code || squeeze(got) != squeeze(step.want) {
			t.Errorf("step %d: %v\n%s\nis not\n%s", i, err, got, step.want)
		}
	}
	// AuditEvents are read like anything else, and nobody changes them.
	page, err := r.Search(ctx, fhir.Search{Type: "AuditEvent", Query: "patient=Patient/a&action=D"})
	if err != nil || len(page.Match) != 0 {
		t.Errorf("%d %v", len(page.Match), err)
	}
	page, err = r.Search(ctx, fhir.Search{Type: "AuditEvent", Query: "patient=Patient/b&action=D"})
	if err != nil || len(page.Match) != 1 {
		t.Fatalf("%d %v", len(page.Match), err)
	}
	k := page.Match[0].Current()
	if _, err := r.Read(ctx, k); err != nil {
		t.Error(err)
	}
	for _, c := range []fhir.Change{{Method: fhir.DELETE, Key: k}, {Method: fhir.PUT, Key: k, JSON: page.Match[0].JSON}, {Method: fhir.DELETE, Key: fhir.Key{Type: "AuditEvent"}, Query: "action=D"}} {
		if _, err := r.Commit(ctx, c); fhir.CodeOf(err) != fhir.Forbidden {
			t.Errorf("%s: %v", c.Method, err)
		}
	}
}

func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

// full is a record that takes nothing more.
type full struct{}

func (*full) Record(context.Context, ...fhir.Event) error { return errors.New("no room") }
func (*full) Settle(context.Context) (bool, error)        { return true, nil }

// TestUnrecorded: what cannot be recorded is not answered.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	r := newRecorded(t)
	if _, err := r.Commit(t.Context(), putting(`{"resourceType":"Patient","id":"a"}`)); err != nil {
		t.Fatal(err)
	}
	r.engine.Audit = &full{}
	ask := map[string]func() error{
		"read":    func() error { _, err := r.Read(t.Context(), fhir.Key{Type: "Patient", ID: "a"}); return err },
		"search":  func() error { _, err := r.Search(t.Context(), fhir.Search{Type: "Patient"}); return err },
		"history": func() error { _, err := r.History(t.Context(), fhir.History{}); return err },
		"operation": func() error {
			_, err := r.Operate(t.Context(), fhir.Operation{Name: "everything", Method: fhir.GET, Key: fhir.Key{Type: "Patient", ID: "a"}})
			return err
		},
	}
	for name, do := range ask {
		if err := do(); fhir.CodeOf(err) != fhir.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.engine.Lax = true
	for name, do := range ask {
		if err := do(); err != nil {
			t.Errorf("%s, lax: %v", name, err)
		}
	}
	r.engine.Lax = false
	if _, err := r.Read(t.Context(), fhir.Key{Type: "Account", ID: "a"}); fhir.CodeOf(err) != fhir.Forbidden {
		t.Errorf("a refusal becomes %v", err)
	}
}
