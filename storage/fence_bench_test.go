package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/engine"
	"github.com/webdoctor/webdoctor/fhir/search"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/storage"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// BenchmarkFences compares reads and searches behind fences with bare ones, in
// turns, so that whatever else the machine does meets all of them. Reported
// are the rates as parts of the bare one's.
func BenchmarkFences(b *testing.B) {
	db, err := storage.Open(b.Context(), storagetest.Postgres(b), storage.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	registry := search.NewRegistry(spec.R4())
	store, relations := storage.NewResources(db, registry), storage.NewRelations(db)
	s, now := &shelf{TB: b, Resources: store, registry: registry}, time.Now().UTC().Truncate(time.Millisecond)
	const patients, each = 300, 20
	tx := store.Begin(b.Context())
	var keys []fhir.Key
	var writes []engine.Write
	for p := range patients {
		patient := fmt.Sprintf("p%d", p)
		writes = append(writes, s.write(fmt.Sprintf(`{"resourceType":"Patient","id":"%s"}`, patient), now))
		for o := range each {
			id := fmt.Sprintf("o%d-%d", p, o)
			keys = append(keys, fhir.Key{Type: "Observation", ID: id})
			writes = append(writes, s.write(fmt.Sprintf(`{"resourceType":"Observation","id":"%s","status":"final","code":{"coding":[{"code":"c%d"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"2026-01-%02d"}`, id, o%5, patient, o+1), now))
		}
		if _, err := relations.Begin(b.Context(), fhir.Key{Type: "Practitioner", ID: "me"}, fhir.Key{Type: "Patient", ID: patient}, "connection", "", nil, 0); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Write(b.Context(), everything, writes); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
	by := []string{"", "subject", "patient", "individual", "beneficiary", "actor"}
	fence := func(h fhir.Home, withheld ...string) engine.Fence {
		h.By = by
		s := engine.Slice{Slice: fhir.Slice{Within: []fhir.Homes{{h}}, Withheld: withheld, Consents: h.Related}, Self: []fhir.Key{{Type: "Practitioner", ID: "me"}}}
		return engine.Fence{Types: map[string]engine.Area{"Observation": {s}}}
	}
	q, err := registry.Parse(search.Request{Type: "Observation", Query: "patient=p7&_count=10"})
	if err != nil {
		b.Fatal(err)
	}
	kinds := []struct {
		name string
		engine.Fence
	}{
		{"bare", everything},
		{"patient", fence(fhir.Home{Key: fhir.Key{Type: "Patient", ID: "p7"}}, "NOPAT")},
		{"relation", fence(fhir.Home{Key: fhir.Key{Type: "Practitioner", ID: "me"}, Related: true}, "R", "V", "PSYTHPN")},
	}
	ours := slices.Collect(slices.Values(keys[7*each : 8*each]))
	took := map[string]time.Duration{}
	n := 0
	for b.Loop() {
		for _, k := range kinds {
			begun := time.Now()
			if _, err := store.Read(b.Context(), k.Fence, ours[n%each]); err != nil {
				b.Fatal(k.name, err)
			}
			took["read/"+k.name] += time.Since(begun)
			begun = time.Now()
			page, err := store.Search(b.Context(), k.Fence, q)
			if err != nil || len(page.Match) != 10 {
				b.Fatal(k.name, err, len(page.Match))
			}
			took["search/"+k.name] += time.Since(begun)
		}
		n++
	}
	for _, deed := range []string{"read", "search"} {
		for _, k := range kinds[1:] {
			b.ReportMetric(float64(took[deed+"/bare"])/float64(took[deed+"/"+k.name])*100, deed+"/"+k.name+"-%")
		}
		b.ReportMetric(float64(took[deed+"/bare"].Microseconds())/float64(n), deed+"/bare-µs")
	}
}
