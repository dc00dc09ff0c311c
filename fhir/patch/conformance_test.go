//go:build conformance

package patch_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/patch"
	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// TestSuite runs HL7's cases of FHIRPath Patch, found below WEBDOCTOR_SHARED.
func TestSuite(t *testing.T) {
	shared := os.Getenv("WEBDOCTOR_SHARED")
	if shared == "" {
		t.Fatal("WEBDOCTOR_SHARED must name the directory of the suites")
	}
	raw, err := os.ReadFile(filepath.Join(shared, "suites/fhir-patch-cases/cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name                string
		Input, Diff, Output json.RawMessage
		Error               bool
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			src, err := tree.Parse(c.Input)
			if err != nil {
				t.Fatal(err)
			}
			diff, err := tree.Parse(c.Diff)
			if err != nil {
				t.Fatal(err)
			}
			got, err := patch.FHIRPath(src, diff, path.Env{})
			if c.Error {
				if err == nil {
					t.Errorf("no error, but %s", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var x, y any
			if json.Unmarshal(got, &x) != nil || json.Unmarshal(c.Output, &y) != nil || !reflect.DeepEqual(x, y) {
				t.Errorf("got  %s\nwant %s", got, c.Output)
			}
		})
	}
}
