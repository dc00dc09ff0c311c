//go:build conformance

package path_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/path"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/tree"
)

// inputs are the examples of R4 that the cases of HL7's suite name.
var inputs = map[string]string{
	"patient-example.xml":               "Patient-example.json",
	"observation-example.xml":           "Observation-example.json",
	"questionnaire-example.xml":         "Questionnaire-3141.json",
	"valueset-example-expansion.xml":    "ValueSet-example-expansion.json",
	"appointment-examplereq.json":       "Appointment-examplereq.json",
	"explanationofbenefit-example.json": "ExplanationOfBenefit-EB3500.json",
	"codesystem-example.xml":            "CodeSystem-example.json",
	"parameters-example-types.xml":      "",
	"patient-example-period.xml":        "",
	"patient-container-example.json":    "",
	"patient-name-extensions.json":      "",
}

// standIns replace inputs that are not among R4's examples. Each holds what
// its cases ask about.
var standIns = map[string]string{
	"parameters-example-types.xml": `{"resourceType":"Parameters","parameter":[
		{"name":"string","valueString":"a"},{"name":"integer","valueInteger":1},
		{"name":"uuid","valueUuid":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},{"name":"decimal","valueDecimal":1.5}]}`,
	"patient-example-period.xml": `{"resourceType":"Patient","identifier":[{"period":{"start":"2001-05-06","end":"2001-05-07"}},
		{"period":{"start":"2001-05-06"}},{"period":{"start":"2001-05-06","end":"2001-05"}}]}`,
	"patient-container-example.json": `{"resourceType":"Patient","id":"x","contained":[{"resourceType":"Organization","id":"1"}]}`,
	"patient-name-extensions.json": `{"resourceType":"Patient","name":[{"given":[null,"B"],
		"_given":[{"extension":[{"url":"http://example.org/e","valueString":"x"}]},null]}]}`,
}

type suiteCase struct {
	Group, Name, Expression string
	InputFile               *string
	Predicate               bool
	Invalid                 *string
	Outputs                 []struct{ Type, Value *string }
}

// TestSuite runs HL7's FHIRPath cases, found below WEBDOCTOR_SHARED. The
// figure it must reach is that of HL7's own JavaScript engine.
func TestSuite(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(shared(t), "suites/fhirpath-cases/cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	docs := documents(t, filepath.Join(shared(t), "data/r4-examples.tar.gz"))
	passed, failed := 0, map[string][]string{}
	for _, c := range cases {
		if err := c.run(docs); err != nil {
			failed[c.Group] = append(failed[c.Group], c.Name+": "+c.Expression+": "+err.Error())
			continue
		}
		passed++
	}
	groups := make([]string, 0, len(failed))
	for g := range failed {
		groups = append(groups, g)
	}
	sort.Strings(groups)
	for _, g := range groups {
		t.Logf("%s (%d)\n\t%s", g, len(failed[g]), strings.Join(failed[g], "\n\t"))
	}
	t.Logf("passed %d of %d", passed, len(cases))
	if passed < 870 {
		t.Errorf("passed %d, want at least 870", passed)
	}
}

func shared(t *testing.T) string {
	dir := os.Getenv("WEBDOCTOR_SHARED")
	if dir == "" {
		t.Fatal("WEBDOCTOR_SHARED must name the directory of the suites")
	}
	return dir
}

func documents(t *testing.T, archive string) map[string]*tree.Doc {
	docs := map[string]*tree.Doc{}
	add := func(name string, src []byte) {
		d, err := tree.Parse(src)
		if err != nil {
			t.Fatal(name, err)
		}
		docs[name] = d
	}
	for name, src := range standIns {
		add(name, []byte(src))
	}
	add("", []byte(`{}`))
	wanted := map[string]string{}
	for name, file := range inputs {
		wanted[file] = name
	}
	examples(t, archive, func(file string, src []byte) {
		if name := wanted[file]; name != "" {
			add(name, src)
		}
	})
	return docs
}

// examples yields the files of an archive.
func examples(t *testing.T, archive string, yield func(file string, src []byte)) {
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		src, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		yield(filepath.Base(h.Name), src)
	}
}

// TestSearchParameters evaluates every expression of R4's search parameters
// on every example of its base types; none may fail.
func TestSearchParameters(t *testing.T) {
	var compiled = map[string]*path.Expr{}
	found := 0
	examples(t, filepath.Join(shared(t), "data/r4-examples.tar.gz"), func(file string, src []byte) {
		d, err := tree.Parse(src)
		if err != nil {
			return
		}
		for _, p := range spec.R4().SearchParams(d.Text(d.Find("resourceType"))) {
			if p.Expression == "" {
				continue
			}
			e := compiled[p.Expression]
			if e == nil {
				e = path.MustParse(p.Expression)
				compiled[p.Expression] = e
			}
			c, err := e.Eval(d, d.Root(), path.Env{})
			if err != nil {
				t.Errorf("%s: %s: %v", file, p.Code, err)
			}
			found += len(c)
		}
	})
	t.Logf("%d expressions found %d items", len(compiled), found)
	if found == 0 {
		t.Error("nothing found")
	}
}

func (c suiteCase) run(docs map[string]*tree.Doc) error {
	file := ""
	if c.InputFile != nil {
		file = *c.InputFile
	}
	d := docs[file]
	if d == nil {
		return errors.New("no such input")
	}
	var got path.Collection
	e, err := path.Parse(c.Expression)
	if err == nil {
		got, err = e.Eval(d, d.Root(), path.Env{Strict: true})
	}
	if c.Invalid != nil {
		if err == nil {
			return errors.New("no error, but " + show(d, got))
		}
		return nil
	}
	if err != nil {
		return err
	}
	if c.Predicate {
		yes, err := e.Test(d, d.Root(), path.Env{})
		if err == nil && path.Boolean(yes).String() != *c.Outputs[0].Value {
			err = errors.New("got the contrary")
		}
		return err
	}
	return c.compare(d, got)
}

// compare holds type and text of every item against what the case wants.
func (c suiteCase) compare(d *tree.Doc, got path.Collection) error {
	if len(got) != len(c.Outputs) {
		return errors.New("got " + show(d, got))
	}
	for i, o := range c.Outputs {
		text, typ := render(d, got[i]), typeName(got[i])
		if o.Type != nil && *o.Type != typ || text != *o.Value {
			return errors.New("got " + show(d, got) + ", want " + *o.Value)
		}
	}
	return nil
}

func typeName(i path.Item) string {
	if i.Computed() == nil {
		return i.Type().Name
	}
	if name := i.Computed().System(); name != "Quantity" {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return "Quantity"
}
