//go:build conformance

package validate_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/internal/published"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// TestPublishedData holds the published resources of WEBDOCTOR_SHARED/data to
// be good FHIR, but for the mistakes that testdata/exceptions.txt lists. A
// line there that is no longer needed fails too.
func TestPublishedData(t *testing.T) {
	listed := exceptions(t)
	if len(listed) > 40 {
		t.Errorf("%d exceptions are more than 40", len(listed))
	}
	v := validate.New(spec.R4())
	for _, c := range []struct {
		archive     string
		want        func(name string) bool
		files, most int
	}{
		{"r4-examples", all, 5298, 5298},
		{"synthea-blaze", all, 123, 130},
		{"synthea-smart-am", all, 440, 440},
		{"us-core-311", inExamples, 80, 400},
		{"us-core-610", inExamples, 100, 600},
		{"ips-validated", all, 10, 10},
	} {
		t.Run(c.archive, func(t *testing.T) {
			files, resources := 0, 0
			published.Resources(t, c.archive, func(name string, text []byte) {
				if !c.want(name) {
					return
				}
				d, err := tree.Parse(text)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				files++
				resources += count(d)
				for _, is := range v.Strict(d, validate.Options{}) {
					line := c.archive + "/" + path.Base(name) + " " + string(is.Code) + " " + index.ReplaceAllString(is.Expression, "")
					if _, ok := listed[line]; ok {
						listed[line] = true
						continue
					}
					t.Errorf("%s: %s", line, is.Message)
				}
			})
			if files < c.files || files > c.most {
				t.Errorf("read %d files", files)
			}
			t.Logf("%d files, %d resources", files, resources)
		})
	}
	for line, met := range listed {
		if !met {
			t.Errorf("not needed: %s", line)
		}
	}
}

// TestPublishedMutations breaks a sample of what can be broken in each of
// HL7's examples that has a good structure: about 60 mutations of a small one,
// fewer of those that take long.
func TestPublishedMutations(t *testing.T) {
	kinds, files := map[string]int{}, 0
	published.Resources(t, "r4-examples", func(name string, text []byte) {
		d, err := tree.Parse(text)
		if err != nil || len(validator.Structure(d)) > 0 {
			return
		}
		files++
		t.Run(path.Base(name), func(t *testing.T) {
			for kind, n := range mutated(t, text, max(3, min(60, 600_000/len(text)))) {
				kinds[kind] += n
			}
		})
	})
	if files < 5000 {
		t.Errorf("only %d examples", files)
	}
	tried := 0
	for _, n := range kinds {
		tried += n
	}
	t.Logf("%d mutations of %d examples: %v", tried, files, kinds)
}

func all(string) bool { return true }

// inExamples picks the examples of a package, which are in a folder of that name.
func inExamples(name string) bool { return strings.Contains(name, "/example/") }

// count is the number of resources in a document.
func count(d *tree.Doc) int {
	n := 0
	for c := tree.Node(0); int(c) < d.Len(); c++ {
		if d.KeyIs(c, "resourceType") {
			n++
		}
	}
	return n
}

// index is what the exceptions leave out of an expression, so that one line
// covers the same mistake made many times in a file.
var index = regexp.MustCompile(`\[\d+\]`)

// exceptions reads the listed issues: file, code and expression without
// indexes, and after a tab the reason.
func exceptions(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		issue, reason, _ := strings.Cut(line, "\t")
		if reason == "" {
			t.Errorf("no reason: %s", line)
		}
		listed[issue] = false
	}
	return listed
}
