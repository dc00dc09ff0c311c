package search_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// BenchmarkExtractMixed reads what servers are given: the small resources of
// the bench, and charts as systems of clinics write them, with the identifiers,
// displays and notes that make them long. One operation is one resource.
func BenchmarkExtractMixed(b *testing.B) {
	for name, docs := range map[string][]*tree.Doc{"bench": benchDocs(b), "clinic": clinicDocs(b)} {
		b.Run(name, func(b *testing.B) {
			r := search.NewRegistry(spec.R4())
			size := 0
			for _, d := range docs {
				if _, err := r.Extract(d); err != nil { // compiles what the type needs
					b.Fatal(err)
				}
				size += len(d.Bytes())
			}
			b.ReportAllocs()
			b.SetBytes(int64(size / len(docs)))
			for i := 0; b.Loop(); i++ {
				if _, err := r.Extract(docs[i%len(docs)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// benchDocs are the resources of a bundle of the bench.
func benchDocs(b *testing.B) []*tree.Doc {
	bundle := b100.New(1)
	refs := make([]string, len(bundle.Entries))
	for i, e := range bundle.Entries {
		refs[i] = fmt.Sprintf("%s/%d", e.Template.Type, i)
	}
	var docs []*tree.Doc
	for _, e := range bundle.Entries {
		docs = append(docs, parsed(b, e.Template.Append(nil, refs)))
	}
	return docs
}

// clinicDocs are the first resources of the demo clinic.
func clinicDocs(b *testing.B) []*tree.Doc {
	var docs []*tree.Doc
	for bundle := range clinic.Bundles(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		d := parsed(b, bundle.JSON)
		for entry := range d.Children(d.Find("entry")) {
			if docs = append(docs, parsed(b, d.Raw(d.Get(entry, "resource")))); len(docs) == 2000 {
				return docs
			}
		}
	}
	return docs
}

func parsed(b *testing.B, json []byte) *tree.Doc {
	d, err := tree.Parse(json)
	if err != nil {
		b.Fatal(err)
	}
	return d
}
