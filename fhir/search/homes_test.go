package search_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// TestHomes: the homes read by themselves are those that are read with
// everything else.
func TestHomes(t *testing.T) {
	t.Parallel()
	r := search.NewRegistry(spec.R4())
	housed := 0
	for bundle := range clinic.Bundles(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		d, err := tree.Parse(bundle.JSON)
		if err != nil {
			t.Fatal(err)
		}
		for entry := range d.Children(d.Find("entry")) {
			one, err := tree.Parse(d.Raw(d.Get(entry, "resource")))
			if err != nil {
				t.Fatal(err)
			}
			all, err := r.Extract(one)
			if err != nil {
				t.Fatal(err)
			}
			homes, err := r.Homes(one)
			if err != nil || !slices.Equal(homes, all.Homes) {
				t.Fatalf("%v, not %v: %v\n%s", homes, all.Homes, err, one.Bytes())
			}
			housed += len(homes)
		}
		if housed > 2000 {
			break
		}
	}
	if housed == 0 {
		t.Fatal("no resource has a home")
	}
	if _, err := r.Homes(parsedText(t, `{"resourceType":"Nothing"}`)); err == nil {
		t.Error("a type that is none has homes")
	}
}

func parsedText(t testing.TB, text string) *tree.Doc {
	t.Helper()
	d, err := tree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func BenchmarkHomes(b *testing.B) {
	for name, docs := range map[string][]*tree.Doc{"bench": benchDocs(b), "clinic": clinicDocs(b)} {
		b.Run(name, func(b *testing.B) {
			r := search.NewRegistry(spec.R4())
			for _, d := range docs {
				if _, err := r.Homes(d); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d, err := tree.Parse(docs[i%len(docs)].Bytes())
				if err == nil {
					_, err = r.Homes(d)
				}
				if err != nil {
					b.Fatal(fmt.Errorf("homes: %w", err))
				}
			}
		})
	}
}
