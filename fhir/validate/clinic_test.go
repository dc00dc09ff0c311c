package validate_test

import (
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/fhir/r4/clinic"
)

// TestClinic holds the resources that we make ourselves to what we ask of
// others.
func TestClinic(t *testing.T) {
	t.Parallel()
	bundles := 0
	for b := range clinic.Bundles(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)) {
		bundles++
		for _, is := range validator.Structure(parse(t, string(b.JSON))) {
			t.Errorf("%s: %s %s: %s", b.Name, is.Code, is.Expression, is.Message)
		}
	}
	if bundles < 60 {
		t.Errorf("only %d Bundles", bundles)
	}
}
