//go:build conformance

package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// unsnapped is a StructureDefinition without its snapshot.
func unsnapped(t *testing.T, d *tree.Doc) *tree.Doc {
	t.Helper()
	n := d.Find("snapshot")
	_, end := d.Span(n)
	out, err := tree.Parse(tree.Splice(d.Bytes(), tree.Edit{Start: d.KeyStart(n), End: end, With: []byte(`"_":0`)}))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// told is all that is said about a resource, by R4 and by a profile: where R4
// says it already, a snapshot says it again.
func told(c *profile.Checker, d *tree.Doc, n tree.Node, canonical string) string {
	issues := validator.Validate(d, validate.Options{Max: 100})
	for _, is := range c.Check(d, n, canonical, 50) {
		is.Expression = validator.Expression(d, is.Node, is.Below)
		issues = append(issues, is.Issue)
	}
	var lines []string
	for _, is := range issues {
		lines = append(lines, is.Severity+" "+string(is.Code)+" "+is.Expression)
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// differ says whether profiles with their snapshots say something else than
// without. One of a base that is in no package here cannot say the same. US
// Core 6.1.0 weakens the units that R4's vital signs require, which no profile
// may do; only a snapshot can say so.
func differ(file, with, without string) bool {
	return with != without && !strings.Contains(without, "not-found") && file != "Observation-satO2-fiO2.json"
}
