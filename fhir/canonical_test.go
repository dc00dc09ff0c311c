package fhir_test

import (
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
)

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	ordered := []string{"", "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-beta", "1.0.0", "1.0.1", "1.2", "1.10.0-rc1", "1.10.0", "6.1.0-snapshot1", "6.1.0", "2019-12", "2020-02", "2020-02-01", "2020-03"}
	for i, a := range ordered {
		for j, b := range ordered {
			got := fhir.CompareVersions(a, b)
			if want := i - j; got < 0 != (want < 0) || got > 0 != (want > 0) {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
}
