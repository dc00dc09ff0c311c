package spec_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestBrokenTables proves that a table the generator would not write is
// refused rather than half understood.
func TestBrokenTables(t *testing.T) {
	t.Parallel()
	const thing = "T\tThing\tr\n"
	for name, text := range map[string]string{
		"empty line":             thing + "\n",
		"unknown kind of line":   "X\tThing\n",
		"unknown kind of type":   "T\tThing\tx\n",
		"element without type":   "1\tid\t0\t1\t\tid\n",
		"element of no type":     thing + "1\tid\t0\t1\n",
		"element too deep":       thing + "1\tpart\t0\t1\t\tBackboneElement\n3\tid\t0\t1\t\tid\n",
		"element under a choice": thing + "2\tid\t0\t1\t\tid\n",
		"minimum":                thing + "1\tid\tx\t1\t\tid\n",
		"maximum":                thing + "1\tid\t0\tn\t\tid\n",
		"maximum length":         "T\tThing\tp\t\tElement\tstring\t\tx\n",
		"reference to nothing":   thing + "1\tpart\t0\t1\t\t\t\tThing.other\n",
		"member of nothing":      "M\tThing\ta\n",
		"member by nothing":      "C\turl\tThing\nM\tThing\n",
	} {
		if err := spec.Parse(text); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "definitions") && !strings.Contains(err.Error(), "refers") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"unknown kind of line":       "X\tvs\n",
		"code system without number": "V\tvs\nW\t\n",
		"code system not there":      "Y\tcs\ta\nV\tvs\nW\t1\n",
	} {
		if err := spec.ParseCodes(text); err == nil {
			t.Errorf("codes, %s: accepted", name)
		}
	}
}

// BenchmarkReadDefinitions measures what the first call of R4 costs, and the
// heap it leaves behind.
func BenchmarkReadDefinitions(b *testing.B) {
	benchmarkRead(b, func() any { return spec.ReadDefinitions() })
}

// BenchmarkReadCodes measures the same of the first call of Codes.
func BenchmarkReadCodes(b *testing.B) {
	benchmarkRead(b, func() any { return spec.ReadCodes() })
}

func benchmarkRead(b *testing.B, read func() any) {
	b.ReportAllocs()
	before := heap()
	kept := read()
	after := heap()
	for b.Loop() {
		read()
	}
	b.ReportMetric(float64(after-before), "heap-B")
	runtime.KeepAlive(kept)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
