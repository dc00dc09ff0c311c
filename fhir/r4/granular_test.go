package r4_test

import (
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/r4"
)

func TestGranular(t *testing.T) {
	t.Parallel()
	n := 0
	for _, typ := range []string{"Condition", "Observation", "Patient"} {
		for _, value := range r4.Granular(typ) {
			if system, code, ok := strings.Cut(value, "|"); !ok || system == "" || code == "" {
				t.Errorf("%q", value)
			}
			n++
		}
	}
	if n != 8 {
		t.Errorf("%d values, not the eight that are asked for", n)
	}
}
