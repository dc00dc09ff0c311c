//go:build conformance

package terminology_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
)

// valueSet is what the test itself reads of a value set.
type valueSet struct {
	URL, Version string
	Compose      struct {
		Include []struct {
			System   string
			Concept  []struct{ Code string }
			Filter   []any
			ValueSet []string
		}
		Exclude []any
	}
}

// coding is one that an example has.
type coding struct{ System, Code string }

// guide is what packages bring: value sets, and the codings of the examples.
type guide struct {
	*server
	sets    []valueSet
	codings []coding
	systems map[string]bool // that the packages define
}

// add puts the terminology of a package into the server.
func (g *guide) add(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(filepath.Join(os.Getenv("WEBDOCTOR_SHARED"), "data", name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if path.Ext(h.Name) != ".json" {
			continue
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		var r map[string]any
		if json.Unmarshal(text, &r) != nil {
			continue
		}
		if strings.Contains(h.Name, "/example/") {
			g.collect(r)
			continue
		}
		switch typ, _ := r["resourceType"].(string); typ {
		case "ValueSet", "CodeSystem", "ConceptMap":
			var vs valueSet
			if err := json.Unmarshal(text, &vs); err != nil {
				t.Fatal(err)
			}
			if typ == "ValueSet" {
				g.sets = append(g.sets, vs)
			} else {
				g.systems[vs.URL] = true
			}
			id, _ := r["id"].(string)
			r["id"] = id + "-" + name
			out, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			g.put(t, string(out))
		}
	}
}

// collect finds the codings of a resource.
func (g *guide) collect(v any) {
	switch v := v.(type) {
	case map[string]any:
		system, _ := v["system"].(string)
		if code, _ := v["code"].(string); system != "" && code != "" {
			if c := (coding{system, code}); !slices.Contains(g.codings, c) {
				g.codings = append(g.codings, c)
			}
		}
		for _, part := range v {
			g.collect(part)
		}
	case []any:
		for _, part := range v {
			g.collect(part)
		}
	}
}

// lists says whether a value set names a coding. decided is false when it has
// parts that do not name their codes.
func (g *guide) lists(vs valueSet, c coding) (listed, decided bool) {
	decided = len(vs.Compose.Exclude) == 0
	for _, in := range vs.Compose.Include {
		switch {
		case len(in.Concept) > 0:
			for _, x := range in.Concept {
				listed = listed || in.System == c.System && x.Code == c.Code
			}
		case in.System != c.System && in.System != "" && len(in.ValueSet) == 0:
		default:
			decided = false
		}
	}
	return listed, decided
}

// includes says whether a value set has the codes of others, which may list
// them.
func (vs valueSet) includes() bool {
	for _, in := range vs.Compose.Include {
		if len(in.ValueSet) > 0 {
			return true
		}
	}
	return false
}

// TestUSCoreTerminology asks of every value set of US Core for its expansion,
// and of every coding of the examples whether it is in each: alone, and with
// the packages of two versions side by side. What is not known here, such as
// the codes of SNOMED CT, is never in anything unless a value set lists it.
func TestUSCoreTerminology(t *testing.T) {
	for name, packages := range map[string][]string{"3.1.1": {"us-core-311"}, "6.1.0": {"us-core-610"}, "both": {"us-core-311", "us-core-610"}} {
		t.Run(name, func(t *testing.T) {
			g := &guide{server: &server{resources: map[fhir.Key]fhir.Resource{}, hidden: map[fhir.Key]bool{}}, systems: map[string]bool{}}
			for _, p := range packages {
				g.add(t, p)
			}
			r := terminology.New(spec.R4(), g.server)
			expanded, members, questions := 0, 0, 0
			for _, vs := range g.sets {
				canonical := vs.URL + "|" + vs.Version
				text, err := call(r, g.server, "ValueSet/$expand?count=10000&url="+url.QueryEscape(canonical), "")
				switch {
				case err == nil:
					expanded++
					g.complete(t, vs, text)
				case fhir.CodeOf(err) != fhir.Unprocessable || !strings.Contains(err.Error(), "known here"):
					t.Errorf("%s: %v", canonical, err)
				}
				for _, c := range g.codings {
					questions++
					query := url.Values{"url": {canonical}, "system": {c.System}, "code": {c.Code}}.Encode()
					text, err := call(r, g.server, "ValueSet/$validate-code?"+query, "")
					if err != nil {
						t.Fatalf("%s: %v", query, err)
					}
					yes := strings.Contains(text, `"valueBoolean":true`)
					if yes {
						members++
					}
					listed, decided := g.lists(vs, c)
					if yes != listed && (listed || decided) {
						t.Errorf("%s: %s", query, text)
					}
					if yes && !listed && !vs.includes() && !g.systems[c.System] && len(spec.R4().Canonical("CodeSystem", c.System)) == 0 && !ruled[c.System] {
						t.Errorf("%s: true of a code system that is not here", query)
					}
				}
			}
			for _, c := range g.codings {
				text, err := call(r, g.server, "CodeSystem/$validate-code?"+url.Values{"url": {c.System}, "code": {c.Code}}.Encode(), "")
				if known := g.systems[c.System] || len(spec.R4().Canonical("CodeSystem", c.System)) > 0 || ruled[c.System]; !known && fhir.CodeOf(err) != fhir.NotFound {
					t.Errorf("%v: %s %v", c, text, err)
				}
			}
			t.Logf("%d value sets, %d expanded; %d codings, %d of %d questions answered by yes", len(g.sets), expanded, len(g.codings), members, questions)
		})
	}
}

// ruled are the code systems that are judged by rules.
var ruled = map[string]bool{"http://unitsofmeasure.org": true, "urn:ietf:bcp:47": true, "urn:ietf:bcp:13": true, "urn:iso:std:iso:4217": true, "urn:iso:std:iso:3166": true}

// complete holds an expansion to have each code that the value set lists.
func (g *guide) complete(t *testing.T, vs valueSet, text string) {
	t.Helper()
	for _, in := range vs.Compose.Include {
		for _, x := range in.Concept {
			if len(vs.Compose.Exclude) == 0 && !strings.Contains(text, `"code":"`+x.Code+`"`) {
				t.Errorf("the expansion of %s has no %s of %s", vs.URL, x.Code, in.System)
			}
		}
	}
}
