package spec_test

import (
	"encoding/json"
	"testing"

	"github.com/webdoctor/webdoctor/fhir/spec"
)

// TestCanonicals reads every terminology resource and holds it against its
// place in the index.
func TestCanonicals(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, c := range spec.R4().Canonicals() {
		count[c.Type]++
		text, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			ResourceType, URL, Version, Status, Name, Content string
			Text, Description                                 any
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Errorf("%s: %v", c.URL, err)
		}
		if r.ResourceType != c.Type || r.URL != c.URL || r.Version != c.Version || r.Content != c.Content || r.Status == "" || r.Name == "" {
			t.Errorf("%s %s|%s is %+v", c.Type, c.URL, c.Version, r)
		}
		if r.Text != nil || r.Description != nil {
			t.Errorf("%s has prose", c.URL)
		}
	}
	if count["CodeSystem"] != 1062 || count["ValueSet"] != 1316 || count["ConceptMap"] != 19 {
		t.Errorf("there are %v", count)
	}
	tables := spec.R4().Canonical("CodeSystem", "http://terminology.hl7.org/CodeSystem/v2-0360")
	if len(tables) != 2 || tables[0].Version != "2.3.1" || tables[1].Version != "2.7" {
		t.Errorf("the versions of a table are %v", tables)
	}
	if spec.R4().Canonical("ValueSet", "http://terminology.hl7.org/CodeSystem/v2-0360") != nil {
		t.Error("a code system is a value set")
	}
}
