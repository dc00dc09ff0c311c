package validate_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// FuzzStructure holds that whatever JSON the gate lets in can be checked, with
// a bounded answer that is the same each time.
func FuzzStructure(f *testing.F) {
	for _, src := range seeds(f) {
		f.Add(src)
	}
	for _, src := range []string{
		`{}`, `[]`, `null`, `{"resourceType":"Patient","_":1,"":{}}`, `{"resourceType":{"resourceType":"Patient"}}`,
		`{"resourceType":"Patient","name":[{"given":[null,"a"],"_given":[{"id":"x"},null,3]}],"_name":7}`,
		`{"resourceType":"Patient","birthDate":"\u0032000-1","_birthDate":[null],"photo":[{"data":"\/\/=="}]}`,
		`{"resourceType":"Patient","contained":[[{"resourceType":"Bundle","entry":{"resource":1}}]],"text":{"div":"\\u003cdiv"}}`,
		`{"resourceType":"Observation","valueString":"a","_valueInteger":[{}],"value":null}`,
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := tree.Parse(src)
		if err != nil {
			return
		}
		issues := validator.Structure(d)
		if len(issues) > validate.MaxIssues {
			t.Fatalf("%d issues", len(issues))
		}
		for _, is := range issues {
			if is.Severity != "error" || is.Code == "" || is.Message == "" || is.Expression == "" {
				t.Fatalf("says too little: %+v", is)
			}
		}
		if again := validator.Structure(d); !slices.Equal(again, issues) {
			t.Fatalf("%v, then %v", issues, again)
		}
		for _, is := range validator.Validate(d, validate.Options{Max: 100}) {
			if is.Severity == "" || is.Code == "" || is.Message == "" || is.Expression == "" || is.Line < 1 || is.Col < 1 {
				t.Fatalf("says too little: %+v", is)
			}
		}
		if opaque, err := tree.ParseOpaque(src, "resource", 3); err == nil {
			validator.Structure(opaque)
		}
	})
}

// TestConcurrentFirstUse lets many writers meet a validator that has built
// nothing yet.
func TestConcurrentFirstUse(t *testing.T) {
	t.Parallel()
	v := validate.New(spec.R4())
	var wg sync.WaitGroup
	for range 8 {
		for name, src := range seeds(t) {
			wg.Go(func() {
				if issues := v.Structure(parse(t, string(src))); issues != nil {
					t.Errorf("%s: %v", name, issues)
				}
			})
		}
	}
	wg.Wait()
}

// TestStructureDoesNotAllocate is the price of a good resource: nothing, but
// for the copy of a text that has escape sequences.
func TestStructureDoesNotAllocate(t *testing.T) {
	for name, src := range seeds(t) { // not parallel: AllocsPerRun counts everybody's
		d := parse(t, string(src))
		if n := testing.AllocsPerRun(100, func() { validator.Structure(d) }); n > float64(2*strings.Count(string(src), `\`)) {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkStructure(b *testing.B) {
	for name, src := range seeds(b) {
		d := parse(b, string(src))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				validator.Structure(d)
			}
		})
	}
	b.Run("base64 of 1 MB", func(b *testing.B) {
		src := `{"resourceType":"Binary","contentType":"a/b","data":"` + strings.Repeat("QUJD", 1<<18) + `"}`
		d := parse(b, src)
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			validator.Structure(d)
		}
	})
}

// BenchmarkFirstUse is what the first resource of a process pays: the codes
// and the shapes.
func BenchmarkFirstUse(b *testing.B) {
	d := parse(b, string(seeds(b)["observation"]))
	b.ReportAllocs()
	for b.Loop() {
		validate.New(spec.R4()).Structure(d)
	}
}
