package terminology_test

import (
	"context"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
)

func BenchmarkMember(b *testing.B) {
	r := terminology.New(spec.R4(), nil)
	for name, c := range map[string]struct {
		valueSet string
		coding   terminology.Coding
	}{
		"whole":  {hl7 + "ValueSet/administrative-gender|4.0.1", terminology.Coding{System: hl7 + "administrative-gender", Code: "male"}},
		"filter": {tho + "ValueSet/v3-ActEncounterCode", terminology.Coding{System: tho + "CodeSystem/v3-ActCode", Code: "AMB"}},
		"listed": {hl7 + "ValueSet/observation-vitalsignresult", terminology.Coding{System: "http://loinc.org", Code: "8867-4"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Session(context.Background()).Member(c.valueSet, c.coding); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
