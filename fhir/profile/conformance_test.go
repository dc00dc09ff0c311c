//go:build conformance

package profile_test

import (
	"context"
	"maps"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/webdoctor/webdoctor/fhir"
	"github.com/webdoctor/webdoctor/fhir/internal/published"
	"github.com/webdoctor/webdoctor/fhir/profile"
	"github.com/webdoctor/webdoctor/fhir/spec"
	"github.com/webdoctor/webdoctor/fhir/terminology"
	"github.com/webdoctor/webdoctor/fhir/tree"
	"github.com/webdoctor/webdoctor/fhir/validate"
)

// guide is an implementation guide in memory. It also serves as the source of
// a terminology registry.
type guide struct {
	resources map[string][]fhir.Resource // by type
	examples  map[string]*tree.Doc       // by file
	profiles  map[string]*profile.Profile
	bare      map[string]*profile.Profile // without their snapshots
	terms     *terminology.Registry
}

func (g *guide) Find(_ context.Context, typ, query string) ([]fhir.Resource, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	want := strings.ReplaceAll(q.Get("url"), `\`, "")
	var out []fhir.Resource
	for _, r := range g.resources[typ] {
		d, _ := tree.Parse(r.JSON)
		if want == "" || d.TextIs(d.Find("url"), want) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (g *guide) Generation(context.Context, bool) (int64, error) { return 1, nil }

func (g *guide) Member(valueSet, system, code string) validate.Answer {
	m, err := g.terms.Session(context.Background()).Member(valueSet, terminology.Coding{System: system, Code: code})
	if err != nil || m.Answer == terminology.Unknown {
		return validate.Unknown
	}
	if m.Answer == terminology.Yes {
		return validate.Yes
	}
	return validate.No
}

func (g *guide) find(canonical string) (*profile.Profile, error) {
	address, _, _ := strings.Cut(canonical, "|")
	if p := g.profiles[address]; p != nil {
		return p, nil
	}
	return ofR4(address)
}

// ofR4 is a profile that R4 defines.
func ofR4(address string) (*profile.Profile, error) {
	text, ok := spec.R4().Profile(address)
	if !ok {
		return nil, nil
	}
	d, err := tree.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return profile.Read(d, spec.R4())
}

// TestR4Profiles holds HL7's examples against the profiles of R4 that they
// claim.
func TestR4Profiles(t *testing.T) {
	listed := exceptions(t, "r4-examples/")
	v := validate.New(spec.R4())
	known := map[string]*profile.Profile{}
	c := &profile.Checker{Defs: spec.R4(), Find: func(canonical string) (*profile.Profile, error) {
		address, _, _ := strings.Cut(canonical, "|")
		p, ok := known[address]
		if !ok {
			var err error
			if p, err = ofR4(address); err != nil {
				t.Errorf("%s: %v", address, err)
			}
			known[address] = p
		}
		return p, nil
	}}
	claims := 0
	published.Resources(t, "r4-examples", func(name string, text []byte) {
		d, err := tree.Parse(text)
		if err != nil {
			return
		}
		for n := tree.Node(0); int(n) < d.Len(); n++ {
			if d.Kind(n) != tree.Object || d.Get(n, "resourceType") == tree.None {
				continue
			}
			for p := range d.Children(d.Get(d.Get(n, "meta"), "profile")) {
				if _, ours := spec.R4().Profile(d.Text(p)); !ours {
					continue
				}
				claims++
				for _, is := range c.Check(d, n, d.Text(p), 20) {
					if is.Severity == "error" {
						excused(t, listed, "r4-examples/"+path.Base(name)+" "+string(is.Code)+" "+index.ReplaceAllString(v.Expression(d, is.Node, is.Below), ""), is.Message)
					}
				}
			}
		}
	})
	if claims < 50 {
		t.Errorf("only %d claims of profiles", claims)
	}
	t.Logf("%d claims of profiles", claims)
	unmet(t, listed)
}

// excused reports an issue that is not listed.
func excused(t *testing.T, listed map[string]bool, line, message string) {
	t.Helper()
	if _, ok := listed[line]; ok {
		listed[line] = true
		return
	}
	t.Errorf("%s: %s", line, message)
}

func unmet(t *testing.T, listed map[string]bool) {
	t.Helper()
	for line, met := range listed {
		if !met {
			t.Errorf("not needed: %s", line)
		}
	}
}

// load reads the package in an archive.
func load(t *testing.T, name string) *guide {
	t.Helper()
	g := &guide{resources: map[string][]fhir.Resource{}, examples: map[string]*tree.Doc{}, profiles: map[string]*profile.Profile{}, bare: map[string]*profile.Profile{}}
	published.Resources(t, name, func(name string, text []byte) {
		d, err := tree.Parse(text)
		if err != nil {
			return
		}
		dir, base := path.Split(name)
		switch {
		case strings.HasSuffix(dir, "/package/example/"):
			g.examples[base] = d
		case strings.HasSuffix(dir, "/package/"):
			typ := d.Text(d.Find("resourceType"))
			g.resources[typ] = append(g.resources[typ], fhir.Resource{Key: fhir.Key{Type: typ, ID: d.Text(d.Find("id")), Version: 1}, JSON: text})
			if typ == "StructureDefinition" {
				p, err := profile.Read(d, spec.R4())
				if err != nil {
					t.Fatalf("%s: %v", base, err)
				}
				g.profiles[p.URL] = p
				if g.bare[p.URL], err = profile.Read(unsnapped(t, d), spec.R4()); err != nil {
					t.Fatalf("%s: %v", base, err)
				}
			}
		}
	})
	g.terms = terminology.New(spec.R4(), g)
	return g
}

// exceptions are the listed issues of an archive, after a tab the reason.
func exceptions(t *testing.T, of string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if issue, reason, _ := strings.Cut(strings.TrimSpace(line), "\t"); strings.HasPrefix(issue, of) {
			if reason == "" {
				t.Errorf("no reason: %s", line)
			}
			listed[issue] = false
		}
	}
	return listed
}

var index = regexp.MustCompile(`\[\d+\]`)

// TestUSCore holds the examples of US Core against the profiles that they
// claim, and what remains when an element that a profile asks for is removed.
// The profiles without their snapshots say the same.
func TestUSCore(t *testing.T) {
	listed := exceptions(t, "us-core")
	v := validate.New(spec.R4())
	for name, want := range map[string][3]int{"us-core-311": {80, 80, 290}, "us-core-610": {180, 180, 700}} {
		g := load(t, name)
		c := &profile.Checker{Defs: spec.R4(), Find: g.find, Terms: g}
		bare := &profile.Checker{Defs: spec.R4(), Terms: g, Find: func(canonical string) (*profile.Profile, error) {
			address, _, _ := strings.Cut(canonical, "|")
			if p := g.bare[address]; p != nil {
				return p, nil
			}
			return ofR4(address)
		}}
		checked, claims, removed := 0, 0, 0
		for _, file := range slices.Sorted(maps.Keys(g.examples)) {
			d := g.examples[file]
			checked++
			for n := tree.Node(0); int(n) < d.Len(); n++ {
				if d.Kind(n) != tree.Object || d.Get(n, "resourceType") == tree.None {
					continue
				}
				for p := range d.Children(d.Get(d.Get(n, "meta"), "profile")) {
					claims++
					for _, is := range c.Check(d, n, d.Text(p), 20) {
						if is.Severity != "error" {
							continue
						}
						excused(t, listed, name+"/"+file+" "+string(is.Code)+" "+index.ReplaceAllString(v.Expression(d, is.Node, is.Below), ""), is.Message)
					}
					if a, b := told(c, d, n, d.Text(p)), told(bare, d, n, d.Text(p)); differ(file, a, b) {
						t.Errorf("%s/%s: with snapshots\n%s\nwithout\n%s", name, file, a, b)
					}
					if n == 0 {
						removed += without(t, c, bare, g, d, file, d.Text(p))
					}
				}
			}
		}
		if checked < want[0] || claims < want[1] || removed < want[2] {
			t.Errorf("%s: only %d examples, %d claims, %d removals", name, checked, claims, removed)
		}
		t.Logf("%s: %d examples, %d claims of profiles, %d required elements removed", name, checked, claims, removed)
	}
	unmet(t, listed)
}

// without removes each element of a resource that the profile asks for, one
// after the other, and sees that it is missed where it was.
func without(t *testing.T, c, bare *profile.Checker, g *guide, d *tree.Doc, file, canonical string) int {
	t.Helper()
	p := g.profiles[canonical]
	if p == nil {
		return 0
	}
	removed := 0
	var visit func(n tree.Node, e *profile.Element)
	visit = func(n tree.Node, e *profile.Element) {
		for _, child := range e.Children {
			name := strings.TrimSuffix(child.Name, "[x]")
			for m := range d.Children(n) {
				key := strings.TrimPrefix(d.Key(m), "_")
				if key != child.Name && !(name != child.Name && strings.HasPrefix(key, name)) {
					continue
				}
				if child.Min > 0 && (d.Kind(m) != tree.Array || d.Count(m) >= 1) {
					removed++
					less := cut(d, n, key)
					if a, b := told(c, less, less.Root(), canonical), told(bare, less, less.Root(), canonical); differ(file, a, b) {
						t.Errorf("%s without %s of %s: with snapshots\n%s\nwithout\n%s", file, d.Path(m), canonical, a, b)
					}
					if !missed(c, less, canonical, n, name) {
						t.Errorf("%s without %s of %s: nothing is missed", file, d.Path(m), canonical)
					}
				}
				switch d.Kind(m) {
				case tree.Object:
					visit(m, child)
				case tree.Array:
					for i := range d.Children(m) {
						if d.Kind(i) == tree.Object {
							visit(i, child)
							break
						}
					}
				}
			}
		}
	}
	visit(d.Root(), p.Root)
	return removed
}

// missed says whether an error is about the element that is gone: there, or
// at one around it whose slice it made.
func missed(c *profile.Checker, d *tree.Doc, canonical string, holder tree.Node, name string) bool {
	for _, is := range c.Check(d, d.Root(), canonical, 50) {
		if is.Severity == "error" && (is.Below == name && is.Node == holder || is.Node <= holder) {
			return true
		}
	}
	return false
}

// cut is the document without a member of an object and its sibling.
func cut(d *tree.Doc, n tree.Node, key string) *tree.Doc {
	var edits []tree.Edit
	for m := range d.Children(n) {
		if strings.TrimPrefix(d.Key(m), "_") != key {
			continue
		}
		start, end := d.KeyStart(m), 0
		_, end = d.Span(m)
		edits = append(edits, tree.Edit{Start: start, End: end, With: []byte(`"x-` + d.Key(m) + `":1`)})
	}
	out, err := tree.Parse(tree.Splice(d.Bytes(), edits...))
	if err != nil {
		panic(err)
	}
	return out
}
