package raw_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/bench/raw"
	"github.com/webdoctor/webdoctor/storage/embedded"
)

var postgres *embedded.Postgres

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "raw")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	postgres, err = embedded.StartPostgres(ctx, embedded.PostgresConfig{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	defer postgres.Stop(ctx)
	return m.Run()
}

// open gives the scratch database to a test; there is one, so tests that use
// it do not run in parallel.
func open(t *testing.T) (*raw.Database, *raw.Conn) {
	t.Helper()
	d, err := raw.Open(t.Context(), postgres.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		if err := errors.Join(c.Close(ctx), d.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return d, c
}

var tables = []string{"token", "reference", "string", "date", "number"}

// count is the rows of the index tables.
func count(t *testing.T, d *raw.Database) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, table := range tables {
		var err error
		if n[table], err = d.Count(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		n["all"] += n[table]
	}
	return n
}

func plans(b *b100.Bundle) []*raw.Plan {
	var p []*raw.Plan
	for _, e := range b.Entries {
		p = append(p, raw.NewPlan(e.Resource))
	}
	return p
}

func TestBundleBecomesItsRows(t *testing.T) {
	d, c := open(t)
	p := plans(b100.New(1))
	records, err := c.Create(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, x := range p {
		want += x.Rows() - 2
	}
	if got := count(t, d); got["all"] != want || got["token"] < 300 || got["reference"] < 200 || got["string"] < 20 || got["date"] < 80 || got["number"] < 80 {
		t.Errorf("%v, %d planned", got, want)
	}
	for i := range records {
		text, err := c.Read(t.Context(), &records[i])
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			ResourceType, ID string
			Meta             struct{ VersionID string }
			Subject          struct{ Reference string }
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if r.ResourceType+"/"+r.ID != records[i].Ref() || r.Meta.VersionID != "1" {
			t.Errorf("%s was stored as %s/%s version %s", records[i].Ref(), r.ResourceType, r.ID, r.Meta.VersionID)
		}
		if r.Subject.Reference != "" && r.Subject.Reference != records[0].Ref() {
			t.Errorf("%s is about %s", records[i].Ref(), r.Subject.Reference)
		}
	}
}

// Law: whatever the way, a resource ends with the index rows of its last body,
// and with none after a deletion.
func TestIndexFollowsTheLastBody(t *testing.T) {
	d, c := open(t)
	direct, err := c.Create(t.Context(), []*raw.Plan{raw.NewPlan(b100.Patient(b100.Rand(9), 9))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := count(t, d)
	if err := c.Delete(t.Context(), &direct[0]); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d)["all"]; n != 0 {
		t.Fatalf("%d index rows outlive the resource", n)
	}
	if _, err := c.Read(t.Context(), &direct[0]); !errors.Is(err, raw.ErrNotFound) {
		t.Errorf("a deleted resource reads as %v", err)
	}
	records, err := c.Create(t.Context(), []*raw.Plan{raw.NewPlan(b100.Patient(b100.Rand(1), 1))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 9; n++ {
		if err := c.Update(t.Context(), &records[0], raw.NewPlan(b100.Patient(b100.Rand(uint64(n)), n)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(t, d); got["all"] != want["all"] || got["token"] != want["token"] || got["string"] != want["string"] {
		t.Errorf("after eight updates %v, directly %v", got, want)
	}
	if n, err := c.History(t.Context(), &records[0]); n != 9 || err != nil {
		t.Errorf("%d versions, %v", n, err)
	}
	text, err := c.Read(t.Context(), &records[0])
	if err != nil || !bytes.Contains(text, []byte(`"versionId":"9"`)) {
		t.Errorf("%v: %.200s", err, text)
	}
}

func TestLateWriterIsRefused(t *testing.T) {
	_, c := open(t)
	records, err := c.Create(t.Context(), []*raw.Plan{raw.NewPlan(b100.Patient(b100.Rand(1), 1))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	late := records[0]
	next := raw.NewPlan(b100.Patient(b100.Rand(2), 2))
	if err := c.Update(t.Context(), &records[0], next, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), &late, next, nil); !errors.Is(err, raw.ErrMoved) {
		t.Errorf("the second of two writers got %v", err)
	}
	if n, err := c.History(t.Context(), &records[0]); n != 2 || err != nil {
		t.Errorf("%d versions, %v", n, err)
	}
}

// Two positions of a bundle can stand for one resource, as in the CRUD
// scenario; the index is a set all the same.
func TestPositionsMayCoincide(t *testing.T) {
	_, c := open(t)
	base, err := c.Create(t.Context(), plans(b100.New(1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	refs := raw.Refs(base)
	for i := range refs {
		if strings.HasPrefix(refs[i], "Encounter/") {
			refs[i] = "Encounter/one"
		}
	}
	for _, x := range b100.NewCRUD(1) {
		made, err := c.Create(t.Context(), []*raw.Plan{raw.NewPlan(x.First)}, refs)
		if err != nil {
			t.Fatalf("%s: %v", x.Type, err)
		}
		if err := c.Update(t.Context(), &made[0], raw.NewPlan(x.Second), refs); err != nil {
			t.Fatalf("%s: %v", x.Type, err)
		}
		if err := c.Delete(t.Context(), &made[0]); err != nil {
			t.Fatalf("%s: %v", x.Type, err)
		}
	}
	if n := len(base); n != b100.Size {
		t.Errorf("%d records", n)
	}
}

func TestBatchWritesTheSameRows(t *testing.T) {
	d, c := open(t)
	base, err := c.Create(t.Context(), plans(b100.New(1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	once := count(t, d)
	if err := c.CreateEach(t.Context(), plans(b100.New(1)), raw.Refs(base)); err != nil {
		t.Fatal(err)
	}
	if twice := count(t, d); twice["all"] != 2*once["all"] {
		t.Errorf("%v, then %v", once, twice)
	}
}

func TestBinary(t *testing.T) {
	_, c := open(t)
	body := bytes.Repeat([]byte("0123456789abcdef"), 1280)
	r, err := c.CreateBinary(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.ReadBinary(t.Context(), r); err != nil || !bytes.Equal(got, body) {
		t.Fatalf("%d of %d bytes, %v", len(got), len(body), err)
	}
	body[0] = 'x'
	if err := c.UpdateBinary(t.Context(), r, body); err != nil {
		t.Fatal(err)
	}
	if got, err := c.ReadRange(t.Context(), r, 0, 4); err != nil || string(got) != "x123" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := c.ReadRange(t.Context(), r, 4096, 16); err != nil || string(got) != "0123456789abcdef" {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := c.History(t.Context(), r); n != 2 || err != nil {
		t.Errorf("%d versions, %v", n, err)
	}
}

func TestForgetfulServerIsRefused(t *testing.T) {
	_, err := raw.Open(t.Context(), postgres.URL("postgres")+"&synchronous_commit=off")
	if err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("%v", err)
	}
}
