package b100_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/webdoctor/webdoctor/bench/b100"
)

type bundle struct {
	ResourceType string
	Type         string
	Entry        []struct {
		FullURL  string `json:"fullUrl"`
		Resource map[string]any
		Request  struct{ Method, URL string }
	}
}

func parse(t *testing.T, text []byte) bundle {
	t.Helper()
	var b bundle
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatalf("a bundle is not JSON: %v", err)
	}
	return b
}

// references calls visit for each reference string below v.
func references(v any, visit func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if s, ok := x.(string); ok && name == "reference" {
				visit(s)
			}
			references(x, visit)
		}
	case []any:
		for _, x := range v {
			references(x, visit)
		}
	}
}

func TestBundlesAreDeterministic(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		once := b100.New(n).Transaction()
		b100.New(n + 1) // what is made between must not matter
		if !bytes.Equal(once, b100.New(n).Transaction()) {
			t.Fatalf("bundle %d differs from itself", n)
		}
		if bytes.Equal(once, b100.New(n+1).Transaction()) {
			t.Fatalf("bundles %d and %d are the same", n, n+1)
		}
	}
}

func TestBundleHasTheSpecifiedTypes(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"Patient": 1, "Organization": 1, "Practitioner": 1, "Encounter": 10, "Observation": 50, "Condition": 10,
		"MedicationRequest": 8, "Procedure": 5, "Immunization": 5, "DiagnosticReport": 3, "Claim": 3, "ExplanationOfBenefit": 3,
	}
	for n := range 20 {
		b := parse(t, b100.New(n).Transaction())
		if b.ResourceType != "Bundle" || b.Type != "transaction" {
			t.Fatalf("bundle %d is a %s %s", n, b.Type, b.ResourceType)
		}
		got, panels := map[string]int{}, 0
		for i, e := range b.Entry {
			kind, _ := e.Resource["resourceType"].(string)
			got[kind]++
			if e.Request.Method != "POST" || e.Request.URL != kind {
				t.Errorf("bundle %d entry %d: %s %s for a %s", n, i, e.Request.Method, e.Request.URL, kind)
			}
			if _, ok := e.Resource["component"]; ok {
				panels++
			}
		}
		if !maps.Equal(got, want) || len(b.Entry) != b100.Size {
			t.Errorf("bundle %d has %v", n, got)
		}
		if panels != 6 {
			t.Errorf("bundle %d has %d panels, every eighth of fifty observations is 6", n, panels)
		}
	}
}

func TestReferencesResolveInsideTheBundle(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		b := parse(t, b100.New(n).Transaction())
		known, results := map[string]string{}, 0
		for _, e := range b.Entry {
			if !strings.HasPrefix(e.FullURL, "urn:uuid:") || known[e.FullURL] != "" {
				t.Fatalf("bundle %d: fullUrl %q", n, e.FullURL)
			}
			known[e.FullURL] = e.Resource["resourceType"].(string)
		}
		for _, e := range b.Entry {
			references(e.Resource, func(ref string) {
				if known[ref] == "" {
					t.Errorf("bundle %d: %v refers to %q, which is not in it", n, e.Resource["resourceType"], ref)
				}
			})
			for _, x := range list(e.Resource["result"]) {
				results++
				if kind := known[x.(map[string]any)["reference"].(string)]; kind != "Observation" {
					t.Errorf("bundle %d: a result is a %s", n, kind)
				}
			}
		}
		if results != 24 {
			t.Errorf("bundle %d: %d results in its reports", n, results)
		}
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

func TestSizes(t *testing.T) {
	t.Parallel()
	const bundles = 200
	total, patients := 0, 0
	for n := range bundles {
		b := b100.New(n)
		total += len(b.Transaction())
		patients += len(b.Entries[0].Template.Append(nil, nil))
	}
	if mean := total / (bundles * b100.Size); mean < 1180 || mean > 1300 {
		t.Errorf("a resource takes %d bytes of a bundle, about 1,240 were specified", mean)
	}
	if mean := patients / bundles; mean < 2600 || mean > 3000 {
		t.Errorf("a patient takes %d bytes, about 2,800 were specified", mean)
	}
}

func TestDatesLieInTheirRange(t *testing.T) {
	t.Parallel()
	for n := range 50 {
		for _, e := range parse(t, b100.New(n).Transaction()).Entry {
			if birth, ok := e.Resource["birthDate"].(string); ok && (birth < "1930" || birth >= "2020") {
				t.Errorf("bundle %d: born %s", n, birth)
			}
			if at, ok := e.Resource["effectiveDateTime"].(string); ok {
				d, err := time.Parse(time.RFC3339, at)
				if err != nil || d.Year() < 2014 || d.Year() > 2023 {
					t.Errorf("bundle %d: effective %s", n, at)
				}
			}
		}
	}
}

func TestBatchRefersToWhatItIsGiven(t *testing.T) {
	t.Parallel()
	source := b100.New(3)
	refs := make([]string, len(source.Entries))
	for i, e := range source.Entries {
		refs[i] = e.Template.Type + "/known"
	}
	b := parse(t, b100.New(4).Batch(refs))
	if b.Type != "batch" || len(b.Entry) != b100.Size {
		t.Fatalf("%d entries of type %s", len(b.Entry), b.Type)
	}
	for _, e := range b.Entry {
		references(e.Resource, func(ref string) {
			if !strings.HasSuffix(ref, "/known") {
				t.Errorf("%v refers to %s", e.Resource["resourceType"], ref)
			}
		})
	}
}

func TestPairHasTheShapeOfBlaze(t *testing.T) {
	t.Parallel()
	for n := range 50 {
		b := parse(t, b100.NewPair(n).Transaction())
		if len(b.Entry) != 2 || b.Entry[0].Resource["resourceType"] != "Patient" || b.Entry[1].Resource["resourceType"] != "Observation" {
			t.Fatalf("pair %d: %v", n, b.Entry)
		}
		references(b.Entry[1].Resource, func(ref string) {
			if ref != b.Entry[0].FullURL {
				t.Errorf("pair %d: the subject is %s", n, ref)
			}
		})
		if v := b.Entry[1].Resource["valueQuantity"].(map[string]any)["value"].(float64); v < 90 || v > 180 {
			t.Errorf("pair %d: a pressure of %v", n, v)
		}
	}
}

func TestFormsOfATemplate(t *testing.T) {
	t.Parallel()
	refs := make([]string, b100.Size)
	for i := range refs {
		refs[i] = "Patient/1"
	}
	for _, e := range b100.New(0).Entries {
		var plain, update, stored map[string]any
		for text, into := range map[string]*map[string]any{
			string(e.Template.Append(nil, refs)):                                             &plain,
			string(e.Template.AppendWithID(nil, "a-1", refs)):                                &update,
			string(e.Template.AppendStored(nil, "a-1", 3, "2026-01-02T03:04:05.000Z", refs)): &stored,
		} {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatalf("%s: %v in %s", e.Template.Type, err, text)
			}
		}
		if update["id"] != "a-1" || len(update) != len(plain)+1 {
			t.Errorf("%s: an update has %d members, a create %d", e.Template.Type, len(update), len(plain))
		}
		meta, _ := stored["meta"].(map[string]any)
		if stored["id"] != "a-1" || meta["versionId"] != "3" || meta["lastUpdated"] != "2026-01-02T03:04:05.000Z" {
			t.Errorf("%s: stored as id %v meta %v", e.Template.Type, stored["id"], meta)
		}
		if had, ok := plain["meta"].(map[string]any); ok && meta["profile"] == nil {
			t.Errorf("%s: lost %v", e.Template.Type, had)
		}
	}
}

func TestCRUDSetRefersToItself(t *testing.T) {
	t.Parallel()
	order := []string{"Patient", "Location", "Organization", "Practitioner", "Encounter", "Observation", "MedicationRequest", "Claim", "ExplanationOfBenefit"}
	set := b100.NewCRUD(5)
	refs := make([]string, b100.Size)
	outside := map[string]bool{}
	for i, e := range b100.New(5).Entries {
		refs[i] = e.Template.Type + "/loaded"
	}
	for i, c := range set {
		if c.Type != order[i] {
			t.Fatalf("the %d. resource is a %s", i+1, c.Type)
		}
		var r, second map[string]any
		if err := json.Unmarshal(b100.NewTemplate(c.First).Append(nil, refs), &r); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b100.NewTemplate(c.Second).Append(nil, refs), &second); err != nil {
			t.Fatal(err)
		}
		if second["language"] != "de" || len(second) != len(r)+1 {
			t.Errorf("the second %s has language %v and %d members after %d", c.Type, second["language"], len(second), len(r))
		}
		references(r, func(ref string) {
			if strings.HasSuffix(ref, "/loaded") {
				outside[ref] = true
			}
		})
		for _, at := range c.At {
			refs[at] = c.Type + "/made"
		}
	}
	if !maps.Equal(outside, map[string]bool{"Condition/loaded": true, "Procedure/loaded": true}) {
		t.Errorf("refers outside the set to %v", outside)
	}
}
