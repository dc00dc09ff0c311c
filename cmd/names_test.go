package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// generic rooms interpret the definitions; they know no clinical resource by
// name (law 9). fhir/spec's generator reads the definitions and is exempt.
var generic = []string{"fhir/spec", "fhir/tree", "fhir/path", "fhir/patch", "fhir/search", "fhir/terminology", "fhir/validate", "fhir/profile", "fhir/engine", "fhir/rest", "storage", "authz", "migrations"}

// infrastructure names are the machinery of FHIR itself: the protocol speaks
// of them, so code may.
var infrastructure = map[string]bool{
	"Bundle": true, "Binary": true, "OperationOutcome": true, "Parameters": true, "CapabilityStatement": true,
	"CompartmentDefinition": true, "SearchParameter": true, "OperationDefinition": true, "StructureDefinition": true,
	"ValueSet": true, "CodeSystem": true, "ConceptMap": true, "TerminologyCapabilities": true, "NamingSystem": true, "ImplementationGuide": true,
	"AuditEvent": true, "Subscription": true, "Provenance": true, "Basic": true, "List": true,
}

// TestNoClinicalNames looks for string literals that are the name of a
// clinical resource, or a reference to one ("Patient/7", "Patient.name").
func TestNoClinicalNames(t *testing.T) {
	t.Parallel()
	clinical := map[string]bool{}
	for _, name := range spec.R4().ResourceTypes() {
		clinical[name] = !infrastructure[name]
	}
	leading := regexp.MustCompile(`^[A-Z][A-Za-z]+`)
	for _, dir := range generic {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "internal" || d.Name() == "testdata"):
				return fs.SkipDir
			case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
				return nil
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				s, _ := strconv.Unquote(lit.Value)
				name := leading.FindString(s)
				if rest := s[len(name):]; clinical[name] && (rest == "" || rest[0] == '/' || rest[0] == '.' || rest[0] == '?') {
					t.Errorf("%s: %q: code knows resources by definition, not by name", files.Position(lit.Pos()), s)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
