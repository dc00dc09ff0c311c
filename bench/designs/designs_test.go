package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
)

func small(t *testing.T) options {
	return options{Dir: t.TempDir(), Designs: []string{"rows", "homes", "arrays"}, Concurrency: []int{2}, Slice: 10 * time.Millisecond, Rounds: 1, Workers: 2}
}

// TestDesignsAgree: all designs answer all questions alike, loading and asking
// apart, and plans and figures are there.
func TestDesignsAgree(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Resources, o.Load = []int{600}, true
	var out bytes.Buffer
	if err := run(context.Background(), o, &out); err != nil {
		t.Fatal(err)
	}
	o.Load, o.Ask, o.Plans = false, true, filepath.Join(o.Dir, "plans")
	if err := run(context.Background(), o, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	plans, err := os.ReadFile(o.Plans)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		if !strings.Contains(out.String(), "| "+q.name+" |") {
			t.Errorf("no figures for %s", q.name)
		}
		if !q.change && !strings.Contains(string(plans), "== "+q.name+", arrays") {
			t.Errorf("no plan for %s", q.name)
		}
	}
}

// TestBundles: bundles are read from an archive, more than once with other
// ids, and references lead to what they mean.
func TestBundles(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	for name, text := range map[string]string{
		"a.json": string(b100.New(1).Transaction()),
		"b.json": `{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Practitioner","id":"x"},"request":{"ifNoneExist":"identifier=a|b"}},
 {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Encounter","participant":[{"individual":{"reference":"Practitioner?identifier=a|b"}},{"individual":{"reference":"urn:uuid:1"}}]}}]}`,
		"c.txt": "no bundle",
	} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	o := small(t)
	o.Data, o.Times = filepath.Join(o.Dir, "bundles.tar.gz"), 2
	if err := os.WriteFile(o.Data, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	known, dangling := map[string]bool{}, 0
	values := newValues()
	if err := bundles(o.Data, o.Times)(func(list []raw) error {
		for _, r := range list {
			if name := r.typ + "/" + r.id; known[name] {
				t.Errorf("%s comes twice", name)
			} else {
				known[name] = true
			}
		}
		for _, r := range list {
			e, err := values.read(r, 1)
			if err != nil {
				return err
			}
			for _, f := range e.says.References {
				if !known[f.Type+"/"+f.ID] {
					dangling++
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(known) != 2*102 || dangling > 0 {
		t.Errorf("%d resources, %d references lead nowhere", len(known), dangling)
	}
	var out bytes.Buffer
	if err := run(context.Background(), o, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}
