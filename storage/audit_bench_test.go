package storage_test

import (
	"sync/atomic"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

// BenchmarkAuditRecord records as sixteen readers at once would.
func BenchmarkAuditRecord(b *testing.B) {
	r := newRecord(b, storagetest.Postgres(b))
	var n atomic.Int64
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := r.Record(b.Context(), event(int(n.Add(1)), "7")); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	var rows int64
	if backlog, err := r.Backlog(b.Context()); err == nil {
		rows = backlog.Pending
	}
	b.ReportMetric(float64(b.N)/float64(rows), "events/row")
}

// BenchmarkAuditSequence gives numbers to a thousand events at a time.
func BenchmarkAuditSequence(b *testing.B) {
	r := newRecord(b, storagetest.Postgres(b))
	for n := 0; b.Loop(); {
		b.StopTimer()
		for range 125 {
			events := make([]fhir.Event, 8)
			for i := range events {
				n++
				events[i] = event(n, "7")
			}
			if err := r.Record(b.Context(), events...); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for {
			step, err := r.Sequence(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if !step.More {
				break
			}
		}
	}
}

// BenchmarkAuditPublish makes resources of two rows of leaves.
func BenchmarkAuditPublish(b *testing.B) {
	r := newRecord(b, storagetest.Postgres(b))
	made := 0
	for n := 0; b.Loop(); {
		b.StopTimer()
		events := make([]fhir.Event, 512)
		for i := range events {
			n++
			events[i] = event(n, "7")
		}
		if err := r.Record(b.Context(), events...); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Sequence(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		step, err := r.Publish(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		made += step.Events
	}
	b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "resources/s")
}
